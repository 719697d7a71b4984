package source

import (
	"context"
	"errors"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// authentication is with the key that is set, else with those of the person's agent.
func (g *gitSSH) authentication(ctx context.Context) (method ssh.AuthMethod, done func(), err error) {
	if g.key.isZero() {
		return g.throughAgent(ctx)
	}
	key, err := g.key.read()
	if err != nil {
		return nil, nil, err
	}
	passphrase, err := g.passphrase.line()
	if err != nil {
		return nil, nil, err
	}
	signer, err := ssh.ParsePrivateKey([]byte(key.Reveal()))
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && !passphrase.IsZero() {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(key.Reveal()), []byte(passphrase.Reveal()))
	}
	switch {
	case errors.As(err, &locked):
		return nil, nil, failed(BadSettings, "the SSH key (%s) has a passphrase; set SOURCE_GIT_SSH_PASSPHRASE_FILE or passphrase-file", g.key.what)
	case err != nil:
		return nil, nil, failed(BadSettings, "the SSH key (%s) cannot be read: it is no private key, or the passphrase is another", g.key.what)
	}
	return ssh.PublicKeys(signer), func() {}, nil
}

func (g *gitSSH) throughAgent(ctx context.Context) (method ssh.AuthMethod, done func(), err error) {
	if g.agent == "" {
		return nil, nil, failed(BadSettings, "SSH takes a key; set SOURCE_GIT_SSH_KEY_FILE or key-file, or start an agent")
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "unix", g.agent)
	if err != nil {
		return nil, nil, failed(BadSettings, "no SSH agent answers at SSH_AUTH_SOCK; start one, or set SOURCE_GIT_SSH_KEY_FILE")
	}
	return ssh.PublicKeysCallback(agent.NewClient(connection).Signers), func() { _ = connection.Close() }, nil
}

// expectedHost is by what the server is known.
type expectedHost struct {
	check      ssh.HostKeyCallback
	algorithms []string // of the keys that are known: a server has several
}

func (g *gitSSH) host() (expectedHost, error) {
	check, err := knownhosts.New(g.knownHosts)
	if err != nil && os.IsNotExist(err) {
		return expectedHost{}, failed(BadSettings,
			"there is no file of known hosts (%s); make one with ssh-keyscan, compare its keys, and set SOURCE_GIT_KNOWN_HOSTS_FILE", g.knownHosts)
	}
	if err != nil {
		return expectedHost{}, failed(BadSettings, "the file of known hosts (%s) cannot be read", g.knownHosts)
	}
	return expectedHost{check: check, algorithms: algorithms(check, g.address)}, nil
}

// algorithms asks for a host with a key that nobody has, and learns which ones are known.
func algorithms(check ssh.HostKeyCallback, address string) []string {
	var known *knownhosts.KeyError
	if !errors.As(check(address, &net.TCPAddr{IP: net.IPv4zero}, nobodysKey{}), &known) {
		return nil
	}
	var found []string
	for _, key := range known.Want {
		if key.Key.Type() == ssh.KeyAlgoRSA {
			found = append(found, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
			continue
		}
		found = append(found, key.Key.Type())
	}
	return found
}

type nobodysKey struct{ ssh.PublicKey }

func (nobodysKey) Type() string    { return "nobody" }
func (nobodysKey) Marshal() []byte { return []byte("nobody") }
