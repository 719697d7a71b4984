package connection

import (
	"regexp"
	"slices"
	"strings"
)

// checkCredentials finds what is wrong with credentials for a system that takes those of some types.
func (f *findings) checkCredentials(at string, c *Credentials, taken ...CredentialsType) {
	if c == nil {
		return
	}
	if !slices.Contains(taken, c.Type) {
		var names []string
		for _, each := range taken {
			names = append(names, string(each))
		}
		f.add(under(at, "type"), "must be one of "+strings.Join(names, ", "))
		return
	}
	rule := ruleFor(*c)
	for _, field := range credentialFields(*c) {
		at := under(at, field.name)
		switch isWanted := slices.Contains(rule.needs, field.name); {
		case isWanted && !field.isSet && field.isSecret:
			f.add(at, "is not there: "+wantReference)
		case isWanted && !field.isSet:
			f.add(at, "is not there")
		case !isWanted && field.isSet && !slices.Contains(rule.takes, field.name):
			f.add(at, "is not for "+rule.what)
		case field.reference != nil:
			f.checkReference(at, *field.reference)
		default:
			f.checkText(at, field.text)
		}
	}
	if c.TokenURL != "" {
		f.checkSecretly(under(at, "token_url"), c.TokenURL)
	}
	f.checkExtensions(under(at, "extensions"), c.Extensions)
}

// credentialsRule is which fields credentials of a kind have.
type credentialsRule struct {
	what         string
	needs, takes []string
}

func ruleFor(c Credentials) credentialsRule {
	what := "credentials of the type " + string(c.Type)
	switch {
	case c.Type == APIKey:
		return credentialsRule{what: what, needs: []string{"api_key", "api_secret"}}
	case c.Type != OAuthBearer:
		return credentialsRule{what: what, needs: []string{"username", "password"}}
	case c.Token != nil:
		return credentialsRule{what: "credentials with a token", needs: []string{"token"}, takes: []string{"extensions"}}
	}
	return credentialsRule{
		what: what, needs: []string{"client_id", "client_secret", "token_url"}, takes: []string{"scope", "extensions"},
	}
}

type credentialField struct {
	name      string
	text      string
	reference *Reference
	isSecret  bool
	isSet     bool
}

func credentialFields(c Credentials) []credentialField {
	text := func(name, text string) credentialField {
		return credentialField{name: name, text: text, isSet: text != ""}
	}
	secret := func(name string, of *Reference) credentialField {
		return credentialField{name: name, reference: of, isSecret: true, isSet: of != nil}
	}
	return []credentialField{
		text("username", c.Username), secret("password", c.Password), text("api_key", c.APIKey), secret("api_secret", c.APISecret),
		secret("token", c.Token), text("client_id", c.ClientID), secret("client_secret", c.ClientSecret), text("token_url", c.TokenURL),
		text("scope", c.Scope),
		{name: "extensions", isSet: c.Extensions != nil},
	}
}

// Extensions are letters and what can be printed (RFC 7628, 3.1); auth is the token itself.
var (
	extensionName  = regexp.MustCompile(`^[A-Za-z]{1,64}$`)
	extensionValue = regexp.MustCompile(`^[ -~\t]*$`)
)

func (f *findings) checkExtensions(field string, extensions map[string]string) {
	for name, value := range extensions {
		if name == "auth" || !extensionName.MatchString(name) || !extensionValue.MatchString(value) || len(value) > longestText {
			f.add(field, "must be named with letters, other than auth, and have printable texts")
		}
	}
}

// checkNoExtensions: they are Kafka's alone.
func (f *findings) checkNoExtensions(at string, c Credentials) {
	if c.Extensions != nil {
		f.add(under(at, "extensions"), "is for kafka_cluster")
	}
}
