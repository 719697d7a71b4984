package source

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	random "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
)

const (
	s3User     = "hunter6-access"
	s3Password = "hunter6-secret"
)

// s3Kind is a real S3 server, versitygw before a directory, compiled from the version that tests/go.mod has.
func s3Kind(t *testing.T) func(t *testing.T) *stand {
	if testing.Short() {
		t.Skip("compiles an S3 server, which -short leaves out")
	}
	server := startS3(t, compileS3(t))
	return func(t *testing.T) *stand {
		bucket := newBucket(t, server)
		wire, address := newWire(t, "http://"+server)
		env := map[string]string{"SOURCE_S3_ACCESS_KEY": s3User, "SOURCE_S3_SECRET_KEY": s3Password}
		at := func(bucket string) string {
			return "s3://" + bucket + "/deploy/state.yaml?path-style=true&endpoint=" + address
		}
		return &stand{
			address: at(bucket.name), env: env, wire: wire, put: bucket.put, remove: bucket.remove,
			secrets: []string{s3User, s3Password, "hunter4"},
			strangers: map[string]stranger{
				"no keys":        {env: map[string]string{}},
				"one key":        {env: without(env, "SOURCE_S3_SECRET_KEY")},
				"another secret": {env: with(env, "SOURCE_S3_SECRET_KEY", "hunter4")},
				"nobody":         {env: with(env, "SOURCE_S3_ACCESS_KEY", "hunter4")},
				"another bucket": {env: env, address: at("nobodys")},
				"another region": {env: env, address: at(bucket.name) + "&region=eu-north-1"},
			},
		}
	}
}

// compileS3 makes the server's program, once for each version of tests/go.mod.
func compileS3(t *testing.T) string {
	t.Helper()
	tests, err := filepath.Abs("../../../tests")
	require.NoError(t, err)
	dir, err := os.UserCacheDir()
	require.NoError(t, err)
	if kept := os.Getenv("KAFKA_CONNECT_CHARMS_CACHE"); kept != "" {
		dir = kept
	}
	program := filepath.Join(dir, "bin", "versitygw-"+runtime.GOARCH)
	command := exec.Command("go", "-C", tests, "build", "-o", program, "-ldflags=-s -w", "github.com/versity/versitygw/cmd/versitygw")
	command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return program
}

// startS3 runs the server until the test ends, and gives its address.
func startS3(t *testing.T, program string) string {
	t.Helper()
	// An address of its own, that no other test listens on, and no connection leaves from.
	address := fmt.Sprintf("127.%d.%d.%d:7070", 128+random.IntN(127), random.IntN(256), 1+random.IntN(254))
	var output bytes.Buffer
	command := exec.Command(program, "--port", address, "--quiet", "posix", "--sidecar", t.TempDir(), t.TempDir())
	command.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s3User, "ROOT_SECRET_KEY="+s3Password)
	command.Stdout, command.Stderr = &output, &output
	require.NoError(t, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	}, deadline, 10*time.Millisecond, "versitygw does not come up")
	return address
}

type bucket struct {
	name   string
	client *minio.Client
}

func newBucket(t *testing.T, server string) bucket {
	t.Helper()
	client, err := minio.New(server, &minio.Options{Creds: credentials.NewStaticV4(s3User, s3Password, ""), Region: "us-east-1"})
	require.NoError(t, err)
	name := "bucket-" + strings.ToLower(rand.Text())
	require.NoError(t, client.MakeBucket(context.Background(), name, minio.MakeBucketOptions{}))
	return bucket{name, client}
}

func (b bucket) put(t *testing.T, text string) {
	t.Helper()
	_, err := b.client.PutObject(t.Context(), b.name, "deploy/state.yaml", strings.NewReader(text), int64(len(text)), minio.PutObjectOptions{})
	require.NoError(t, err)
}

func (b bucket) remove(t *testing.T) {
	t.Helper()
	require.NoError(t, b.client.RemoveObject(t.Context(), b.name, "deploy/state.yaml", minio.RemoveObjectOptions{}))
}
