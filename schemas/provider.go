package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	keyEndpoints  = "endpoints"
	keySecretUser = "secret-user"
	keySecretTLS  = "secret-tls"
	keyStatus     = "status"
	keyData       = "data"
)

// Provider is the provider's application databag of connect_client.
type Provider struct {
	Version Version
	// Answers is one answer in V0, one for each request in V1.
	Answers []Answer
	// Status is what the provider has to say about this requirer.
	Status []StatusEntry
	// Told is the Status that stood in the databag before, in V1: requirers on the peers' library tell by it what is new
	// and what is over.
	Told []StatusEntry
	// SecretsPlace is where the workers have the files of the requirer's ConnectorSecrets; the zero value where this provider
	// brings none.
	SecretsPlace SecretsPlace
	// Connections is the JSON text of how the provider's own connections are, "" where it does not say: an object with
	// kafka_cluster, a status as connection.json has it.
	Connections string
	// Extra holds the keys of a V1 databag that the contract does not name, as they came.
	Extra map[string]string
}

// Answer is what a provider has for one request.
type Answer struct {
	// RequestID is the request's, in V1; empty in V0.
	RequestID string
	// Resource and Salt repeat those of the request, in V1.
	Resource, Salt string
	// Endpoints are base URLs of the Kafka Connect REST API, all http or all https.
	Endpoints []string
	// SecretUser holds username and password.
	SecretUser SecretURI
	// SecretTLS holds tls and tls-ca, the CA chain (PEM); needed with https.
	SecretTLS SecretURI
	// Extra holds the keys that the contract does not name, as they came; in V1 as text. Some peers write username and
	// password here, in clear: printing an Answer leaves the values out.
	Extra map[string]string
	// Problem joins a *FieldError for each rule that this answer breaks. Others of the databag may be right.
	Problem error
}

// StatusEntry is one thing the provider has to say. Code/1000 is 1 for information, 4 for a passing trouble, 5 for a
// lasting one.
type StatusEntry struct {
	Code       int    `json:"code"`
	Message    string `json:"message"`
	Resolution string `json:"resolution"`
}

// Where codes begin to mean information, a trouble, and one that lasts until somebody does something.
const (
	Information    = 1000
	PassingTrouble = 4000
	LastingTrouble = 5000
)

// DecodeProvider reads the databag of a provider, in either version. An empty value is an absent key, as in Juju. The error
// joins a *FieldError for each rule broken, in the databag or in one of its answers (see Problems, IsMissing); what is
// right is decoded all the same.
func DecodeProvider(databag map[string]string) (Provider, error) {
	if versionOf(databag) == V0 {
		return decodeProviderV0(databag)
	}
	fields, err := providerV1().sound(databag)
	provider := Provider{Version: versionOf(databag)}
	problems := []error{err}
	for i, item := range items(fields.take(keyRequests)) {
		answer := decodeAnswerV1(i, item)
		provider.Answers = append(provider.Answers, answer)
		problems = append(problems, answer.Problem)
	}
	provider.Status, provider.Told = decodeStatus(fields.take(keyStatus)), decodeTold(fields.take(keyData))
	fields.take(keyVersion)
	provider.decodeExtensions(fields)
	provider.Extra = fields.rest()
	return provider, errors.Join(problems...)
}

func decodeProviderV0(databag map[string]string) (Provider, error) {
	fields, err := providerV0().sound(databag)
	fields.take(keyVersion)
	provider := Provider{Version: V0, Status: decodeStatus(fields.take(keyStatus))}
	provider.decodeExtensions(fields)
	answer := decodeAnswer(fields)
	answer.Problem = without(err, keyConnectorSecrets, keyConnections)
	provider.Answers = []Answer{answer}
	return provider, err
}

func (p *Provider) decodeExtensions(fields databag) {
	p.SecretsPlace = decodePlace(fields.take(keyConnectorSecrets))
	p.Connections = fields.take(keyConnections)
}

func decodeAnswerV1(at int, item map[string]string) Answer {
	fields, err := answerV1().sound(item)
	id, resource, salt := fields.take(keyRequestID), fields.take(keyResource), fields.take(keySalt)
	answer := decodeAnswer(fields)
	answer.RequestID, answer.Resource, answer.Salt, answer.Problem = id, resource, salt, within(err, at)
	return answer
}

func decodeAnswer(fields databag) Answer {
	var answer Answer
	if endpoints := fields.take(keyEndpoints); endpoints != "" {
		answer.Endpoints = strings.Split(endpoints, ",")
	}
	// The schema has read these texts already, so they decode or are empty.
	answer.SecretUser, _ = ParseSecretURI(fields.take(keySecretUser))
	answer.SecretTLS, _ = ParseSecretURI(fields.take(keySecretTLS))
	answer.Extra = fields.rest()
	return answer
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

// Encode writes the databag. What is empty is left out: to take a key back, the writer compares with what is published. In
// V0 it is the first answer that is written.
func (p Provider) Encode() map[string]string {
	bag := databag{}
	switch {
	case p.Version == V1:
		bag = newDatabag(p.Extra, providerV1())
		p.encodeAnswers(bag)
	case len(p.Answers) > 0:
		bag = newDatabag(p.Answers[0].Extra, providerV0())
		p.Answers[0].encode(bag)
	}
	if len(p.Status) > 0 {
		bag.put(keyStatus, jsonText(p.Status))
	}
	if !p.SecretsPlace.IsZero() {
		bag.put(keyConnectorSecrets, jsonText(p.SecretsPlace))
	}
	bag.put(keyConnections, p.Connections)
	return bag
}

func (p Provider) encodeAnswers(bag databag) {
	list, data := []databag{}, map[string]any{}
	for _, answer := range p.Answers {
		item := newDatabag(answer.Extra, answerV1())
		item.put(keyRequestID, answer.RequestID)
		item.put(keyResource, answer.Resource)
		item.put(keySalt, answer.Salt)
		answer.encode(item)
		list = append(list, item)
		data[answer.RequestID] = struct{}{}
	}
	if len(p.Told) > 0 {
		data[keyStatus] = byCode(p.Told)
	}
	bag.put(keyVersion, string(V1))
	bag.put(keyRequests, jsonText(list))
	bag.put(keyData, jsonText(data))
}

func (a Answer) encode(bag databag) {
	bag.put(keyEndpoints, strings.Join(a.Endpoints, ","))
	bag.put(keySecretUser, a.SecretUser.String())
	bag.put(keySecretTLS, a.SecretTLS.String())
}

// byCode is the form that the status has in data.
func byCode(entries []StatusEntry) map[string]StatusEntry {
	coded := map[string]StatusEntry{}
	for _, entry := range entries {
		coded[strconv.Itoa(entry.Code)] = entry
	}
	return coded
}

func decodeTold(text string) []StatusEntry {
	var data struct {
		Status map[string]json.RawMessage `json:"status"`
	}
	_ = json.Unmarshal([]byte(text), &data)
	var entries []StatusEntry
	for _, code := range keysOf(data.Status) {
		entries = append(entries, decodeStatus("["+string(data.Status[code])+"]")...)
	}
	return entries
}

// Validate holds the databag that p encodes to against the schema; see DecodeProvider.
func (p Provider) Validate() error {
	_, err := DecodeProvider(p.Encode())
	return err
}

// String is for logs: without the values of Extra.
func (a Answer) String() string {
	return fmt.Sprintf("answer{request-id=%s endpoints=%s secret-user=%s secret-tls=%s extra=%s}",
		a.RequestID, hideCredentials(strings.Join(a.Endpoints, ",")), a.SecretUser, a.SecretTLS, keysOf(a.Extra))
}

// GoString is String: %#v shows no more.
func (a Answer) GoString() string { return a.String() }

// String is for logs, as that of Answer.
func (p Provider) String() string {
	return fmt.Sprintf("provider{version=%s answers=%v status=%d extra=%s}", p.Version, p.Answers, len(p.Status), keysOf(p.Extra))
}

// GoString is String.
func (p Provider) GoString() string { return p.String() }
