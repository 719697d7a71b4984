package kafkaclient

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// NotReadyError says why a provider's answer cannot be used: it is not all there yet, or it is wrong.
type NotReadyError struct {
	Reason string
	Wrong  bool // waiting will not mend it
}

func (e *NotReadyError) Error() string { return e.Reason }

func waiting(format string, args ...any) error {
	return &NotReadyError{Reason: fmt.Sprintf(format, args...)}
}

func wrong(format string, args ...any) error {
	return &NotReadyError{Reason: fmt.Sprintf(format, args...), Wrong: true}
}

// Answer is what a provider has published for a request.
type Answer struct {
	servers   []string
	user, tls schemas.SecretURI
	inClear   hook.SecretContent // of a provider that knows no secrets
}

// Decode reads the provider's databag, in whichever form it has answered. Keys that are not known are left alone. The
// error is a *NotReadyError.
func (r Request) Decode(bag hook.Databag) (Answer, error) {
	fields, err := r.fields(bag)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{inClear: hook.SecretContent{}}
	for _, key := range []string{keyUsername, keyPassword, keyTLS, keyCA} {
		if fields[key] != "" {
			answer.inClear[key] = secret.New(fields[key])
		}
	}
	if answer.servers, err = brokers.ParseServers(fields[keyEndpoints]); err != nil {
		return Answer{}, wrong("endpoints: %v", err)
	}
	for key, uri := range map[string]*schemas.SecretURI{keySecretUser: &answer.user, keySecretTLS: &answer.tls} {
		if fields[key] == "" {
			continue
		}
		if *uri, err = schemas.ParseSecretURI(fields[key]); err != nil {
			return Answer{}, wrong("%s is no secret's URI", key)
		}
	}
	if missing := answer.missing(); len(missing) > 0 {
		return Answer{}, waiting("%s", cmp.Or(trouble(bag), "no "+strings.Join(missing, ", ")+" yet"))
	}
	return answer, nil
}

// fields are the keys of the answer to this request. A list of answers is v1's form, whatever was asked.
func (r Request) fields(bag hook.Databag) (map[string]string, error) {
	if bag[keyRequests] == "" {
		return bag, nil
	}
	var answers []map[string]any
	if err := json.Unmarshal([]byte(bag[keyRequests]), &answers); err != nil {
		return nil, wrong("requests is not a list in JSON")
	}
	for _, answer := range answers {
		if answer[keyRequestID] != r.ID() {
			continue
		}
		fields := map[string]string{}
		for key, value := range answer {
			switch value := value.(type) {
			case nil:
			case string:
				fields[key] = value
			case bool:
				fields[key] = fmt.Sprint(value)
			}
		}
		return fields, nil
	}
	return nil, waiting("%s", cmp.Or(trouble(bag), "no answer to this request yet"))
}

func (a Answer) missing() (keys []string) {
	if len(a.servers) == 0 {
		keys = append(keys, keyEndpoints)
	}
	if a.user.IsZero() && a.inClear[keyPassword].IsZero() {
		keys = append(keys, keySecretUser)
	}
	return keys
}

// trouble is the gravest that the provider has to say in its status key.
func trouble(bag hook.Databag) string {
	said, _ := schemas.DecodeProvider(map[string]string{keyStatus: bag[keyStatus]}) // of which only this is here
	var gravest schemas.StatusEntry
	for _, entry := range said.Status {
		if entry.Code > gravest.Code {
			gravest = entry
		}
	}
	return gravest.Message
}

// SecretReader reads secrets inside a hook.
type SecretReader interface {
	SecretGet(ctx context.Context, uri string, tracking hook.Tracking) (hook.SecretContent, error)
}

// Access reads the secrets that the answer names, always their latest revision. The error is a *NotReadyError, or the
// failure of a tool.
func (a Answer) Access(ctx context.Context, secrets SecretReader) (brokers.Access, error) {
	user, err := a.content(ctx, secrets, a.user)
	if err != nil {
		return brokers.Access{}, err
	}
	tls, err := a.content(ctx, secrets, a.tls)
	if err != nil {
		return brokers.Access{}, err
	}
	access := brokers.Access{
		Servers: a.servers, Mechanism: brokers.SCRAM512, Username: user[keyUsername].Reveal(), Password: user[keyPassword],
	}
	if access.Username == "" || access.Password.IsZero() {
		return brokers.Access{}, waiting("no username or no password in its secret yet")
	}
	word := cmp.Or(tls[keyTLS].Reveal(), a.inClear[keyTLS].Reveal())
	known := false
	if access.TLS, known = schemas.IsTLS(word); !known {
		return brokers.Access{}, wrong("tls is neither enabled, disabled, true nor false")
	}
	if access.TLS {
		access.CA = cmp.Or(tls[keyCA].Reveal(), a.inClear[keyCA].Reveal())
	}
	if err := access.Validate(); err != nil {
		return brokers.Access{}, wrong("%v", err)
	}
	return access, nil
}

// content reads a secret, or where there is none what the provider wrote in clear.
func (a Answer) content(ctx context.Context, secrets SecretReader, uri schemas.SecretURI) (hook.SecretContent, error) {
	if uri.IsZero() {
		return a.inClear, nil
	}
	content, err := secrets.SecretGet(ctx, uri.String(), hook.Latest)
	if why, is := hook.IsUnreadable(err); is {
		return nil, waiting("its secret: %s", why)
	}
	if err != nil {
		return nil, fmt.Errorf("read the secret of the Kafka charm: %w", err)
	}
	return content, nil
}
