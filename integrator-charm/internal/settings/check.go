package settings

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/pattern"
)

// check finds what is wrong in what could be read.
func (s *Settings) check(document *yaml.Node) []Problem {
	c := &checker{document: document, contexts: s.Names()}
	if _, is := s.Contexts[s.CurrentContext]; !is && s.CurrentContext != "" {
		c.add(path{"current-context"}, "there is no context of this name")
	}
	for _, name := range s.Names() {
		if !contextName.MatchString(name) {
			c.add(path{"contexts", name}, "want letters, digits, dots, dashes and underscores for a context's name")
		}
		c.context(path{"contexts", name}, s.Contexts[name])
	}
	for i, name := range s.Serve.Contexts {
		if _, is := s.Contexts[name]; !is {
			c.add(path{"serve", "contexts", i}, "there is no context of this name")
		}
	}
	c.serve(s.Serve)
	if s.Serve.Control != nil {
		c.control(path{"serve", "control"}, *s.Serve.Control, s)
	}
	return c.problems
}

// contextName keeps names fit for a line of the file, a query and a word on the command line.
var contextName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// path leads to a place in the document: keys of mappings, and indices of sequences.
type path []any

func (p path) to(further ...any) path { return append(slices.Clone(p), further...) }

type checker struct {
	document *yaml.Node
	contexts []string // that there are
	problems []Problem
}

func (c *checker) add(at path, format string, args ...any) {
	node := locateNode(c.document.Content[0], at)
	c.problems = append(c.problems, Problem{Line: node.Line, Column: node.Column, Message: fmt.Sprintf(format, args...)})
}

// locateNode goes as far along the path as there is something.
func locateNode(node *yaml.Node, at path) *yaml.Node {
	if len(at) == 0 {
		return node
	}
	switch step := at[0].(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return locateNode(node.Content[step], at[1:])
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return locateNode(node.Content[i+1], at[1:])
			}
		}
	}
	return node
}

func (c *checker) context(at path, context Context) {
	schemes := map[string]bool{}
	for i, endpoint := range context.Endpoints {
		parsed, err := url.Parse(endpoint)
		switch {
		case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
			c.add(at.to("endpoints", i), "want an address such as http://connect:8083")
			continue
		case parsed.User != nil:
			c.add(at.to("endpoints", i), "leave name and password out of the address: username and password-file are for them")
		}
		schemes[parsed.Scheme] = true
	}
	if len(schemes) > 1 {
		c.add(at.to("endpoints"), "want all of them http, or all https")
	}
	c.workerSecrets(at.to("worker-secrets"), context.WorkerSecrets)
	if context.PasswordFile != "" && context.Username == "" {
		c.add(at.to("password-file"), "whose password? There is no username")
	}
}

func (c *checker) serve(serve Serve) {
	at := path{"serve"}
	if serve.Listen != "" && serve.Listen != NoPort && !isHostPort(serve.Listen) {
		c.add(at.to("listen"), "want host:port, or %s", NoPort)
	}
	if (serve.TLS.CertFile == "") != (serve.TLS.KeyFile == "") {
		c.add(at.to("tls"), "want cert-file and key-file")
	}
	if serve.Interval != 0 && serve.Interval < time.Second {
		c.add(at.to("interval"), "want a second or more, such as 1m")
	}
	if serve.Drift != "" && serve.Drift != Repair && serve.Drift != Report {
		c.add(at.to("drift"), "want %s or %s", Repair, Report)
	}
	names := map[string]bool{}
	for i, token := range serve.Tokens {
		if names[token.Name] {
			c.add(at.to("tokens", i, "name"), "two tokens have this name")
		}
		names[token.Name] = true
		c.token(at.to("tokens", i), token)
		c.scope(at.to("tokens", i), token)
	}
}

func (c *checker) token(at path, token Token) {
	if token.Name == "" {
		c.add(at, "the token has no name: history tells by it who did what")
	}
	if sum, err := hex.DecodeString(token.SHA256); err != nil || len(sum) != 32 {
		c.add(at.to("sha256"), "want the token's SHA-256 in hex: printf %%s TOKEN | sha256sum")
	}
	if len(token.Roles) == 0 {
		c.add(at, "the token has no roles: %s", oneOf(", "))
	}
	for i, role := range token.Roles {
		if !slices.Contains(Roles, role) {
			c.add(at.to("roles", i), "want %s", oneOf(" or "))
		}
	}
}

// oneOf names the roles, with something before the last.
func oneOf(last string) string {
	names := make([]string, len(Roles))
	for i, role := range Roles {
		names[i] = string(role)
	}
	end := len(names) - 1
	return strings.Join(names[:end], ", ") + last + names[end]
}

// scope finds what is wrong with the connectors that a token is for.
func (c *checker) scope(at path, token Token) {
	isConnector := slices.Contains(token.Roles, Connector)
	switch {
	case isConnector && len(token.Connectors) == 0:
		c.add(at, "the token has the role %s: say as connectors for which ones, as patterns", Connector)
	case !isConnector && len(token.Connectors) > 0:
		c.add(at.to("connectors"), "connectors are for the role %s, which this token has not", Connector)
	case !isConnector && len(token.Contexts) > 0:
		c.add(at.to("contexts"), "contexts are for the role %s, which this token has not", Connector)
	}
	for i, wanted := range token.Connectors {
		if err := pattern.Check(wanted); err != nil || wanted == "" {
			c.add(at.to("connectors", i), "want a name, or a pattern such as orders-*")
		}
	}
	for i, name := range token.Contexts {
		if !slices.Contains(c.contexts, name) {
			c.add(at.to("contexts", i), "there is no context of this name")
		}
	}
}

func isHostPort(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number <= 65535
}
