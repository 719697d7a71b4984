package worker

import (
	"context"
	"fmt"
	"strings"

	"connectcharms/requirer-lib/connect"
)

// Connectors lists all connectors of the group with their states, in one request.
func (r *REST) Connectors(ctx context.Context) (map[string]connect.ListedConnector, error) {
	listed, err := r.client.ListConnectors(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the connectors: %w", err)
	}
	return listed, nil
}

// maxReason is the most characters of a reason that are shown.
const maxReason = 160

// Reason is the first line of a trace, short and without what the connector's configuration keeps secret.
func Reason(trace string, config map[string]string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(connect.Redact(trace, config)), "\n")
	line = strings.TrimSpace(line)
	if cut := []rune(line); len(cut) > maxReason {
		line = string(cut[:maxReason]) + "…"
	}
	return line
}
