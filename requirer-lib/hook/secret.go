package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"connectcharms/requirer-lib/secret"
)

// SecretContent is the keys and values of one revision of a secret.
type SecretContent map[string]secret.Value

// SecretOptions are the properties of a secret. Zero values leave a property as it is.
type SecretOptions struct {
	Label       string // the owner's own name for it, unique among its secrets
	Description string
	Rotate      string    // never, hourly, daily, weekly, monthly, quarterly or yearly: when secret-rotate is fired
	Expire      time.Time // when secret-expired is fired
	OwnedByUnit bool      // else by the application, for which only the leader may act; used by SecretAdd only
}

// SecretInfo is what an owner may know of a secret without reading it.
type SecretInfo struct {
	ID          string         `json:"-"`
	Revision    int            `json:"revision"`
	Label       string         `json:"label"`
	Owner       string         `json:"owner"`
	Description string         `json:"description"`
	Rotation    string         `json:"rotation"`
	Expiry      *time.Time     `json:"expiry"`
	Rotates     *time.Time     `json:"rotates"`
	Access      []SecretAccess `json:"access"`
}

// SecretAccess is one grant of a secret.
type SecretAccess struct {
	Target string `json:"target"`
	Scope  string `json:"scope"`
	Role   string `json:"role"`
}

// SecretAdd makes a secret and returns its URI. Juju makes it when the hook succeeds. Juju 4.1-beta2 drops a grant made
// in the same hook: grant in a later one.
func (t *Tools) SecretAdd(ctx context.Context, content SecretContent, options SecretOptions) (uri string, err error) {
	args := options.args()
	if options.OwnedByUnit {
		args = append(args, "--owner", "unit")
	}
	stdout, err := t.runContent(ctx, "secret-add", content, args)
	return strings.TrimSpace(string(stdout)), err
}

// SecretSet adds a revision to a secret, or with no content changes its properties alone.
func (t *Tools) SecretSet(ctx context.Context, uri string, content SecretContent, options SecretOptions) error {
	_, err := t.runContent(ctx, "secret-set", content, append([]string{uri}, options.args()...))
	return err
}

// Tracking says which revision of a secret a consumer reads.
type Tracking string

// The ways to read a secret.
const (
	Tracked Tracking = ""          // the revision read before, or the latest at the first time
	Latest  Tracking = "--refresh" // the latest, tracked from now on
	Peek    Tracking = "--peek"    // the latest, this time only
)

// SecretGet reads a secret by its URI.
func (t *Tools) SecretGet(ctx context.Context, uri string, tracking Tracking) (SecretContent, error) {
	return t.secretGet(ctx, tracking, uri)
}

// SecretGetByLabel reads a secret by the label that this application or unit gave it.
func (t *Tools) SecretGetByLabel(ctx context.Context, label string, tracking Tracking) (SecretContent, error) {
	return t.secretGet(ctx, tracking, "--label", label)
}

func (t *Tools) secretGet(ctx context.Context, tracking Tracking, args ...string) (SecretContent, error) {
	if tracking != Tracked {
		args = append(args, string(tracking))
	}
	var plain map[string]string
	if err := t.runJSON(ctx, &plain, "secret-get", args...); err != nil {
		return nil, err
	}
	content := make(SecretContent, len(plain))
	for key, text := range plain {
		content[key] = secret.New(text)
	}
	return content, nil
}

// SecretInfoByLabel describes a secret of this application or unit. IsNotFound(err) when there is none of that label.
func (t *Tools) SecretInfoByLabel(ctx context.Context, label string) (SecretInfo, error) {
	return t.secretInfo(ctx, "--label", label)
}

// SecretInfo describes a secret of this application or unit by its URI.
func (t *Tools) SecretInfo(ctx context.Context, uri string) (SecretInfo, error) {
	return t.secretInfo(ctx, uri)
}

func (t *Tools) secretInfo(ctx context.Context, args ...string) (SecretInfo, error) {
	var byID map[string]SecretInfo
	if err := t.runJSON(ctx, &byID, "secret-info-get", args...); err != nil {
		return SecretInfo{}, err
	}
	for id, info := range byID {
		info.ID = id
		return info, nil
	}
	return SecretInfo{}, &ToolError{Tool: "secret-info-get", Message: "secret not found"}
}

// SecretIDs lists the secrets of this application (for its leader) and this unit.
func (t *Tools) SecretIDs(ctx context.Context) ([]string, error) {
	var ids []string
	err := t.runJSON(ctx, &ids, "secret-ids")
	return ids, err
}

// SecretGrant lets the other side of a relation read a secret. Granting again is harmless.
func (t *Tools) SecretGrant(ctx context.Context, uri string, relation RelationID) error {
	_, err := t.run(ctx, "secret-grant", uri, "--relation", relation.String())
	return err
}

// SecretRevoke takes back what SecretGrant gave.
func (t *Tools) SecretRevoke(ctx context.Context, uri string, relation RelationID) error {
	_, err := t.run(ctx, "secret-revoke", uri, "--relation", relation.String())
	return err
}

// SecretRemove removes one revision of a secret, or with revision 0 the secret.
func (t *Tools) SecretRemove(ctx context.Context, uri string, revision int) error {
	args := []string{uri}
	if revision > 0 {
		args = append(args, "--revision", strconv.Itoa(revision))
	}
	_, err := t.run(ctx, "secret-remove", args...)
	return err
}

func (o SecretOptions) args() []string {
	var args []string
	for _, property := range []struct{ flag, value string }{
		{"--label", o.Label}, {"--description", o.Description}, {"--rotate", o.Rotate},
	} {
		if property.value != "" {
			args = append(args, property.flag, property.value)
		}
	}
	if !o.Expire.IsZero() {
		args = append(args, "--expire", o.Expire.UTC().Format(time.RFC3339))
	}
	return args
}

// runContent hands a secret's content over in a file that only this user can read, in a directory of its own, gone
// when the tool has read it. (The tool takes no standard input, and argv is open to every user of the machine.)
func (t *Tools) runContent(ctx context.Context, tool string, content SecretContent, args []string) ([]byte, error) {
	if len(content) == 0 {
		return t.run(ctx, tool, args...)
	}
	plain := make(map[string]string, len(content))
	for key, value := range content {
		plain[key] = value.Reveal()
	}
	document, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tool, err)
	}
	dir, err := os.MkdirTemp("", "secret-") // mode 0700
	if err != nil {
		return nil, fmt.Errorf("%s: no place for the secret's content: %w", tool, err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "content.yaml")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		return nil, fmt.Errorf("%s: write the secret's content: %w", tool, err)
	}
	return t.run(ctx, tool, append(args, "--file", file)...)
}
