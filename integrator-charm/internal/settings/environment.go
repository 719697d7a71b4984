package settings

import "strings"

// variable is one environment variable and the field of a context that it is for.
type variable struct {
	name string
	set  func(c *Context, value string)
}

// variables win over what the file says of the current context. Those of a list are separated by commas.
var variables = []variable{
	{"CONNECT_ENDPOINTS", func(c *Context, value string) { c.Endpoints = list(value) }},
	{"CONNECT_USERNAME", func(c *Context, value string) { c.Username = value }},
	{"CONNECT_PASSWORD_FILE", func(c *Context, value string) { c.PasswordFile = value }},
	{"CONNECT_CA_FILE", func(c *Context, value string) { c.CAFile = value }},
	{"CONNECT_NAME_SUFFIX", func(c *Context, value string) { c.NameSuffix = value }},
	{"CONNECT_STATE", func(c *Context, value string) { c.State = value }},
	{"CONNECT_ENVIRONMENT", func(c *Context, value string) { c.Environment = value }},
	{"CONNECT_SECRETS_DIR", func(c *Context, value string) { c.SecretsDir = value }},
	{"CONNECT_SERVER", func(c *Context, value string) { c.Server = value }},
	{"CONNECT_TOKEN_FILE", func(c *Context, value string) { c.TokenFile = value }},
	{"CONNECT_SERVER_CA_FILE", func(c *Context, value string) { c.ServerCAFile = value }},
}

// override sets what the environment says. An empty variable says nothing.
func (c *Context) override(environ Environ) {
	for _, variable := range variables {
		if value, _ := environ(variable.name); value != "" {
			variable.set(c, value)
		}
	}
}

func (s *Settings) overrideServe() {
	for name, field := range map[string]*string{
		"CONNECT_MANAGER_LISTEN": &s.Serve.Listen,
		"CONNECT_MANAGER_SOCKET": &s.Serve.Socket,
		"CONNECT_MANAGER_DATA":   &s.Serve.Data,
	} {
		if value, _ := s.environ(name); value != "" {
			*field = value
		}
	}
}

func list(value string) (all []string) {
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// isPath says whether a text is a path of this machine, and no URL.
func isPath(text string) bool { return !strings.Contains(text, "://") }
