package charm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"connectcharms/requirer-lib/secret"
)

// exported is a document as the manager exports it.
type exported struct {
	kept
	Files map[string]string `json:"files"`
}

const overlaysPath = "/api/v1/charm/overlays"

func (m managerAPI) exportOverlays(ctx context.Context, cluster string) (document, error) {
	var read exported
	if err := m.do(ctx, http.MethodGet, overlaysPath+"?cluster="+url.QueryEscape(cluster), &read); err != nil {
		return document{}, err
	}
	found := document{Version: read.Version, Overlays: secret.New(string(read.Overlays)), Files: map[string]secret.Value{}}
	for name, value := range read.Files {
		found.Files[name] = secret.New(value)
	}
	return found, nil
}

func (m managerAPI) importOverlays(ctx context.Context, cluster string, kept document) error {
	content := json.RawMessage(kept.text().Reveal())
	return m.send(ctx, http.MethodPut, overlaysPath+"?cluster="+url.QueryEscape(cluster), content, nil)
}

func (m managerAPI) delivered(ctx context.Context, cluster string, version int64) error {
	content := map[string]int64{"version": version}
	return m.send(ctx, http.MethodPut, overlaysPath+"/delivered?cluster="+url.QueryEscape(cluster), content, nil)
}
