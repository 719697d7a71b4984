package schemas

import (
	"errors"
	"regexp"
)

// SecretURI names a Juju secret. Juju writes it as secret:ID, or with the UUID
// of the owning model as secret://MODEL-UUID/ID; only the latter can be read
// from another model. The zero value names no secret.
type SecretURI struct {
	ModelUUID string // empty in the short form
	ID        string // 20 characters, 0-9 and a-v
}

var secretURIForm = regexp.MustCompile(`^secret:(?://([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/)?([0-9a-v]{20})$`)

// ParseSecretURI reads either form. The error does not repeat the text: what is
// not a URI may be the secret.
func ParseSecretURI(text string) (SecretURI, error) {
	parts := secretURIForm.FindStringSubmatch(text)
	if parts == nil {
		return SecretURI{}, errors.New("reading a secret URI: want secret:ID or secret://MODEL-UUID/ID")
	}
	return SecretURI{ModelUUID: parts[1], ID: parts[2]}, nil
}

// String is the form the URI was read in; empty for the zero value.
func (u SecretURI) String() string {
	switch {
	case u.ID == "":
		return ""
	case u.ModelUUID == "":
		return "secret:" + u.ID
	}
	return "secret://" + u.ModelUUID + "/" + u.ID
}

// Full is the long form, fit for publishing across models. A URI in the short
// form takes modelUUID, the model of whoever owns the secret.
func (u SecretURI) Full(modelUUID string) string {
	if u.ModelUUID == "" {
		u.ModelUUID = modelUUID
	}
	return u.String()
}

// IsZero tells whether the URI names no secret.
func (u SecretURI) IsZero() bool { return u == SecretURI{} }
