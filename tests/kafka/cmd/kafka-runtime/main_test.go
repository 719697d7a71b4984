package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFetchPrintsThePathsOnly(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs real Kafka, which -short leaves out")
	}
	var stdout bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"fetch"}, &stdout, t.Output()))
	for line := range strings.Lines(stdout.String()) {
		name, path, _ := strings.Cut(strings.TrimSpace(line), "=")
		assert.Contains(t, []string{"dir", "archive", "file-plugin", "plugin-path"}, name)
		if name == "archive" || name == "file-plugin" {
			assert.FileExists(t, path)
		} else {
			assert.DirExists(t, path)
		}
	}
	assert.Equal(t, 4, strings.Count(stdout.String(), "\n"))
}

func TestBrokerPrintsItsAddressAndRunsUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs real Kafka, which -short leaves out")
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	says, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"broker", "-port", "0"}, stdout, io.Discard)
		stdout.Close()
	}()
	line := make([]byte, 64)
	n, err := says.Read(line)
	require.NoError(t, err)
	bootstrap := strings.TrimSpace(string(line[:n]))
	connection, err := net.Dial("tcp", bootstrap)
	require.NoError(t, err)
	require.NoError(t, connection.Close())

	interrupt()
	require.NoError(t, <-ended)
	_, err = net.Dial("tcp", bootstrap)
	require.Error(t, err)
}

func TestUnknownCommandIsRefusedBeforeAnythingIsFetched(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	err := run(t.Context(), []string{"start"}, io.Discard, &stderr)
	require.EqualError(t, err, `"start" is not a command: say fetch or broker`)
	assert.Contains(t, stderr.String(), "usage: kafka-runtime [-version VERSION] fetch | broker")
}
