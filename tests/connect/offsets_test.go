package connect_test

import (
	"encoding/json"
	"os"
	"path/filepath"
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
