package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
)

const (
	keyEndpoints  = "endpoints"
	keySecretUser = "secret-user"
	keySecretTLS  = "secret-tls"
	keyStatus     = "status"
)

// Provider is the provider's application databag of connect_client (v0).
type Provider struct {
	// Endpoints are base URLs of the Kafka Connect REST API, all http or all https.
	Endpoints []string
	// SecretUser holds username and password.
	SecretUser SecretURI
	// SecretTLS holds tls and tls-ca, the CA chain (PEM); needed with https.
	SecretTLS SecretURI
	// Status is what the provider has to say about this requirer.
	Status []StatusEntry
	// Extra holds the keys that the contract does not name, as they came. Some
	// peers write username and password here, in clear: printing a Provider
	// leaves the values out.
	Extra map[string]string
}

// StatusEntry is one thing the provider has to say. Code/1000 is 1 for
// information, 4 for a passing trouble, 5 for a lasting one.
type StatusEntry struct {
	Code       int    `json:"code"`
	Message    string `json:"message"`
	Resolution string `json:"resolution"`
}

// DecodeProvider reads the databag of a provider. An empty value is an absent
// key, as in Juju. The error joins a *FieldError for each rule broken (see
// Problems, IsMissing); what is right is decoded all the same.
func DecodeProvider(databag map[string]string) (Provider, error) {
	fields, err := providerDocument().sound(databag)
	var provider Provider
	if endpoints := fields.take(keyEndpoints); endpoints != "" {
		provider.Endpoints = strings.Split(endpoints, ",")
	}
	// The schema has read these texts already, so they decode or are empty.
	provider.SecretUser, _ = ParseSecretURI(fields.take(keySecretUser))
	provider.SecretTLS, _ = ParseSecretURI(fields.take(keySecretTLS))
	provider.Status = decodeStatus(fields.take(keyStatus))
	provider.Extra = fields.rest()
	return provider, err
}

// decodeStatus goes by way of plain maps: a struct would also take "CODE" for
// code, which the schema has not looked at.
func decodeStatus(text string) []StatusEntry {
	var raw []map[string]any
	_ = json.Unmarshal([]byte(text), &raw)
	var entries []StatusEntry
	for _, fields := range raw {
		code, _ := fields["code"].(float64)
		message, _ := fields["message"].(string)
		resolution, _ := fields["resolution"].(string)
		entries = append(entries, StatusEntry{Code: int(code), Message: message, Resolution: resolution})
	}
	return entries
}

// Encode writes the databag. What is empty is left out: to take a key back, the
// writer compares with what is published.
func (p Provider) Encode() map[string]string {
	databag := newDatabag(p.Extra, providerDocument())
	databag.put(keyEndpoints, strings.Join(p.Endpoints, ","))
	databag.put(keySecretUser, p.SecretUser.String())
	databag.put(keySecretTLS, p.SecretTLS.String())
	if len(p.Status) > 0 {
		databag.put(keyStatus, jsonText(p.Status))
	}
	return databag
}

// Validate holds the databag p encodes to against the schema; see DecodeProvider.
func (p Provider) Validate() error {
	return providerDocument().check(p.Encode())
}

// String is for logs: without the values of Extra.
func (p Provider) String() string {
	return fmt.Sprintf("provider{endpoints=%s secret-user=%s secret-tls=%s status=%d extra=%s}",
		hideCredentials(strings.Join(p.Endpoints, ",")), p.SecretUser, p.SecretTLS, len(p.Status), keysOf(p.Extra))
}

// GoString is String: %#v shows no more.
func (p Provider) GoString() string { return p.String() }
