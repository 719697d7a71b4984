package charm

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/pattern"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// Granted are the user secrets that the configuration names, read. One that cannot be read leaves what it is for as it is.
type Granted struct {
	State        map[string]hook.SecretContent // by the name in config state-secrets
	StateProblem string

	Tokens            []settings.Token
	Certificate, Key  secret.Value // PEM; empty: no TLS
	Webhook           secret.Value
	SourceCredentials hook.SecretContent
	Connections       map[string]hook.SecretContent // by the name in config connection-secrets
	Control           ControlAccess
	ServeProblem      string
}

// observeGranted reads every secret in its latest revision.
func (u *unit) observeGranted(ctx context.Context, config Config) (Granted, error) {
	var granted Granted
	var err error
	if granted.State, granted.StateProblem, err = u.readNamed(ctx, "state-secrets", config.State.Secrets); err != nil {
		return granted, err
	}
	if granted.Connections, granted.ServeProblem, err = u.readNamed(ctx, "connection-secrets", config.Serve.Connections); err != nil {
		return granted, err
	}
	for _, use := range []struct {
		option, uri string
		take        func(hook.SecretContent) (problem string)
	}{
		{"manager-tokens", config.Serve.Tokens, granted.takeTokens},
		{"manager-tls", config.Serve.TLS, granted.takeTLS},
		{"source-webhook-secret", config.Serve.Webhook, granted.takeWebhook},
		{"source-credentials", config.Serve.SourceCredentials, granted.takeSourceCredentials},
		{"control-secret", config.Serve.ControlSecret, granted.takeControl},
	} {
		if use.uri == "" {
			continue
		}
		content, problem, err := u.readSecret(ctx, use.option, use.uri)
		if err != nil {
			return granted, err
		}
		if problem == "" {
			problem = use.take(content)
		}
		if problem != "" {
			granted.ServeProblem = problem
		}
	}
	return granted, nil
}

// readNamed reads the secrets of an option by their names; the problem is that of one of them.
func (u *unit) readNamed(ctx context.Context, option string, secrets []NamedSecret) (found map[string]hook.SecretContent, problem string, err error) {
	found = map[string]hook.SecretContent{}
	for _, named := range secrets {
		content, refused, err := u.readSecret(ctx, option, named.URI)
		if err != nil {
			return found, problem, err
		}
		if refused == "" {
			refused = checkKeys(option, content)
		}
		if refused != "" {
			problem = refused
		}
		found[named.Name] = content
	}
	return found, problem, nil
}

// readSecret reads a user secret; the problem is why that is refused.
func (u *unit) readSecret(ctx context.Context, option, uri string) (content hook.SecretContent, problem string, err error) {
	content, err = u.SecretGet(ctx, uri, hook.Latest)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Sprintf("config %s cannot be read: juju grant-secret %.60s %s", option, uri, u.Application()), nil
	}
	return content, "", err
}

// checkKeys wants keys that can be names of files.
func checkKeys(option string, content hook.SecretContent) (problem string) {
	for _, key := range slices.Sorted(maps.Keys(content)) {
		if !fileName.MatchString(key) {
			return fmt.Sprintf("config %s: the secret has the key %.40q: use letters, digits and dashes", option, key)
		}
	}
	return ""
}

func (g *Granted) takeTokens(content hook.SecretContent) (problem string) {
	for _, name := range slices.Sorted(maps.Keys(content)) {
		token, problem := readToken(name, content[name])
		if problem != "" {
			return problem
		}
		g.Tokens = append(g.Tokens, token)
	}
	return ""
}

// readToken reads ROLES:TOKEN. Of the token itself only its digest is kept.
func readToken(name string, value secret.Value) (token settings.Token, problem string) {
	roles, text, is := strings.Cut(value.Reveal(), ":")
	text = strings.TrimSpace(text)
	if !is || text == "" {
		return token, fmt.Sprintf("config manager-tokens: the value of %s is not ROLES:TOKEN, such as viewer,operator:…", name)
	}
	sum := sha256.Sum256([]byte(text))
	token = settings.Token{Name: name, SHA256: hex.EncodeToString(sum[:])}
	for word := range strings.SplitSeq(roles, ",") {
		if problem := addRole(&token, strings.TrimSpace(word)); problem != "" {
			return token, "config manager-tokens: " + problem
		}
	}
	return token, ""
}

// addRole reads a role, or connector=PATTERN, of which there may be several.
func addRole(token *settings.Token, word string) (problem string) {
	word, connectors, scoped := strings.Cut(word, "=")
	role := settings.Role(strings.TrimSpace(word))
	connectors = strings.TrimSpace(connectors)
	isConnector := role == settings.Connector
	switch {
	case !slices.Contains(settings.Roles, role):
		return token.Name + " has a role that is none: there are viewer, operator, approver and connector=PATTERN"
	case isConnector && (connectors == "" || pattern.Check(connectors) != nil):
		return token.Name + " is to say for which connectors it is, such as connector=orders-*"
	case !isConnector && scoped:
		return fmt.Sprintf("%s has the role %s, which is for all connectors", token.Name, role)
	case isConnector:
		token.Connectors = append(token.Connectors, connectors)
	}
	if !slices.Contains(token.Roles, role) {
		token.Roles = append(token.Roles, role)
	}
	return ""
}

func (g *Granted) takeTLS(content hook.SecretContent) (problem string) {
	g.Certificate, g.Key = content["certificate"], content["private-key"]
	if g.Certificate.IsZero() || g.Key.IsZero() {
		return "config manager-tls: the secret wants the keys certificate and private-key"
	}
	return checkKeyPair(g.Certificate, g.Key)
}

func (g *Granted) takeWebhook(content hook.SecretContent) (problem string) {
	if g.Webhook = content["secret"]; g.Webhook.IsZero() {
		return "config source-webhook-secret: the secret wants the key secret"
	}
	return ""
}

func (g *Granted) takeSourceCredentials(content hook.SecretContent) (problem string) {
	g.SourceCredentials = content
	return checkKeys("source-credentials", content)
}

// checkKeyPair wants a certificate and its key.
func checkKeyPair(certificate, key secret.Value) (problem string) {
	if _, err := tls.X509KeyPair([]byte(certificate.Reveal()), []byte(key.Reveal())); err != nil {
		return "config manager-tls: certificate and private-key are no pair in PEM"
	}
	return ""
}
