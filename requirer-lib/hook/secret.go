package hook

import (
	"context"
	"errors"
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
	ID          string         `json:"-"` // the last part of its URI, which every tool takes for the URI
	Revision    int            `json:"revision"`
	Label       string         `json:"label"`
	Owner       string         `json:"owner"` // "application" or "unit"
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
// in the same hook: grant in a later one. Values are UTF-8 text; keys are at least three lowercase letters, digits and
// single hyphens, beginning with a letter. Juju takes 1 MB (of base64) in all.
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
	if err := checkURI("secret-set", uri); err != nil {
		return err
	}
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
	if err := checkURI("secret-get", uri); err != nil {
		return nil, err
	}
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
	if err := checkURI("secret-info-get", uri); err != nil {
		return SecretInfo{}, err
	}
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
	if err := checkURI("secret-grant", uri); err != nil {
		return err
	}
	_, err := t.run(ctx, "secret-grant", uri, "--relation", relation.String())
	return err
}

// SecretRevoke takes back what SecretGrant gave.
func (t *Tools) SecretRevoke(ctx context.Context, uri string, relation RelationID) error {
	if err := checkURI("secret-revoke", uri); err != nil {
		return err
	}
	_, err := t.run(ctx, "secret-revoke", uri, "--relation", relation.String())
	return err
}

// SecretRemove removes one revision of a secret, or with revision 0 the secret.
func (t *Tools) SecretRemove(ctx context.Context, uri string, revision int) error {
	if err := checkURI("secret-remove", uri); err != nil {
		return err
	}
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

// checkURI refuses what the tool would take for an option: the URIs of others come from databags.
func checkURI(tool, uri string) error {
	if uri == "" || strings.HasPrefix(uri, "-") {
		return fmt.Errorf("%s: %q is not a secret's URI", tool, uri)
	}
	return nil
}

// runContent hands a secret's content over in a file that only this user can read, in a directory of its own, gone
// when the tool has read it. (The tool takes no standard input, and argv is open to every user of the machine.)
func (t *Tools) runContent(ctx context.Context, tool string, content SecretContent, args []string) (stdout []byte, err error) {
	if len(content) == 0 {
		return t.run(ctx, tool, args...)
	}
	document, err := content.document()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tool, err)
	}
	dir, err := contentDir()
	if err != nil {
		return nil, fmt.Errorf("%s: no place for the secret's content: %w", tool, err)
	}
	defer func() {
		if problem := os.RemoveAll(dir); problem != nil {
			err = errors.Join(err, fmt.Errorf("%s: the secret's content is still on the disk: %w", tool, problem))
		}
	}()
	file := filepath.Join(dir, "content.yaml")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		return nil, fmt.Errorf("%s: write the secret's content: %w", tool, err)
	}
	return t.run(ctx, tool, append(args, "--file", file)...)
}

// contentDir makes a new directory of mode 0700. Its path is absolute: it is the agent that reads the file, from elsewhere.
func contentDir() (string, error) {
	parent, err := filepath.Abs(os.TempDir())
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, "secret-")
}

// document is the content as the tools read it from a file.
func (c SecretContent) document() ([]byte, error) {
	plain := make(map[string]string, len(c))
	for key, value := range c {
		if strings.Contains(key, "#") {
			return nil, fmt.Errorf("the key %q has a mark: Juju would read its value as something else than text", key)
		}
		plain[key] = value.Reveal()
	}
	return yamlDocument(plain)
}
