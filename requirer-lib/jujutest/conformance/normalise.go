package conformance

import (
	"fmt"
	"regexp"
	"strings"
)

// normaliser replaces what differs from run to run in the recording of one unit. Secrets are numbered as the unit meets them.
type normaliser struct{ secrets []string }

var replacements = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`[^\s"'=:]*/var/lib/juju/agents/`), "AGENTS/"},
	{regexp.MustCompile(`[^\s"'=:]*/var/lib/conformance\b`), "/var/lib/conformance"},
	{regexp.MustCompile(`[^\s"'=:]*/charm/containers/`), "/charm/containers/"},
	{regexp.MustCompile(`\bconf-[a-z]+-\d{6}\b`), "MODEL"},
	{regexp.MustCompile(`\b(10|127)(\.\d+){3}/(8|24)\b`), "SUBNET"},
	{regexp.MustCompile(`\b(10|127)(\.\d+){3}(:\d+)?\b`), "ADDRESS"},
	{regexp.MustCompile(`(?m)^(\s+(JUJU_CONTEXT_ID=[a-z]+/\d+-[a-z0-9-]+)-[0-9a-f]+)$`), "    $2-NUMBER"},
	{regexp.MustCompile(`(?m)^(\s+(PATH|JUJU_API_ADDRESSES|JUJU_AGENT_SOCKET_ADDRESS|JUJU_AGENT_TOKEN|JUJU_MODEL_NAME|JUJU_VERSION|JUJU_MACHINE_ID|CLOUD_API_VERSION|TERM|JAVA_HOME)=).+$`), "${1}..."},
}

var secretID = regexp.MustCompile(`\b[0-9a-v]{20}\b`)

func (n *normaliser) normalise(text string) string {
	for _, r := range replacements {
		text = r.pattern.ReplaceAllString(text, r.with)
	}
	return secretID.ReplaceAllStringFunc(text, n.secret)
}

func (n *normaliser) secret(id string) string {
	if strings.Trim(id, "0") == "" {
		return id // one that a scenario made up
	}
	for number, known := range n.secrets {
		if known == id {
			return fmt.Sprintf("SECRET-%d", number+1)
		}
	}
	n.secrets = append(n.secrets, id)
	return fmt.Sprintf("SECRET-%d", len(n.secrets))
}
