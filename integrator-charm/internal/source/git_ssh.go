package source

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// gitSSH is a remote over SSH. Its host is the one that is expected, or nothing is read: there is no way to not verify.
type gitSSH struct {
	user, address, path string
	key                 credential
	passphrase          credential
	agent               string // the socket of one, when there is no key
	knownHosts          string
	options             Options
}

func parseGitSSH(address *url.URL, options Options) (settings, remote, *Error) {
	set, err := readSettings(address.RawQuery, "ref", "key-file", "passphrase-file", "known-hosts-file")
	if err != nil {
		return nil, nil, err
	}
	if address.Hostname() == "" {
		return nil, nil, failed(BadAddress, "the address names no host")
	}
	if _, has := address.User.Password(); has {
		return nil, nil, failed(BadAddress, "SSH takes a key here, not a password; set SOURCE_GIT_SSH_KEY_FILE or key-file")
	}
	home, _ := options.Env("HOME")
	known, _ := options.Env("SOURCE_GIT_KNOWN_HOSTS_FILE")
	socket, _ := options.Env("SSH_AUTH_SOCK")
	return set, &gitSSH{
		user:       cmp.Or(address.User.Username(), "git"),
		address:    net.JoinHostPort(address.Hostname(), cmp.Or(address.Port(), "22")),
		path:       repositoryPath(address),
		key:        options.credential(set["key-file"], "SOURCE_GIT_SSH_KEY"),
		passphrase: options.credential(set["passphrase-file"], "SOURCE_GIT_SSH_PASSPHRASE"),
		agent:      socket,
		knownHosts: cmp.Or(set["known-hosts-file"], known, filepath.Join(home, ".ssh", "known_hosts")),
		options:    options,
	}, nil
}

// repositoryPath is what the server is asked for; /~/ is the home of the user there, as git has it.
func repositoryPath(address *url.URL) string {
	if strings.HasPrefix(address.Path, "/~") {
		return strings.TrimPrefix(address.Path, "/")
	}
	return address.Path
}

func (g *gitSSH) converse(ctx context.Context) (conversation, error) {
	who, closeAgent, err := g.authentication(ctx)
	if err != nil {
		return nil, err
	}
	defer closeAgent()
	expected, err := g.host()
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: g.options.Limits.Connect}
	connection, err := dialer.DialContext(ctx, "tcp", g.address)
	if err != nil {
		return nil, networkError(err)
	}
	// Package ssh knows no contexts: its connection ends with ours.
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	talk, err := g.start(connection, &ssh.ClientConfig{
		User: g.user, Auth: []ssh.AuthMethod{who}, HostKeyCallback: expected.check, HostKeyAlgorithms: expected.algorithms,
	})
	if err != nil {
		stop()
		_ = connection.Close()
		return nil, g.refusal(err)
	}
	talk.stop = stop
	return talk, nil
}

func (g *gitSSH) start(connection net.Conn, config *ssh.ClientConfig) (*sshTalk, error) {
	channel, channels, requests, err := ssh.NewClientConn(connection, g.address, config)
	if err != nil {
		return nil, err
	}
	talk := &sshTalk{client: ssh.NewClient(channel, channels, requests)}
	session, err := talk.client.NewSession()
	if err != nil {
		return nil, err
	}
	if talk.in, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	talk.out = io.NopCloser(bufio.NewReader(out))
	return talk, session.Start("git-upload-pack " + quoted(g.path))
}

// quoted is a text as one word of a shell's.
func quoted(text string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(text) + "'"
}

func (g *gitSSH) refusal(err error) error {
	var other *knownhosts.KeyError
	switch {
	case errors.As(err, &other) && len(other.Want) > 0:
		return failed(Refused, "the host's key is not the one in %s: another machine answers, or the key was changed; find out which", g.knownHosts)
	case errors.As(err, &other):
		return failed(BadSettings, "the host is not in %s; add its key, as its owner publishes it", g.knownHosts)
	case strings.Contains(err.Error(), "unable to authenticate"):
		return failed(Refused, "the server does not accept the SSH key for user %s", g.user)
	default:
		return networkError(err)
	}
}

// sshTalk is a conversation in one session.
type sshTalk struct {
	client *ssh.Client
	in     io.WriteCloser
	out    io.ReadCloser
	stop   func() bool
}

func (t *sshTalk) refs() (*packp.AdvRefs, error) {
	refs := packp.NewAdvRefs()
	err := refs.Decode(io.LimitReader(t.out, maxRefs))
	if errors.Is(err, packp.ErrEmptyInput) {
		return nil, failed(Gone, "the server has no such repository, or the key may not read it")
	}
	return refs, err
}

func (t *sshTalk) request(asked *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	if err := encode(t.in, asked); err != nil {
		return nil, err
	}
	return decode(t.out, asked)
}

// close says goodbye, so that the server's log has no broken connection.
func (t *sshTalk) close() {
	_ = pktline.NewEncoder(t.in).Flush()
	_ = t.client.Close()
	t.stop()
}
