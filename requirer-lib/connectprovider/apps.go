package connectprovider

import (
	"context"
	"encoding/json"
	"maps"
	"os"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/hook"
)

// Apps remembers in a file whose relations are. That never changes, and to ask costs a tool call for each relation in every hook: a
// unit with two hundred relations spends most of a hook in tools. A file that is gone or damaged, or of another model, is one in
// which nothing is.
type Apps struct{ file string }

// InFile is Apps in a file, which need not be there yet.
func InFile(path string) Apps { return Apps{path} }

// remembered is the file's content. Juju gives no number of a relation twice in one model.
type remembered struct {
	Model string                     `json:"model"`
	Apps  map[hook.RelationID]string `json:"applications"`
}

func (a Apps) read(model string) map[hook.RelationID]string {
	var content remembered
	text, err := os.ReadFile(a.file)
	if err != nil || json.Unmarshal(text, &content) != nil || content.Model != model {
		return nil // it is asked for again
	}
	return content.Apps
}

// write makes the file say whose these relations are, if it does not say so. Where it cannot, as on a full disk, Juju is asked again.
func (a Apps) write(model string, known map[hook.RelationID]string, relations []Relation) {
	now := map[hook.RelationID]string{}
	for _, relation := range relations {
		if relation.App != "" { // Juju was seen to leave it empty at times
			now[relation.ID] = relation.App
		}
	}
	if a.file == "" || maps.Equal(now, known) {
		return
	}
	if document, err := json.Marshal(remembered{model, now}); err == nil {
		_ = atomicfile.Write(a.file, document, 0o600)
	}
}

// app is whose a relation is.
func (p *Provider) app(ctx context.Context, id hook.RelationID, known map[hook.RelationID]string) (string, error) {
	if app := known[id]; app != "" {
		return app, nil
	}
	return p.hook.RelationApp(ctx, id)
}
