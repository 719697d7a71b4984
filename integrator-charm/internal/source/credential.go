package source

import (
	"crypto/x509"
	"net/url"
	"os"
	"strings"

	"connectcharms/requirer-lib/secret"
)

// credential is where a secret is. It is read each time it is used: one that was replaced counts at once.
type credential struct {
	what string // as people know it: the setting or variable that names it
	file string
	text secret.Value
}

// credential finds a secret: in the file that the address names, else in the variable, else in the file that the variable with _FILE names.
func (o Options) credential(file, variable string) credential {
	if file != "" {
		return credential{what: "file " + file, file: file}
	}
	if text, _ := o.Env(variable); text != "" {
		return credential{what: variable, text: secret.New(text)}
	}
	if file, _ := o.Env(variable + "_FILE"); file != "" {
		return credential{what: variable + "_FILE", file: file}
	}
	return credential{}
}

func (c credential) isZero() bool { return c == credential{} }

// maxCredential is what an SSH key or a chain of certificates stays far below.
const maxCredential = 1 << 20

// read gives the secret, whole.
func (c credential) read() (secret.Value, error) {
	if c.file == "" {
		return c.text, nil
	}
	info, err := os.Stat(c.file)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxCredential) {
		return secret.Value{}, failed(BadSettings, "%s (%s) is no file of less than 1 MiB", c.what, c.file)
	}
	data, err := os.ReadFile(c.file)
	if err != nil {
		return secret.Value{}, failed(BadSettings, "%s (%s) cannot be read: %v", c.what, c.file, cause(err))
	}
	return secret.New(string(data)), nil
}

// line gives a secret of one line: a password or a token. The end of the line does not belong to it.
func (c credential) line() (secret.Value, error) {
	whole, err := c.read()
	if err != nil || c.isZero() {
		return secret.Value{}, err
	}
	text := strings.TrimRight(whole.Reveal(), "\r\n")
	if text == "" || strings.ContainsAny(text, "\r\n\x00") {
		return secret.Value{}, failed(BadSettings, "%s has no text of one line in it", c.what)
	}
	return secret.New(text), nil
}

// trusted reads the CA certificates that servers are verified by: those in the file that the address names, else in that which
// SOURCE_CA_FILE names; nil for the system's.
func (o Options) trusted(file string) (*x509.CertPool, error) {
	if named, _ := o.Env("SOURCE_CA_FILE"); file == "" {
		file = named
	}
	if file == "" {
		return nil, nil
	}
	chain, err := credential{what: "the CA", file: file}.read()
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(chain.Reveal())) {
		return nil, failed(BadSettings, "the CA (%s) has no certificate in it; it is to be PEM", file)
	}
	return pool, nil
}

// account is who asks: a name with a password, or a token alone.
type account struct {
	user     string
	password credential
	token    credential
}

// basicPassword is what goes with the name in HTTP's basic authentication, where a token does as a password.
func (a account) basicPassword() (secret.Value, error) {
	if a.password.isZero() {
		return a.token.line()
	}
	return a.password.line()
}

// inAddress is a password that stands in a URL.
func inAddress(user *url.Userinfo) credential {
	password, there := user.Password()
	if !there {
		return credential{}
	}
	return credential{what: "the password in the address", text: secret.New(password)}
}
