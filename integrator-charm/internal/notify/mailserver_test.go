package notify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	random "math/rand/v2"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mailServer is a real one, Exim, that wants TLS and a password, and keeps what it takes in files.
type mailServer struct {
	dir           string
	ip            net.IP
	starttls, tls string // host:port
	caFile        string
}

const (
	mailUser     = "manager"
	mailPassword = "hunter2 with spaces"
	starttlsPort = "2525"
	tlsPort      = "4650"
)

// nobody is whom Exim runs as where the tests are root's: then it needs nothing of the machine.
const nobody = 65534

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	program, err := exec.LookPath("exim4")
	if err != nil {
		t.Skip("exim4 is not installed (apt-get install exim4-daemon-light)")
	}
	dir, err := os.MkdirTemp("", "exim")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	s := &mailServer{dir: dir, ip: ownAddress(), caFile: filepath.Join(dir, "cert.pem")}
	s.starttls, s.tls = net.JoinHostPort(s.ip.String(), starttlsPort), net.JoinHostPort(s.ip.String(), tlsPort)
	s.write(t, program)
	daemon := exec.CommandContext(t.Context(), program, "-C", filepath.Join(dir, "exim.conf"), "-bdf", "-q1m")
	daemon.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		daemon.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{nobody}}
		require.NoError(t, exec.CommandContext(t.Context(), "chown", "-R", fmt.Sprint(nobody, ":", nobody), dir).Run())
	}
	daemon.Cancel = func() error { return syscall.Kill(-daemon.Process.Pid, syscall.SIGKILL) }
	daemon.Stderr = os.Stderr
	require.NoError(t, daemon.Start())
	t.Cleanup(func() { _ = daemon.Cancel(); _ = daemon.Wait() })
	for _, address := range []string{s.starttls, s.tls} {
		require.Eventually(t, func() bool {
			connection, err := net.Dial("tcp", address)
			return err == nil && connection.Close() == nil
		}, patience, 10*time.Millisecond)
	}
	return s
}

// account is what Exim runs as.
func account() (uid, gid int) {
	if os.Geteuid() == 0 {
		return nobody, nobody
	}
	return os.Geteuid(), os.Getegid()
}

// ownAddress is one on loopback that no other test listens on, and no connection leaves from.
func ownAddress() net.IP {
	return net.IPv4(127, byte(128+random.IntN(127)), byte(random.IntN(256)), byte(1+random.IntN(254)))
}

func (s *mailServer) write(t *testing.T, program string) {
	t.Helper()
	require.NoError(t, os.Chmod(s.dir, 0o755))
	for _, dir := range []string{"spool", "log", "mail"} {
		require.NoError(t, os.Mkdir(filepath.Join(s.dir, dir), 0o755))
	}
	certificate, key := selfSigned(t, s.ip)
	uid, gid := account()
	config := strings.NewReplacer("DIR", s.dir, "PROGRAM", program, "ADDRESS", s.ip.String(), "STARTTLS", starttlsPort, "TLSPORT", tlsPort,
		"USER", mailUser, "PASSWORD", mailPassword, "UID", fmt.Sprint(uid), "GID", fmt.Sprint(gid)).Replace(eximConfig)
	for name, text := range map[string]string{"cert.pem": certificate, "key.pem": key, "exim.conf": config} {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644))
	}
}

// eximConfig takes mail for one domain from whoever has logged in, over TLS. For gone@ it says never, for later@ not now.
const eximConfig = `
exim_path = PROGRAM
exim_user = UID
exim_group = GID
admin_groups = GID
primary_hostname = mail.example.org
spool_directory = DIR/spool
log_file_path = DIR/log/%s
pid_file_path = DIR/exim.pid
local_interfaces = ADDRESS
daemon_smtp_ports = STARTTLS : TLSPORT
tls_on_connect_ports = TLSPORT
tls_advertise_hosts = *
tls_certificate = DIR/cert.pem
tls_privatekey = DIR/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
deliver_drop_privilege = true
keep_environment =
smtp_banner = here
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  require authenticated = *
  deny local_parts = gone
    message = nobody of this name
  defer local_parts = later
  accept domains = example.org
begin routers
all:
  driver = accept
  transport = files
begin transports
files:
  driver = appendfile
  maildir_format
  directory = DIR/mail
  create_directory
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{USER}}{eq{$auth3}{PASSWORD}}}}
  server_set_id = $auth2
`

func selfSigned(t *testing.T, ip net.IP) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, IPAddresses: []net.IP{ip},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

// config is the notifier's, with this server.
func (s *mailServer) config(t *testing.T, address, tls, password string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte(password+"\n"), 0o600))
	return quick + "smtp: {address: " + strconv.Quote(address) + ", tls: " + tls + ", from: \"Connect Manager <manager@example.org>\", username: " + mailUser +
		", password-file: " + file + ", ca-file: " + s.caFile + "}\n"
}

// await gives the letters that were delivered, as many as asked for.
func (s *mailServer) await(t *testing.T, count int) (letters []*mail.Message) {
	t.Helper()
	var files []string
	require.Eventually(t, func() bool {
		files, _ = filepath.Glob(filepath.Join(s.dir, "mail", "new", "*"))
		return len(files) >= count
	}, patience, 10*time.Millisecond)
	require.Len(t, files, count)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		letter, err := mail.ReadMessage(strings.NewReader(string(text)))
		require.NoError(t, err)
		letters = append(letters, letter)
	}
	return letters
}
