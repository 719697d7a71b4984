package bench

import (
	"context"
	"crypto/sha1" //nolint:gosec // the cheapest scheme that nginx has, as its best case
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrNoNginx says that the comparison cannot be made here.
var ErrNoNginx = errors.New("nginx is not installed (apt-get install nginx-light)")

// Nginx is a running nginx that checks a password and passes on.
type Nginx struct {
	Address string
	command *exec.Cmd
}

// NginxOptions say what it is in front of and how.
type NginxOptions struct {
	Upstream         string // host and port
	Username         string
	Hash             string // of the password, as in a htpasswd file
	Certificate, Key string // "" is without TLS
}

// StartNginx runs nginx in dir.
func StartNginx(ctx context.Context, dir string, options NginxOptions) (*Nginx, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		return nil, ErrNoNginx
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "htpasswd"), []byte(options.Username+":"+options.Hash+"\n"), 0o644); err != nil {
		return nil, err
	}
	// Its workers have another account where it is started by root.
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(path, 0o755); err != nil {
			return nil, err
		}
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, []byte(options.config(address)), 0o644); err != nil {
		return nil, err
	}
	n := &Nginx{Address: address, command: exec.Command(program, "-p", dir, "-c", config, "-e", filepath.Join(dir, "error.log"))}
	n.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := n.command.Start(); err != nil {
		return nil, err
	}
	if err := reachable(ctx, address); err != nil {
		said, _ := os.ReadFile(filepath.Join(dir, "error.log"))
		return nil, errors.Join(fmt.Errorf("nginx does not start: %w: %s", err, said), n.Stop())
	}
	return n, nil
}

// PID is its first process, whose children do the work.
func (n *Nginx) PID() int { return n.command.Process.Pid }

// Stop ends it.
func (n *Nginx) Stop() error {
	if err := n.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return n.command.Wait()
}

// config is a usual one for a reverse proxy: connections to the upstream are kept, bodies are bounded.
func (o NginxOptions) config(address string) string {
	listen := "listen " + address + ";"
	if o.Certificate != "" {
		listen = "listen " + address + " ssl; ssl_certificate " + o.Certificate + "; ssl_certificate_key " + o.Key +
			"; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:a:1m;"
	}
	return strings.NewReplacer("LISTEN", listen, "UPSTREAM", o.Upstream).Replace(`
daemon off;
worker_processes auto;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  client_max_body_size 1m;
  keepalive_requests 1000000000;
  upstream connect { server UPSTREAM; keepalive 64; keepalive_requests 1000000000; }
  server {
    LISTEN
    auth_basic "kafka-connect";
    auth_basic_user_file htpasswd;
    location / {
      proxy_pass http://connect;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host UPSTREAM;
    }
  }
}
`)
}

// Hash is a way in which a htpasswd file holds a password.
type Hash struct {
	Name string
	make func(ctx context.Context, password string) (string, error)
}

// Hashes are those that are compared: two that are right for passwords that people choose, and the cheapest there is.
var Hashes = []Hash{
	{"bcrypt, cost 10", func(ctx context.Context, password string) (string, error) {
		return program(ctx, password, "htpasswd", "-niBC", "10", "x")
	}},
	{"sha512-crypt, 5000 rounds", func(ctx context.Context, password string) (string, error) {
		return program(ctx, password, "openssl", "passwd", "-6", "-stdin")
	}},
	{"SHA-1, 1 round", func(_ context.Context, password string) (string, error) {
		sum := sha1.Sum([]byte(password)) //nolint:gosec // see above
		return "{SHA}" + base64.StdEncoding.EncodeToString(sum[:]), nil
	}},
}

// Of hashes a password.
func (h Hash) Of(ctx context.Context, password string) (string, error) { return h.make(ctx, password) }

// program has a program hash the password, which it reads from its input.
func program(ctx context.Context, password, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, name, arguments...)
	command.Stdin = strings.NewReader(password + "\n")
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("hash a password with %s: %w", name, err)
	}
	_, hash, named := strings.Cut(strings.TrimSpace(string(out)), "x:")
	if !named {
		hash = strings.TrimSpace(string(out))
	}
	return hash, nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func reachable(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}
