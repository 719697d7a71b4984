package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// NotRequired stands as plugin-url when the workers need no plugin.
const NotRequired = "NOT-REQUIRED"

const (
	keyPluginURL        = "plugin-url"
	keyPluginSHA256     = "plugin-sha256"
	keyRequestedSecrets = "requested-secrets"
)

// Requirer is the requirer's application databag of connect_client (v0).
type Requirer struct {
	// PluginURL is where one tarball with the plugin is served, or NotRequired.
	// It may carry credentials: printing a Requirer leaves them out.
	PluginURL string
	// PluginSHA256 is the digest of the tarball, 64 lower-case hexadecimal
	// digits; empty when the requirer does not say.
	PluginSHA256 string
	// RequestedSecrets are the fields to be handed over as Juju secrets.
	RequestedSecrets []string
	// Extra holds the keys that the contract does not name, as they came.
	Extra map[string]string
}

// DecodeRequirer reads the databag of a requirer. An empty value is an absent
// key, as in Juju. The error joins a *FieldError for each rule broken (see
// Problems, IsMissing); what is right is decoded all the same.
func DecodeRequirer(databag map[string]string) (Requirer, error) {
	fields, err := requirerDocument().sound(databag)
	requirer := Requirer{
		PluginURL:    fields.take(keyPluginURL),
		PluginSHA256: fields.take(keyPluginSHA256),
	}
	// The schema has read this text already, so it decodes or is empty.
	_ = json.Unmarshal([]byte(fields.take(keyRequestedSecrets)), &requirer.RequestedSecrets)
	requirer.Extra = fields.rest()
	return requirer, err
}

// Encode writes the databag. What is empty is left out: to take a key back, the
// writer compares with what is published.
func (r Requirer) Encode() map[string]string {
	databag := newDatabag(r.Extra, requirerDocument())
	databag.put(keyPluginURL, r.PluginURL)
	databag.put(keyPluginSHA256, r.PluginSHA256)
	if len(r.RequestedSecrets) > 0 {
		databag.put(keyRequestedSecrets, jsonText(r.RequestedSecrets))
	}
	return databag
}

// Validate holds the databag r encodes to against the schema; see DecodeRequirer.
func (r Requirer) Validate() error {
	return requirerDocument().check(r.Encode())
}

// NeedsPlugin tells whether the workers have to load a plugin first.
func (r Requirer) NeedsPlugin() bool {
	return r.PluginURL != "" && r.PluginURL != NotRequired
}

// Requests tells whether the requirer wants the field as a Juju secret.
func (r Requirer) Requests(field string) bool {
	return slices.Contains(r.RequestedSecrets, field)
}

// String is for logs: without credentials, and without the values of Extra.
func (r Requirer) String() string {
	return fmt.Sprintf("requirer{plugin-url=%s plugin-sha256=%s requested-secrets=%s extra=%s}",
		hideCredentials(r.PluginURL), r.PluginSHA256, strings.Join(r.RequestedSecrets, ","), keysOf(r.Extra))
}

// GoString is String: %#v shows no more.
func (r Requirer) GoString() string { return r.String() }
