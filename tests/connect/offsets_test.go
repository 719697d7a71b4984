package connect_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

func makeFolder(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.Mkdir(path, 0o700))
}

func offsetsOfASource(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	const name = "offsets-source"
	file := lines(t, 3)
	create(t, client, name, source("offsets", file))
	partition := map[string]any{"filename": file}
	awaitOffsets(t, client, name, []connect.Offset{{Partition: partition, Offset: map[string]any{"position": json.Number("15")}}})

	_, err := client.ResetOffsets(ctx, name)
	require.ErrorIs(t, err, connect.ErrNotStopped)
	require.NoError(t, client.Stop(ctx, name))
	said, err := client.AlterOffsets(ctx, name, []connect.Offset{{Partition: partition, Offset: map[string]any{"position": 5}}})
	require.NoError(t, err)
	assert.NotEmpty(t, said)
	awaitOffsets(t, client, name, []connect.Offset{{Partition: partition, Offset: map[string]any{"position": json.Number("5")}}})
	_, err = client.AlterOffsets(ctx, name, []connect.Offset{{Partition: partition}})
	require.NoError(t, err)
	awaitOffsets(t, client, name, nil)
	_, err = client.ResetOffsets(ctx, name)
	require.NoError(t, err, "of nothing")

	_, err = client.AlterOffsets(ctx, name, nil)
	require.ErrorContains(t, err, "400")
	_, err = client.AlterOffsets(ctx, name, []connect.Offset{{Partition: partition, Offset: map[string]any{"position": "far", "password": "hunter2"}}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "hunter2")
}

// offsetsOfASink changes them at once after the stop: the group of the sink's task is not empty yet.
func offsetsOfASink(t *testing.T, c *cluster) {
	client, ctx := c.client(t), t.Context()
	const name, topic = "offsets-sink", "offsets-of-sink"
	create(t, client, "offsets-sink-lines", source(topic, lines(t, 3)))
	create(t, client, name, sink(topic, filepath.Join(t.TempDir(), "out.txt")))
	numbers := func(offset string) []connect.Offset {
		return []connect.Offset{{
			Partition: map[string]any{"kafka_topic": topic, "kafka_partition": json.Number("0")},
			Offset:    map[string]any{"kafka_offset": json.Number(offset)},
		}}
	}
	awaitOffsets(t, client, name, numbers("3"))
	require.NoError(t, client.Stop(ctx, name))
	_, err := client.AlterOffsets(ctx, name, []connect.Offset{connect.SinkOffset(topic, 0, 1)})
	require.NoError(t, err)
	awaitOffsets(t, client, name, numbers("1"))
	require.NoError(t, client.Resume(ctx, name))
	awaitOffsets(t, client, name, numbers("3"))
	require.NoError(t, client.Stop(ctx, name))
	_, err = client.ResetOffsets(ctx, name)
	require.NoError(t, err)
	awaitOffsets(t, client, name, nil)
}

func awaitOffsets(t *testing.T, client *connect.Client, name string, want []connect.Offset) {
	t.Helper()
	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		got, err := client.Offsets(t.Context(), name)
		assert.NoError(collect, err)
		if len(want) == 0 {
			assert.Empty(collect, got)
		} else {
			assert.Equal(collect, want, got)
		}
	}, patience, poll)
}

// offsetsOfABusySink has a sink whose task does not end when it is stopped, for the reader of its file has fallen asleep: the
// task stays in its consumer group. The reader wakes up when the worker has refused to change the offsets for that.
func offsetsOfABusySink(t *testing.T, c *cluster) {
	record := &recorder{}
	client, ctx := c.client(t, record.before(t, 0, c.workers[0].URL())), t.Context()
	const name, topic = "offsets-busy", "offsets-of-busy"
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0) // which waits for no writer
	require.NoError(t, err)
	defer reader.Close()
	create(t, client, "offsets-busy-lines", source(topic, lines(t, 40_000))) // more than a pipe holds
	create(t, client, name, sink(topic, pipe))
	awaitFull(t, pipe)

	require.NoError(t, client.Stop(ctx, name))
	record.taken()
	refused := make(chan struct{})
	go func() {
		defer close(refused)
		assert.Eventually(t, func() bool { return slices.ContainsFunc(record.taken(), saysRetry) }, patience, poll)
		go func() { _, _ = io.Copy(io.Discard, reader) }() // until it is closed
	}()
	_, err = client.AlterOffsets(ctx, name, []connect.Offset{connect.SinkOffset(topic, 0, 1)})
	require.NoError(t, err)
	<-refused
}

func saysRetry(one request) bool {
	return one.status == http.StatusInternalServerError && strings.Contains(one.message, "can be safely retried")
}

// awaitFull returns when whoever writes into the pipe has to wait. What it writes itself to see that is nobody's.
func awaitFull(t *testing.T, pipe string) {
	t.Helper()
	descriptor, err := syscall.Open(pipe, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer syscall.Close(descriptor)
	require.Eventually(t, func() bool {
		_, err := syscall.Write(descriptor, []byte("."))
		return err == syscall.EAGAIN
	}, patience, poll)
}
