package charm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"connectcharms/requirer-lib/hook"
)

// messageKey is the key of a user secret that has a control message.
const messageKey = "message"

// sendControl gives the manager a control message for a connector. Juju keeps the parameters of actions, and shows them: a
// message with a secret in it comes in a user secret.
func sendControl(ctx context.Context, u *unit, p parameters) (result, error) {
	if (p.Message == "") == (p.Secret == "") {
		return result{}, errors.New("where is the message? Give message, or with secrets in it a user secret in secret")
	}
	message := json.RawMessage(p.Message)
	if p.Secret != "" {
		content, err := u.SecretGet(ctx, p.Secret, hook.Latest)
		if err != nil {
			return result{}, fmt.Errorf("the secret cannot be read: juju grant-secret %.60s %s", p.Secret, u.Application())
		}
		if content[messageKey].IsZero() {
			return result{}, fmt.Errorf("the secret wants the key %s: a control message in JSON", messageKey)
		}
		message = json.RawMessage(content[messageKey].Reveal())
	}
	if !json.Valid(message) {
		return result{}, errors.New("the message is no JSON") // what the parser says would quote it
	}
	return u.ask(ctx, http.MethodPost, "/connectors/"+url.PathEscape(p.Name)+"/control"+p.query(), message)
}

// showOverlays shows what connectors have changed of their configuration: of those that are named, or of all.
func showOverlays(ctx context.Context, u *unit, p parameters) (result, error) {
	return showEach(ctx, u, p, "/api/v1/overlays")
}

// clearOverlay takes back what a connector has changed, all of it or some keys.
func clearOverlay(p parameters) (path string, content any) {
	query := url.Values{}
	if p.Cluster != "" {
		query.Set("cluster", p.Cluster)
	}
	for _, key := range split(p.Keys) {
		query.Add("key", key)
	}
	return "/api/v1/overlays/" + url.PathEscape(p.Name) + "?" + query.Encode(), nil
}
