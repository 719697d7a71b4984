package connect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

func TestAnswerThatEndsInTheMiddleIsToldAsSuch(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", `{"a":{"info"`, `{"a":{"info":{"name":"hunter2`, "   "} {
		worker := startWorker(t, says(200, body))
		client, _ := clientOf(t, worker.URL)
		_, err := client.ListConnectors(t.Context())
		require.ErrorContains(t, err, fmt.Sprintf("ends after %d bytes, in the middle of its JSON", len(body)))
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// half sends a good part of an answer and breaks off, so that its length tells.
func half(out http.ResponseWriter, _ *http.Request) {
	out.Header().Set("Content-Length", "100")
	_, _ = out.Write([]byte(`["a"]`))
}

// drips begins an answer and never ends it.
func drips(out http.ResponseWriter, in *http.Request) {
	_, _ = out.Write([]byte(`["a"`))
	_ = http.NewResponseController(out).Flush()
	<-in.Context().Done()
}

func TestHalfAnAnswerIsNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{"broken off": half, "without end": drips} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, waited := newClient(t, connect.Config{
					Endpoints: []string{"http://127.0.0.1:1", "http://127.0.0.1:2"}, Timeout: time.Second,
					Dial: overPipes(map[string]http.Handler{"127.0.0.1:1": answer, "127.0.0.1:2": says(200, `["b"]`)}),
				})
				names, err := client.Connectors(t.Context())
				require.NoError(t, err)
				assert.Equal(t, []string{"b"}, names)
				assert.Zero(t, waited.count())
			})
		})
	}
}

// The answer is 60 KiB on its way.
func TestCompressedAnswerIsCutOffByWhatItBecomes(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := writer.Write(bytes.Repeat([]byte{' '}, 1<<20))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	worker := startWorker(t, func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Encoding", "gzip")
		_, _ = out.Write(bytes.Repeat(packed.Bytes(), 65)) // members of one stream
	})
	client, waited := unhurriedOf(t, worker.URL)
	_, err = client.Connectors(t.Context())
	require.ErrorContains(t, err, "larger than 64 MiB")
	assert.Zero(t, waited.count())
}

func TestHostileAnswersAreErrors(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nested without end": strings.Repeat(`{"a":`, 1<<20),
		"nested deeply":      strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20),
		"other types":        `{"a":{"info":[],"status":7}}`,
		"two documents":      `{} {"a":{}}`,
		"numbers too large":  `{"a":{"status":{"tasks":[{"id":1e400}]}}}`,
		"not UTF-8":          "{\"a\xff\":7}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worker := startWorker(t, says(200, body))
			client, waited := unhurriedOf(t, worker.URL)
			_, err := client.ListConnectors(t.Context())
			require.Error(t, err)
			assert.Less(t, len(err.Error()), 500)
			assert.Zero(t, waited.count())
		})
	}
}

func TestAnErrorWithoutEndIsCutOff(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, fails(400, strings.Repeat("hunter2 ", 1<<20)))
	client, _ := unhurriedOf(t, worker.URL)
	_, err := client.Create(t.Context(), "a", map[string]string{"password": "hunter2"}, "")
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 500)
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestSecretsInOffsetsAreNotRepeated(t *testing.T) {
	t.Parallel()
	const said = "cannot take hunter2 of http://joe:hunter3@db/, hunter4 neither"
	worker := startWorker(t, fails(400, said))
	client, _ := clientOf(t, worker.URL)
	_, err := client.AlterOffsets(t.Context(), "a", []connect.Offset{{
		Partition: map[string]any{"server": map[string]any{"password": "hunter2"}},
		Offset:    map[string]any{"pages": []any{map[string]any{"next.token": "hunter4"}}, "count": 1},
	}})
	require.EqualError(t, err, "PATCH /connectors/a/offsets: 400 Bad Request: cannot take *** of http://***@db/, *** neither")
}

func TestRetryAfterIsKeptTo(t *testing.T) {
	t.Parallel()
	later := func(seconds string) http.HandlerFunc {
		return func(out http.ResponseWriter, in *http.Request) {
			out.Header().Set("Retry-After", seconds)
			says(429, "")(out, in)
		}
	}
	worker := startWorker(t, later("7"), later("soon"), later("-1"), says(200, `[]`), later("86400"))
	client, waited := clientOf(t, worker.URL)
	_, err := client.Connectors(t.Context())
	require.NoError(t, err)
	require.Len(t, waited.delays, 3)
	assert.Equal(t, 7*time.Second, waited.delays[0])
	assert.Less(t, waited.delays[1], time.Second)

	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	_, err = client.Connectors(ctx)
	require.ErrorContains(t, err, "no time left", "a day is too long")
}
