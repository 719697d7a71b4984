// Package registry runs a real Schema Registry for tests: Apicurio Registry, in memory, by its interface that is compatible
// with Confluent's. It is downloaded once per machine, from Maven.
package registry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"

	"connectcharms/tests/cache"
	"connectcharms/tests/kafka"
)

// version is the last of those that need no Java newer than 17, and the smallest.
const version = "3.0.9"

// archive is all of it, 109 MB.
var archive = kafka.Artifact{
	Coordinates: "io.apicurio:apicurio-registry-app:" + version + ":tar.gz:all",
	SHA256:      "2b28181501a20cbf6efcd77f9b7153908fc01f3d3a7c32024c0bd9e1b04c8a43",
}

// Fetch returns the directory with the registry's program. The first call on a machine downloads it and says so to progress.
func Fetch(ctx context.Context, progress io.Writer) (dir string, err error) {
	kept, err := cache.Dir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(kept, "apicurio-registry-"+version)
	there := func() bool { _, err := os.Stat(filepath.Join(dir, program)); return err == nil }
	err = cache.Once(ctx, dir, there, func(building string) error {
		packed, err := kafka.FetchArtifact(ctx, archive, progress)
		if err != nil {
			return err
		}
		return unpack(packed, building)
	})
	if err != nil {
		return "", fmt.Errorf("fetch a Schema Registry: %w", err)
	}
	return dir, nil
}

const program = "apicurio-registry-app-" + version + "-runner.jar"

// unpack trusts the archive: its digest is the recorded one.
func unpack(packed, dir string) error {
	file, err := os.Open(packed)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for members := tar.NewReader(plain); ; {
		member, err := members.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := unpackMember(root, member, members); err != nil {
			return fmt.Errorf("unpack %s: %w", member.Name, err)
		}
	}
}

func unpackMember(root *os.Root, member *tar.Header, content io.Reader) error {
	if member.Typeflag == tar.TypeDir {
		return root.MkdirAll(member.Name, 0o755)
	}
	if err := root.MkdirAll(filepath.Dir(member.Name), 0o755); err != nil {
		return err
	}
	to, err := root.Create(member.Name)
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err := io.Copy(to, content); err != nil {
		return err
	}
	return to.Close()
}

// Options say how a registry runs.
type Options struct {
	// Dir is for its files, and must be named.
	Dir string
	// TLS has it speak TLS alone, with a certificate of this authority for 127.0.0.1; nil: it speaks in clear.
	TLS *kafka.Authority
	// Issuer is who gives the tokens that it asks for (OpenID Connect); empty: it lets everyone in.
	Issuer string
	// Log gets what it prints; nil drops it.
	Log io.Writer
}

// Registry is a running one. It forgets all when it ends.
type Registry struct {
	*kafka.Process
	address string
}

// Start returns when the registry listens, on a port of its own. The context bounds the start only.
func Start(ctx context.Context, dir string, options Options) (*Registry, error) {
	arguments, err := options.arguments(dir)
	if err != nil {
		return nil, fmt.Errorf("start a Schema Registry: %w", err)
	}
	command := exec.Command("java", arguments...)
	command.Dir = options.Dir
	said := &said{to: options.Log}
	started := &Registry{}
	started.Process, err = kafka.Start(ctx, "the Schema Registry", command, said, func(context.Context) (err error) {
		started.address, err = said.address()
		return err
	})
	return started, err
}

// URL is that of the interface that is compatible with Confluent's.
func (r *Registry) URL() string { return r.address + "/apis/ccompat/v7" }

func (o Options) arguments(dir string) ([]string, error) {
	arguments := []string{
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Djava.io.tmpdir=.",
		"-Dquarkus.http.host=127.0.0.1", "-Dquarkus.http.port=0", "-Dquarkus.http.ssl-port=0", "-Dquarkus.http.access-log.enabled=false",
		`-Dquarkus.log.category."io.quarkus".level=INFO`, // where it listens
	}
	if o.TLS != nil {
		certificate, key, err := o.keyPair()
		if err != nil {
			return nil, err
		}
		arguments = append(arguments, "-Dquarkus.http.insecure-requests=disabled",
			"-Dquarkus.http.ssl.certificate.files="+certificate, "-Dquarkus.http.ssl.certificate.key-files="+key)
	}
	if o.Issuer != "" {
		arguments = append(arguments, "-Dquarkus.oidc.tenant-enabled=true", "-Dquarkus.oidc.auth-server-url="+o.Issuer,
			"-Dquarkus.oidc.token-path="+o.Issuer+"/token", "-Dquarkus.oidc.application-type=service",
			"-Dapicurio.authn.basic-client-credentials.enabled=true", "-Dapicurio.auth.role-based-authorization=true",
			"-Dapicurio.auth.roles.readonly=reader", "-Dquarkus.oidc.roles.role-claim-path=roles")
	}
	return append(arguments, "-jar", filepath.Join(dir, program)), nil
}

func (o Options) keyPair() (certificate, key string, err error) {
	certificate, key = filepath.Join(o.Dir, "tls.crt"), filepath.Join(o.Dir, "tls.key")
	content, secret, err := o.TLS.Issue("127.0.0.1")
	if err != nil {
		return "", "", err
	}
	return certificate, key, errors.Join(os.WriteFile(certificate, []byte(content), 0o600), os.WriteFile(key, []byte(secret), 0o600))
}

// said keeps what a starting registry prints, until it says where it listens: it has chosen the port.
type said struct {
	to io.Writer

	mu    sync.Mutex
	text  []byte
	found string
}

var listening = regexp.MustCompile(`Listening on: (https?://[0-9.:]+)`)

func (s *said) Write(printed []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == "" {
		s.text = append(s.text, printed...)
		if at := listening.FindSubmatch(s.text); at != nil && !bytes.HasSuffix(s.text, at[0]) {
			s.found, s.text = string(at[1]), nil
		}
	}
	if s.to == nil {
		return len(printed), nil
	}
	return s.to.Write(printed)
}

func (s *said) address() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == "" {
		return "", errors.New("it does not say yet where it listens")
	}
	return s.found, nil
}
