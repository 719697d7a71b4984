package probe

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// Secrets is where the references of a spec lead.
type Secrets = state.Secrets

// vault takes the secrets that a probe needs, and keeps in mind what its errors must not show: servers repeat what they
// are sent.
type vault struct {
	from Secrets
	hide []string
}

// take follows a reference. Its failure names the reference, which is no secret.
func (v *vault) take(what string, reference *connection.Reference) (secret.Value, *failure) {
	if reference == nil {
		return secret.Value{}, &failure{phase: connection.PhaseSecrets, text: what + " is not given"}
	}
	value, err := v.follow(*reference)
	if err != nil {
		return value, &failure{phase: connection.PhaseSecrets, text: fmt.Sprintf("%s: %s cannot be read: %v", what, reference, err)}
	}
	v.hides(value.Reveal())
	return value, nil
}

func (v *vault) follow(reference connection.Reference) (secret.Value, error) {
	if v.from == nil {
		return secret.Value{}, errors.New("there are no secrets here")
	}
	if reference.Env == "" {
		return v.from.Secret(reference.Secret, reference.Key)
	}
	value, is := v.from.Env(reference.Env)
	if !is {
		return value, fs.ErrNotExist
	}
	return value, nil
}

// login is a name and a password, by whichever name the credentials have them.
func (v *vault) login(credentials connection.Credentials) (username, password string, failed *failure) {
	if credentials.Type == connection.APIKey {
		secret, failed := v.take("the API key's secret", credentials.APISecret)
		return credentials.APIKey, secret.Reveal(), failed
	}
	value, failed := v.take("the password", credentials.Password)
	return credentials.Username, value.Reveal(), failed
}

// hides takes texts that no error may show.
func (v *vault) hides(texts ...string) { v.hide = append(v.hide, texts...) }

// longestText is how long an error may be, in characters.
const longestText = 300

// tidy makes a text fit to be told: no secrets, one line, printable, not too long.
func (v *vault) tidy(text string) string {
	text = connect.RedactTexts(text, v.hide...)
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(text); len(runes) > longestText {
		return string(runes[:longestText-1]) + "…"
	}
	return text
}
