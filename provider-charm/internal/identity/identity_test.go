package identity_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/identity"
	"connectcharms/requirer-lib/secret"
)

func generate(t *testing.T) identity.Identity {
	t.Helper()
	made, err := identity.Generate("kafka-connect", time.Now())
	require.NoError(t, err)
	return made
}

func write(t *testing.T, made identity.Identity) identity.Files {
	t.Helper()
	files := identity.Files(t.TempDir())
	require.NoError(t, files.Write(made))
	return files
}

func TestIdentitySurvivesItsSecretAndItsFiles(t *testing.T) {
	t.Parallel()
	made := generate(t)

	decoded, err := identity.Decode(made.Encode())
	require.NoError(t, err)
	assert.Equal(t, made.Fingerprint(), decoded.Fingerprint())
	assert.Equal(t, made.StorePassword(), decoded.StorePassword(), "units that read the same secret use the same stores")

	read, err := write(t, made).Read()
	require.NoError(t, err)
	assert.Equal(t, made.Fingerprint(), read.Fingerprint())
	assert.NotEqual(t, made.Fingerprint(), generate(t).Fingerprint())
}

func TestDirectoryWithoutIdentitySaysSo(t *testing.T) {
	t.Parallel()
	_, err := identity.Files(t.TempDir()).Read()
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func TestInterruptedWriteLeavesNoIdentity(t *testing.T) {
	t.Parallel()
	files := write(t, generate(t))
	require.NoError(t, os.Remove(files.PrivateKey()))
	require.NoError(t, os.Mkdir(files.PrivateKey(), 0o700)) // so that it cannot be written

	require.Error(t, files.Write(generate(t)))
	_, err := files.Read()
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func TestNobodyElseReadsTheFiles(t *testing.T) {
	t.Parallel()
	files := write(t, generate(t))
	for _, path := range []string{files.Certificate(), files.PrivateKey(), files.KeyStore(), files.TrustStore()} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o640), info.Mode(), filepath.Base(path))
	}
}

func TestIdentityOutlastsTheApplication(t *testing.T) {
	t.Parallel()
	leaf := generate(t).TLS().Leaf
	assert.WithinRange(t, time.Now().Add(-12*time.Hour), leaf.NotBefore, time.Now(), "clocks of units differ")
	assert.Greater(t, leaf.NotAfter.Year(), time.Now().Year()+90)
}

func TestWrongSecretIsRefusedByName(t *testing.T) {
	t.Parallel()
	good, other := generate(t).Encode(), generate(t).Encode()
	certificate, key := good["certificate"].Reveal(), good["private-key"].Reveal()
	for name, test := range map[string]struct{ certificate, key, says string }{
		"no certificate":    {"", key, "identity: certificate: is not PEM"},
		"no key":            {certificate, "", "identity: private-key: is not PEM"},
		"key of another":    {certificate, other["private-key"].Reveal(), "identity: the private-key does not belong to the certificate"},
		"swapped":           {key, certificate, "identity: certificate: is not a PEM block of type CERTIFICATE"},
		"two certificates":  {certificate + certificate, key, "identity: certificate: goes on behind its PEM block"},
		"broken key":        {certificate, block("PRIVATE KEY", "no key"), "identity: private-key: not a PKCS8 key"},
		"broken":            {block("CERTIFICATE", "no certificate"), key, "identity: certificate: x509"},
		"huge":              {strings.Repeat(certificate, 100), key, "more than 16384"},
		"key of other kind": {certificate, ed25519Key, "identity: private-key: not an EC key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := identity.Decode(map[string]secret.Value{"certificate": secret.New(test.certificate), "private-key": secret.New(test.key)})
			require.ErrorContains(t, err, test.says)
			if test.key != "" {
				assert.NotContains(t, err.Error(), strings.Split(test.key, "\n")[1])
			}
		})
	}
}

// ed25519Key is of the example in RFC 8410.
const ed25519Key = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`

func block(kind, content string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(content)}))
}

func TestPrivateKeyAndPasswordDoNotPrintThemselves(t *testing.T) {
	t.Parallel()
	made := generate(t)
	key := strings.Split(made.Encode()["private-key"].Reveal(), "\n")[1]
	for _, verb := range []string{"%v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(verb, made.Encode()), key)
		assert.NotContains(t, fmt.Sprintf(verb, made.StorePassword()), made.StorePassword().Reveal())
	}
}

// TestJavaReadsTheStores asks Java's own keytool, as the worker's JVM reads them.
func TestJavaReadsTheStores(t *testing.T) {
	t.Parallel()
	keytool, err := exec.LookPath("keytool")
	if err != nil {
		t.Skip("no keytool on PATH: it comes with any Java runtime")
	}
	made := generate(t)
	files := write(t, made)
	fingerprint := javaForm(made.Fingerprint())
	for path, entry := range map[string]string{files.KeyStore(): "PrivateKeyEntry", files.TrustStore(): "trustedCertEntry"} {
		list := exec.CommandContext(t.Context(), keytool, "-list", "-storetype", "PKCS12", "-keystore", path, "-storepass:env", "STORE_PASSWORD")
		list.Env = append(os.Environ(), "STORE_PASSWORD="+made.StorePassword().Reveal(), "LC_ALL=C")
		out, err := list.CombinedOutput()
		require.NoError(t, err, string(out))
		assert.Contains(t, string(out), "contains 1 entry")
		assert.Contains(t, string(out), entry)
		assert.Contains(t, string(out), fingerprint)

		list.Env = append(list.Env, "STORE_PASSWORD=another")
		again := exec.CommandContext(t.Context(), keytool, list.Args[1:]...)
		again.Env = list.Env
		assert.Error(t, again.Run(), "the store is locked")
	}
}

// javaForm writes a fingerprint as keytool does: 0A:1B:…
func javaForm(fingerprint string) string {
	var pairs []string
	for i := 0; i < len(fingerprint); i += 2 {
		pairs = append(pairs, strings.ToUpper(fingerprint[i:i+2]))
	}
	return strings.Join(pairs, ":")
}

func TestBothSidesOfAConnectionShowIt(t *testing.T) {
	t.Parallel()
	made := generate(t)
	roots := x509.NewCertPool()
	roots.AddCert(made.TLS().Leaf)
	server, client := net.Pipe()
	deadline := time.Now().Add(time.Minute)
	require.NoError(t, server.SetDeadline(deadline))
	require.NoError(t, client.SetDeadline(deadline))
	failed := make(chan error, 1)
	go func() {
		side := tls.Server(server, &tls.Config{
			Certificates: []tls.Certificate{made.TLS()}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert,
		})
		defer side.Close()
		_, err := io.WriteString(side, "pong")
		failed <- err
	}()
	side := tls.Client(client, &tls.Config{
		Certificates: []tls.Certificate{made.TLS()},
		// It names no host: whoever checks it compares it, here with all that is trusted.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots})
			return err
		},
	})
	answer, err := io.ReadAll(side)
	require.NoError(t, err)
	require.NoError(t, <-failed)
	assert.Equal(t, "pong", string(answer))
}
