package control_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/control"
)

const control1 = `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{"token":"hunter2"}}}}`

// streamed are lines that pass by, whatever is odd about them.
var streamed = []string{
	`{"type": "RECORD", "record": {"stream": "a", "emitted_at": 1, "data": {"type": "CONTROL", "x": 1.10, "x": 1E999}}}`,
	`{"record":{"data":{"control":{}}},"type":"RECORD"}`,
	`{"type":"STATE","state":{"type":"STREAM"}}`,
	`{"type":"LOG","log":{"level":"INFO","message":"CONTROL CONNECTOR_CONFIG"}}`,
	`{"type":"SPEC"}`, `{"type":"CONNECTION_STATUS"}`, `{"type":"CATALOG"}`, `{"type":"TRACE"}`, `{"type":"NEW"}`,
	`{"type":"RECORD","bad":"` + "\xff\xfe" + `"}`,
	`{"type":"RECORD","deep":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}",
	`{"type":"RECORD","half":`,
	`2026-11-23 INFO a line of a log, with "type":"CONTROL" in it`,
	`[{"type":"CONTROL"}]`, `"CONTROL"`, `null`, ``, ` `, `{}`, `{`, "\x00\x01", "{\"type\":\"RECORD\"}\r",
	`{"type":"RECORD","data":"` + strings.Repeat("x", 3<<20) + `"}`,
	strings.Repeat("y", 2<<20),
}

func TestAllOtherLinesPassByUntouched(t *testing.T) {
	t.Parallel()
	text := strings.Join(streamed, "\n")
	for _, end := range []string{"\n", ""} {
		for _, from := range []io.Reader{strings.NewReader(text + end), iotest.DataErrReader(iotest.HalfReader(strings.NewReader(text + end)))} {
			var through bytes.Buffer
			for line, err := range control.Stream(from, &through) {
				t.Errorf("line %d: %v", line.Number, err)
			}
			assert.True(t, text+end == through.String())
		}
	}
}

func TestControlMessagesComeOutOfTheStream(t *testing.T) {
	t.Parallel()
	older := `{"type":"ORCHESTRATOR","connectorConfig":{"config":{"b":1},"emitted_at":1}}`
	alone := `{"emitted_at":1,"connectorConfig":{"config":{"c":1}},"type":"CONNECTOR_CONFIG"}`
	unknown := `{"type":"CONTROL","control":{"type":"NEW","emitted_at":1}}`
	var through bytes.Buffer
	text := strings.Join([]string{"first", control1 + "\r", `{"type":"RECORD"}`, older, alone, unknown, "last", control1}, "\n")
	keys := map[int][]string{}
	for line, err := range control.Stream(strings.NewReader(text), &through) {
		require.NoError(t, err)
		keys[line.Number] = line.Message.Config.Keys()
		assert.Equal(t, line.Number != 6, line.Message.IsKnown())
	}
	assert.Equal(t, map[int][]string{2: {"token"}, 4: {"b"}, 5: {"c"}, 6: nil, 8: {"token"}}, keys)
	assert.Equal(t, "first\n{\"type\":\"RECORD\"}\nlast\n", through.String())
}

// A broken control message does not pass by: it may have a secret in it.
func TestABrokenControlMessageIsAnErrorOfItsLineAlone(t *testing.T) {
	t.Parallel()
	for broken, reason := range map[string]string{
		control1[:len(control1)-1]:                             "the message is not JSON, from byte 119 on",
		`{"control": {"connectorConfig": "hunter2`:             "the message is not JSON, from byte 40 on",
		`{"type":"CONTROL","control":{},"control":{}}`:         "control is there twice",
		`{"type":"CONTROL", "hunter2": "` + "\xff" + `"}`:      "the message is not UTF-8, from byte 32 on",
		control1 + control1:                                    "the message is not JSON, from byte 121 on",
		strings.Repeat(" ", control.MaxSize) + control1:        "passes",
		`{"type":"CONTROL","x":"` + strings.Repeat("x", 2<<20): "the message is longer than 1 MiB",
		control1 + strings.Repeat(" ", control.MaxSize):        "the message is longer than 1 MiB",
	} {
		for _, text := range []string{"a\n" + broken + "\nb\n" + control1 + "\n", "a\n" + control1 + "\nb\n" + broken} {
			var through bytes.Buffer
			var told []string
			taken := 0
			for _, err := range control.Stream(strings.NewReader(text), &through) {
				if problems := control.Problems(nil); errors.As(err, &problems) {
					told = append(told, err.Error())
					continue
				}
				require.NoError(t, err)
				taken++
			}
			assert.Equal(t, 1, taken, "%.60s", broken)
			if reason == "passes" { // what its first MiB says is nothing
				assert.Empty(t, told)
				continue
			}
			assert.Equal(t, []string{reason}, told)
			assert.Equal(t, "a\nb\n", through.String())
		}
	}
}

func TestTheStreamEndsWithItsReaderOrWriter(t *testing.T) {
	t.Parallel()
	failing := errors.New("the pipe is closed")
	last := func(from io.Reader, through io.Writer) (lines int, err error) {
		for _, err = range control.Stream(from, through) {
			lines++
		}
		return lines, err
	}
	lines, err := last(io.MultiReader(strings.NewReader(control1+"\nx"), iotest.ErrReader(failing)), io.Discard)
	assert.ErrorIs(t, err, failing)
	assert.Equal(t, 2, lines, "the message, and the error")
	lines, err = last(strings.NewReader("x\n"+control1+"\n"), brokenPipe{failing})
	assert.ErrorIs(t, err, failing)
	assert.Equal(t, 1, lines, "what cannot be passed on ends the stream at once")
}

func TestAReaderOfTheStreamMayLeaveIt(t *testing.T) {
	t.Parallel()
	var through bytes.Buffer
	for range control.Stream(strings.NewReader(control1+"\nnever read\n"), &through) {
		break
	}
	assert.Empty(t, through.String())
}

type brokenPipe struct{ error }

func (b brokenPipe) Write([]byte) (int, error) { return 0, b.error }

// FuzzStream: each line either passes by whole or is one message or one error; nothing is lost and nothing invented.
func FuzzStream(f *testing.F) {
	for _, text := range streamed {
		if len(text) < 1000 {
			f.Add([]byte(text + "\n" + control1 + "\n" + text))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var through bytes.Buffer
		gone := map[int]bool{}
		for line, err := range control.Stream(iotest.HalfReader(bytes.NewReader(data)), &through) {
			if err != nil {
				require.IsType(t, control.Problems{}, err)
			}
			require.False(t, gone[line.Number])
			gone[line.Number] = true
		}
		var stays []byte
		for i, line := range bytes.SplitAfter(data, []byte("\n")) {
			if !gone[i+1] {
				stays = append(stays, line...)
				_, err := control.Parse(line)
				require.Error(t, err, "%q passes by and would be a message", line)
			}
		}
		require.True(t, bytes.Equal(stays, through.Bytes()), "%q", data)
	})
}
