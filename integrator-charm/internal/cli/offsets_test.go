package cli_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/cli"
	"connectcharms/requirer-lib/connect"
)

func TestOffsetsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"JSON": `{"offsets": [{"partition": {"file": "a"}, "offset": {"position": 18446744073709551617}}, {"partition": {"file": "b"}, "offset": null}]}`,
		"YAML": "offsets:\n- partition: {file: a}\n  offset: {position: 7}\n- partition: {file: b}\n  offset: null\n",
	} {
		offsets, err := cli.ParseOffsets([]byte(text))
		require.NoError(t, err, name)
		require.Len(t, offsets, 2, name)
		assert.Equal(t, map[string]any{"file": "a"}, offsets[0].Partition, name)
		assert.Nil(t, offsets[1].Offset, name)
		if name == "JSON" {
			assert.Equal(t, json.Number("18446744073709551617"), offsets[0].Offset["position"], "larger than any number of Go's")
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"offsets": []}`, `{"offset": []}`, "{", "offsets: *x", `{"offsets": [1]}`} {
		_, err := cli.ParseOffsets([]byte(text))
		assert.Error(t, err, text)
	}
}

func TestSinkOffsetsAreTopicPartitionOffset(t *testing.T) {
	t.Parallel()
	offset, err := cli.ParseSinkOffset("a:b:2=1200")
	require.NoError(t, err)
	assert.Equal(t, connect.SinkOffset("a:b", 2, 1200), offset)
	offset, err = cli.ParseSinkOffset("orders:0=none")
	require.NoError(t, err)
	assert.Nil(t, offset.Offset)
	for _, text := range []string{"", "orders", "orders=1", "orders:=1", ":0=1", "orders:0", "orders:0=", "orders:-1=1", "orders:0=-1", "orders:0=99999999999999999999"} {
		_, err := cli.ParseSinkOffset(text)
		assert.Error(t, err, text)
	}
}

func TestOffsetsAreChangedWhileTheConnectorIsStopped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("lines")
	path := b.write("offsets.yaml", "offsets: [{partition: {filename: a}, offset: {position: 7}}]\n")
	assert.Equal(t, 1, b.run("offsets", "set", "lines", "--file", path).code, "it runs")
	assert.Equal(t, "lines: offsets set\n", b.ok("offsets", "set", "lines", "--file", path, "--stop"))
	b.ok("wait", "lines")
	document := b.ok("offsets", "get", "lines", "-o", "json")
	assert.JSONEq(t, `{"offsets": [{"partition": {"filename": "a"}, "offset": {"position": 7}}]}`, document)
	assert.Equal(t, "PARTITION         OFFSET\n{\"filename\":\"a\"}  {\"position\":7}\n", b.ok("offsets", "get", "lines"))

	assert.Equal(t, result{3, "", "connect-manager: nobody can be asked here: say --yes\n"}, b.run("offsets", "reset", "lines"))
	b.ok("pause", "lines", "--wait")
	assert.Equal(t, "lines: offsets reset\n", b.ok("offsets", "reset", "lines", "--stop", "--yes"))
	b.ok("wait", "lines", "--for", "paused")
	assert.Equal(t, result{0, "", "It has committed none yet.\n"}, b.run("offsets", "get", "lines"))
	assert.Equal(t, 0, b.runWith(t.Context(), document, "offsets", "set", "lines", "--file", "-", "--stop").code)
	assert.Equal(t, 5, b.run("offsets", "set", "lines").code)
	assert.Equal(t, 1, b.run("offsets", "set", "lines", "--file", "none").code)
}

func FuzzOffsets(f *testing.F) {
	f.Add(`{"offsets": [{"partition": {"a": 1}, "offset": {"b": 2}}]}`, "orders:0=1")
	f.Add("offsets: [{partition: {a: 1}}]", "a:1=none")
	f.Fuzz(func(t *testing.T, text, at string) {
		if offsets, err := cli.ParseOffsets([]byte(text)); err == nil {
			assert.NotEmpty(t, offsets)
		}
		if offset, err := cli.ParseSinkOffset(at); err == nil {
			assert.NotEmpty(t, offset.Partition)
		}
	})
}

func FuzzPlan(f *testing.F) {
	f.Add([]byte(`{"format": "connect-manager/plan/1", "changes": [{"name": "a", "actions": ["create"]}], "unchanged": []}`))
	f.Add([]byte(`{"format": "connect-manager/plan/1"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if plan, err := cli.ParsePlan("plan", text); err == nil {
			assert.Equal(t, "connect-manager/plan/1", plan.Format)
		}
	})
}
