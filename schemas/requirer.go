package schemas

import (
	"cmp"
	"encoding/json"
	"errors"
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

// Requirer is the requirer's application databag of connect_client.
type Requirer struct {
	Version Version
	// Requests is one request in V0, any number in V1; of several with one ID, the first.
	Requests []Request
	// ConnectorSecrets is the secret with values of connectors that the provider is to bring to every worker; see
	// SecretsPlace. A fault of it is none of the requests'.
	ConnectorSecrets SecretURI
	// Extra holds the keys of a V1 databag that the contract does not name, as they came.
	Extra map[string]string
}

// Request asks for a plugin, and for an account.
type Request struct {
	// ID names the request in V1, where an answer refers to it; empty in V0.
	ID string
	// Salt is V1's: see RequestID.
	Salt string
	// PluginURL is where one tarball with the plugin is served, or NotRequired. It may carry credentials: printing a
	// Request leaves them out. Empty: not said (yet).
	PluginURL string
	// PluginSHA256 is the digest of the tarball, 64 lower-case hexadecimal digits; empty when the requirer does not say.
	PluginSHA256 string
	// RequestedSecrets are the fields to be handed over as Juju secrets. In V1 nobody says: it is all of them.
	RequestedSecrets []string
	// Extra holds the keys that the contract does not name, as they came; in V1 as text.
	Extra map[string]string
	// Problem joins a *FieldError for each rule that this request breaks. Others of the databag may be right.
	Problem error
}

// allSecrets are the fields that providers hand over.
func allSecrets() []string { return []string{"username", "password", "tls", "tls-ca"} }

// DecodeRequirer reads the databag of a requirer, in either version. An empty value is an absent key, as in Juju. The error
// joins a *FieldError for each rule broken, in the databag or in one of its requests (see Problems, IsMissing); what is
// right is decoded all the same.
func DecodeRequirer(databag map[string]string) (Requirer, error) {
	if versionOf(databag) == V0 {
		return decodeRequirerV0(databag)
	}
	fields, err := requirerV1().sound(databag)
	requirer := Requirer{Version: versionOf(databag)}
	problems := []error{err}
	seen := map[string]bool{}
	for i, item := range items(fields.take(keyRequests)) {
		request := decodeRequestV1(i, item)
		if seen[request.ID] {
			problems = append(problems, twice(requirerV1(), i, request.ID))
			continue
		}
		seen[request.ID] = true
		requirer.Requests = append(requirer.Requests, request)
		problems = append(problems, request.Problem)
	}
	fields.take(keyVersion)
	requirer.ConnectorSecrets = fields.takeSecret(keyConnectorSecrets)
	requirer.Extra = fields.rest()
	return requirer, errors.Join(problems...)
}

func decodeRequirerV0(databag map[string]string) (Requirer, error) {
	fields, err := requirerV0().sound(databag)
	fields.take(keyVersion)
	requirer := Requirer{Version: V0, ConnectorSecrets: fields.takeSecret(keyConnectorSecrets)}
	requirer.Requests = []Request{decodeRequestV0(fields, without(err, keyConnectorSecrets))}
	return requirer, err
}

func decodeRequestV0(fields databag, problem error) Request {
	request := Request{
		PluginURL:    fields.take(keyPluginURL),
		PluginSHA256: fields.take(keyPluginSHA256),
		Problem:      problem,
	}
	// The schema has read this text already, so it decodes or is empty.
	_ = json.Unmarshal([]byte(fields.take(keyRequestedSecrets)), &request.RequestedSecrets)
	request.Extra = fields.rest()
	return request
}

func decodeRequestV1(at int, item map[string]string) Request {
	fields, err := requestV1().sound(item)
	request := Request{
		ID: fields.take(keyRequestID), Salt: fields.take(keySalt),
		PluginURL: fields.take(keyResource), PluginSHA256: fields.take(keyPluginSHA256),
		RequestedSecrets: allSecrets(), Problem: within(err, at),
	}
	request.ID = cmp.Or(request.ID, RequestID(request.PluginURL, request.Salt))
	request.Extra = fields.rest()
	return request
}

// Encode writes the databag. What is empty is left out: to take a key back, the writer compares with what is published. In
// V0 it is the first request that is written.
func (r Requirer) Encode() map[string]string {
	if r.Version != V1 {
		return r.encodeV0()
	}
	databag := newDatabag(r.Extra, requirerV1())
	databag.put(keyVersion, string(V1))
	databag.put(keyConnectorSecrets, r.ConnectorSecrets.String())
	list := []map[string]string{}
	for _, request := range r.Requests {
		list = append(list, request.encodeV1())
	}
	databag.put(keyRequests, jsonText(list))
	return databag
}

func (r Requirer) encodeV0() databag {
	bag := databag{}
	if len(r.Requests) > 0 {
		bag = r.Requests[0].encodeV0()
	}
	bag.put(keyConnectorSecrets, r.ConnectorSecrets.String())
	return bag
}

func (r Request) encodeV0() databag {
	databag := newDatabag(r.Extra, requirerV0())
	databag.put(keyPluginURL, r.PluginURL)
	databag.put(keyPluginSHA256, r.PluginSHA256)
	if len(r.RequestedSecrets) > 0 {
		databag.put(keyRequestedSecrets, jsonText(r.RequestedSecrets))
	}
	return databag
}

func (r Request) encodeV1() databag {
	item := newDatabag(r.Extra, requestV1())
	item.put(keyResource, r.PluginURL)
	item.put(keyPluginSHA256, r.PluginSHA256)
	item.put(keySalt, r.Salt)
	item.put(keyRequestID, cmp.Or(r.ID, RequestID(r.PluginURL, r.Salt)))
	return item
}

// Validate holds the databag that r encodes to against the schema; see DecodeRequirer.
func (r Requirer) Validate() error {
	_, err := DecodeRequirer(r.Encode())
	return err
}

// NeedsPlugin tells whether the workers have to load a plugin first.
func (r Request) NeedsPlugin() bool { return r.PluginURL != "" && r.PluginURL != NotRequired }

// Requests tells whether the requirer wants the field as a Juju secret.
func (r Request) Requests(field string) bool { return slices.Contains(r.RequestedSecrets, field) }

// String is for logs: without credentials, and without the values of Extra.
func (r Request) String() string {
	return fmt.Sprintf("request{id=%s plugin-url=%s plugin-sha256=%s requested-secrets=%s extra=%s}",
		r.ID, hideCredentials(r.PluginURL), r.PluginSHA256, strings.Join(r.RequestedSecrets, ","), keysOf(r.Extra))
}

// GoString is String: %#v shows no more.
func (r Request) GoString() string { return r.String() }

// String is for logs, as that of Request.
func (r Requirer) String() string {
	return fmt.Sprintf("requirer{version=%s requests=%v extra=%s}", r.Version, r.Requests, keysOf(r.Extra))
}

// GoString is String.
func (r Requirer) GoString() string { return r.String() }
