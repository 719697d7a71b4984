package source

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// gitSSHKind is git's own git-upload-pack, behind the SSH server that package ssh has.
func gitSSHKind(t *testing.T) func(t *testing.T) *stand {
	program(t)
	return func(t *testing.T) *stand {
		repository, dir := newRepository(t), t.TempDir()
		allowed, host, impostor := newKey(t, dir, "allowed", ""), newKey(t, dir, "host", ""), newKey(t, dir, "impostor", "")
		newKey(t, dir, "other", "")
		server := newSSHServer(t, host, allowed.PublicKey())
		wire, address := newWire(t, "ssh://"+server)
		at := strings.TrimPrefix(address, "ssh://")
		env := map[string]string{
			"SOURCE_GIT_SSH_KEY_FILE":     filepath.Join(dir, "allowed"),
			"SOURCE_GIT_KNOWN_HOSTS_FILE": knownHosts(t, dir, "known", at, host.PublicKey()),
		}
		return &stand{
			address: "git+" + strings.Replace(address, "ssh://", "ssh://git@", 1) + repository.dir + "//deploy/state.yaml?ref=main",
			env:     env, wire: wire, put: repository.put, remove: repository.remove,
			strangers: map[string]stranger{
				"no key":          {env: without(env, "SOURCE_GIT_SSH_KEY_FILE")},
				"another key":     {env: with(env, "SOURCE_GIT_SSH_KEY_FILE", filepath.Join(dir, "other"))},
				"an unknown host": {env: with(env, "SOURCE_GIT_KNOWN_HOSTS_FILE", knownHosts(t, dir, "none", "elsewhere:22", host.PublicKey()))},
				"another host":    {env: with(env, "SOURCE_GIT_KNOWN_HOSTS_FILE", knownHosts(t, dir, "wrong", at, impostor.PublicKey()))},
				"no known hosts":  {env: with(env, "SOURCE_GIT_KNOWN_HOSTS_FILE", filepath.Join(dir, "missing"))},
			},
		}
	}
}

// newKey makes a key, and writes it to a file as ssh-keygen does.
func newKey(t *testing.T, dir, name, passphrase string) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	block, err := ssh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	return signer
}

func knownHosts(t *testing.T, dir, name, address string, key ssh.PublicKey) string {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(file, []byte(knownhosts.Line([]string{address}, key)+"\n"), 0o600))
	return file
}

type sshServer struct {
	config  *ssh.ServerConfig
	running sync.WaitGroup
}

// newSSHServer serves git-upload-pack to who has a key, and gives its address.
func newSSHServer(t *testing.T, host ssh.Signer, allowed ssh.PublicKey) string {
	t.Helper()
	s := &sshServer{config: &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(allowed.Marshal()) {
			return nil, errors.New("nobody knows this key")
		}
		return &ssh.Permissions{}, nil
	}}}
	s.config.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.running.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() { s.serve(connection) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		s.running.Wait()
	})
	return listener.Addr().String()
}

func (s *sshServer) serve(connection net.Conn) {
	defer connection.Close()
	_, channels, requests, err := ssh.NewServerConn(connection, s.config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { run(channel, requests) })
	}
}

func run(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for request := range requests {
		var asked struct{ Command string }
		if request.Type != "exec" || ssh.Unmarshal(request.Payload, &asked) != nil || !strings.HasPrefix(asked.Command, "git-upload-pack ") {
			_ = request.Reply(false, nil)
			continue
		}
		_ = request.Reply(true, nil)
		command := exec.Command("sh", "-c", asked.Command)
		command.Stdout, command.Stderr = channel, channel.Stderr()
		input, err := command.StdinPipe()
		if err != nil {
			return
		}
		go func() { // the program ends whether or not the client does
			_, _ = io.Copy(input, channel)
			_ = input.Close()
		}()
		status := byte(0)
		if command.Run() != nil {
			status = 1
		}
		_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, status})
		return
	}
}

func TestAKeyWithAPassphraseTakesThePassphrase(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.put(t, first)
	dir := t.TempDir()
	key, host := newKey(t, dir, "key", "hunter2"), newKey(t, dir, "host", "")
	server := newSSHServer(t, host, key.PublicKey())
	s := &stand{address: "git+ssh://" + server + r.dir + "//deploy/state.yaml", secrets: []string{"hunter"}, env: map[string]string{
		"SOURCE_GIT_SSH_KEY_FILE":     filepath.Join(dir, "key"),
		"SOURCE_GIT_KNOWN_HOSTS_FILE": knownHosts(t, dir, "known", server, host.PublicKey()),
	}}
	_, err := s.fetch(t, "")
	s.failsFor(t, err, BadSettings)
	require.ErrorContains(t, err, "set SOURCE_GIT_SSH_PASSPHRASE_FILE")
	s.env = with(s.env, "SOURCE_GIT_SSH_PASSPHRASE", "hunter3")
	_, err = s.fetch(t, "")
	s.failsFor(t, err, BadSettings)
	s.env = with(s.env, "SOURCE_GIT_SSH_PASSPHRASE", "hunter2")
	_, err = s.fetch(t, "")
	require.NoError(t, err)
}

func TestAnAgentsKeysAreTaken(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.put(t, first)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	held := agent.NewKeyring()
	require.NoError(t, held.Add(agent.AddedKey{PrivateKey: private}))
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(held, connection) }()
		}
	}()
	dir := t.TempDir()
	host := newKey(t, dir, "host", "")
	allowed, err := ssh.NewPublicKey(public)
	require.NoError(t, err)
	server := newSSHServer(t, host, allowed)
	s := &stand{address: "git+ssh://" + server + r.dir + "//deploy/state.yaml", env: map[string]string{
		"SSH_AUTH_SOCK": socket, "SOURCE_GIT_KNOWN_HOSTS_FILE": knownHosts(t, dir, "known", server, host.PublicKey()),
	}}
	_, err = s.fetch(t, "")
	require.NoError(t, err)
}
