package connectprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// Account is the secret with a request's user name and password, made with this password where there is none. It can be
// granted only when an earlier hook has made it.
func (p *Provider) Account(ctx context.Context, key Key, password secret.Value) (uri schemas.SecretURI, grantable bool, err error) {
	label := key.Label(p.options.Endpoint)
	info, err := p.hook.SecretInfoByLabel(ctx, label)
	if err == nil {
		return schemas.SecretURI{ModelUUID: p.hook.ModelUUID, ID: info.ID}, true, nil
	}
	if !hook.IsNotFound(err) {
		return schemas.SecretURI{}, false, fmt.Errorf("find the secret of request %s: %w", key, err)
	}
	content := hook.SecretContent{"username": secret.New(key.Username()), "password": password}
	text, err := p.hook.SecretAdd(ctx, content, hook.SecretOptions{Label: label})
	if err == nil {
		uri, err = schemas.ParseSecretURI(text)
	}
	if err != nil {
		return schemas.SecretURI{}, false, fmt.Errorf("make the secret of request %s: %w", key, err)
	}
	return uri, false, nil
}

// RemoveAccounts removes the secrets that Account has made for requests which do not go on, and names those requests. It
// costs a tool call, and one for each secret that the application and the unit have.
func (p *Provider) RemoveAccounts(ctx context.Context, relations []Relation) (gone []Key, err error) {
	ids, err := p.hook.SecretIDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the application's secrets: %w", err)
	}
	for _, id := range ids {
		info, err := p.hook.SecretInfo(ctx, "secret:"+id)
		if hook.IsNotFound(err) {
			continue // this very hook has removed it
		}
		if err != nil {
			return gone, err
		}
		key, is := keyOfLabel(p.options.Endpoint, info.Label)
		if !is || slices.ContainsFunc(relations, func(r Relation) bool { return r.GoesOn(key) }) {
			continue
		}
		if err := p.hook.SecretRemove(ctx, "secret:"+id, 0); err != nil {
			return gone, fmt.Errorf("remove the secret of request %s: %w", key, err)
		}
		gone = append(gone, key)
	}
	return gone, nil
}

// keyOfLabel reads what Key.Label writes.
func keyOfLabel(endpoint, label string) (key Key, is bool) {
	text, ours := strings.CutPrefix(label, endpoint+".")
	text, is = strings.CutSuffix(text, labelEnd)
	if !ours || !is || key.UnmarshalText([]byte(strings.Replace(text, ".", "/", 1))) != nil {
		return Key{}, false
	}
	return key, true
}

// TLSWord is the value of tls in a secret-tls: requirers of v1 fail in their hook over the words of v0.
func TLSWord(version schemas.Version, enabled bool) string {
	words := map[bool]string{true: "enabled", false: "disabled"}
	if version == schemas.V1 {
		words = map[bool]string{true: "true", false: "false"}
	}
	return words[enabled]
}
