package connectclient

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// Keys of the secrets, and of the databag of a provider that knows no secrets.
const (
	keyUsername = "username"
	keyPassword = "password"
	keyTLS      = "tls"
	keyCA       = "tls-ca"
)

// Connection is one relation with a provider, as it stands in this hook.
type Connection struct {
	hook     *hook.Hook
	options  Options
	relation hook.RelationID
	app      string
	answer   schemas.Answer
	status   []schemas.StatusEntry
	place    schemas.SecretsPlace
	told     string // of the provider's own connections
	problem  error  // what is wrong with the answer

	ready    bool
	username string
	password secret.Value
	ca       string
}

// Ready says whether the connection can be used: nil, or a [NotReadyError] that says why not yet, or the failure of a
// tool. It reads the secrets, always their latest revision: one or two tool calls the first time that all is published,
// none before and after.
func (c *Connection) Ready(ctx context.Context) error {
	if c.ready {
		return nil
	}
	for _, check := range []func(context.Context) error{c.checkPublished, c.readAccount, c.readTLS} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	c.ready = true
	return nil
}

// RelationID is the relation's number in this model.
func (c *Connection) RelationID() hook.RelationID { return c.relation }

// Provider is the provider's application; empty where Juju does not tell (yet).
func (c *Connection) Provider() string { return c.app }

// Endpoints are base URLs of the REST API, all http or all https.
func (c *Connection) Endpoints() []string { return slices.Clone(c.answer.Endpoints) }

// Username is known when the connection is ready.
func (c *Connection) Username() string { return c.username }

// Password is known when the connection is ready.
func (c *Connection) Password() secret.Value { return c.password }

// CA is the chain (PEM) that https endpoints are verified by, known when the connection is ready.
func (c *Connection) CA() string { return c.ca }

// Trouble is the gravest that the provider has to say about this relation in its status key; false where it has
// nothing but information. A connection with trouble can be ready: it keeps the credentials it has.
func (c *Connection) Trouble() (schemas.StatusEntry, bool) {
	var gravest schemas.StatusEntry
	for _, entry := range c.status {
		if entry.Code >= schemas.PassingTrouble && entry.Code > gravest.Code {
			gravest = entry
		}
	}
	return gravest, gravest.Code > 0
}

// ProviderConnections is what the provider says of its own connections, such as that to its Kafka: a JSON object with an object
// for each, as schemas has it. Empty: it says nothing.
func (c *Connection) ProviderConnections() string { return c.told }

// Client makes a REST client of a connection that is ready. Close it after use.
func (c *Connection) Client() (*connect.Client, error) {
	if !c.ready {
		return nil, fmt.Errorf("make a REST client for relation %d: the connection is not ready, ask Ready first", c.relation)
	}
	return connect.New(connect.Config{
		Endpoints: c.answer.Endpoints, Username: c.username, Password: c.password, CA: []byte(c.ca),
		Timeout: c.options.Timeout, Patience: c.options.Patience, Log: c.options.Log,
	})
}

// String names the relation, and no secret.
func (c *Connection) String() string {
	return fmt.Sprintf("connection{relation=%d provider=%s ready=%v}", c.relation, c.app, c.ready)
}

// GoString is String.
func (c *Connection) GoString() string { return c.String() }

// checkPublished goes by the databag alone.
func (c *Connection) checkPublished(context.Context) error {
	for _, problem := range schemas.Problems(c.problem) {
		if !problem.Missing && isOfAnswer(problem.Key) {
			return c.notReady(ErrMalformed, "%v", problem)
		}
	}
	var missing []string
	if len(c.answer.Endpoints) == 0 {
		missing = append(missing, "endpoints")
	}
	if c.answer.SecretUser.IsZero() && !c.isInClear() {
		missing = append(missing, "secret-user")
	}
	if len(missing) == 0 {
		return nil
	}
	switch trouble, is := c.Trouble(); {
	case is && trouble.Code >= schemas.LastingTrouble:
		return c.notReady(ErrRefused, "%s", inWords(trouble))
	case is:
		return c.notReady(ErrWaitingForProvider, "%s", inWords(trouble))
	}
	return c.notReady(ErrWaitingForProvider, "no %s yet", strings.Join(missing, ", "))
}

// isOfAnswer says whether a key is of an answer: in v1 it has its place before it.
func isOfAnswer(key string) bool {
	key = key[strings.LastIndex(key, ".")+1:]
	return slices.Contains([]string{"endpoints", "secret-user", "secret-tls", "requests", "request-id"}, key)
}

func inWords(trouble schemas.StatusEntry) string {
	if trouble.Resolution == "" {
		return trouble.Message
	}
	return trouble.Message + " (" + trouble.Resolution + ")"
}

// isInClear says whether the provider is one that writes credentials into its databag.
func (c *Connection) isInClear() bool { return c.answer.Extra[keyPassword] != "" }

func (c *Connection) readAccount(ctx context.Context) error {
	account, err := c.content(ctx, c.answer.SecretUser)
	if err != nil {
		return err
	}
	c.username, c.password = account[keyUsername].Reveal(), account[keyPassword]
	if c.username == "" || c.password.IsZero() {
		return c.notReady(ErrWaitingForProvider, "its secret has no username or no password yet")
	}
	return nil
}

func (c *Connection) readTLS(ctx context.Context) error {
	tls, err := c.content(ctx, c.answer.SecretTLS)
	if err != nil {
		return err
	}
	c.ca = tls[keyCA].Reveal()
	enabled, known := schemas.IsTLS(tls[keyTLS].Reveal())
	switch isHTTPS := strings.HasPrefix(c.answer.Endpoints[0], "https://"); {
	case !known:
		return c.notReady(ErrMalformed, "tls is neither enabled, disabled, true nor false")
	case enabled && !isHTTPS:
		// The password must not go in clear where the provider means it to be encrypted.
		return c.notReady(ErrWaitingForProvider, "tls is enabled and its endpoints are not https yet")
	case isHTTPS && c.ca == "":
		return c.notReady(ErrNoCA, "no tls-ca in its secret-tls")
	case c.ca != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(c.ca)):
		return c.notReady(ErrNoCA, "its tls-ca holds no certificate in PEM")
	}
	return nil
}

// content reads a secret, or where there is none what the provider wrote in clear.
func (c *Connection) content(ctx context.Context, uri schemas.SecretURI) (hook.SecretContent, error) {
	if uri.IsZero() {
		content := hook.SecretContent{}
		for _, key := range []string{keyUsername, keyPassword, keyTLS, keyCA} {
			content[key] = secret.New(c.answer.Extra[key])
		}
		return content, nil
	}
	content, err := c.hook.SecretGet(ctx, uri.String(), hook.Latest)
	if why, is := hook.IsUnreadable(err); is {
		return nil, c.notReady(ErrNotGranted, "%s", why)
	}
	if err != nil {
		return nil, fmt.Errorf("read the secret of relation %d: %w", c.relation, err)
	}
	return content, nil
}
