package plugins

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// breakingServer breaks off each of its answers after step bytes. Its headers say what a resumption may rely on.
func breakingServer(t *testing.T, header http.Header, step int, bodies ...[]byte) (url string, asked *[]string) {
	asked = &[]string{}
	written := time.Unix(1e9, 0)
	if header.Get("Etag") != "" {
		written = time.Time{} // of no use
	}
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		content := bodies[min(len(*asked), len(bodies)-1)]
		*asked = append(*asked, r.Header.Get("Range")+" "+r.Header.Get("If-Range"))
		for name, values := range header {
			w.Header()[name] = values
		}
		http.ServeContent(&breaking{ResponseWriter: w, left: step}, r, "", written, bytes.NewReader(content))
	}), asked
}

// breaking ends the connection after so many bytes of the body.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if len(p) > b.left {
		_, _ = b.ResponseWriter.Write(p[:b.left])
		_ = http.NewResponseController(b.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

func TestADownloadThatBreaksOffGoesOn(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	for name, header := range map[string]http.Header{
		"by its tag":  {"Etag": {`"one"`}},
		"by its time": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			url, asked := breakingServer(t, header, len(body)/3, body)
			got, err := install(t, store, url)
			require.NoError(t, err)
			assert.Equal(t, sumOf(body), got.Digest)
			assert.Greater(t, len(*asked), 2)
			assert.Contains(t, (*asked)[1], fmt.Sprintf("bytes=%d- ", len(body)/3))
			requireNothingHalf(t, store)
		})
	}
}

func TestADownloadThatCannotGoOnFails(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	other := bytes.Repeat([]byte("other "), len(body))
	for _, c := range []struct {
		name   string
		header http.Header
		step   int
		bodies [][]byte
		asks   int
	}{
		{"it breaks off again and again", http.Header{"Etag": {`"one"`}}, len(body) / 9, [][]byte{body}, 4},
		{"its tag is weak", http.Header{"Etag": {`W/"one"`}}, len(body) / 2, [][]byte{body}, 1},
		{"it takes no ranges", http.Header{"Etag": {`"one"`}, "Content-Encoding": {"identity"}}, len(body) / 2, [][]byte{body}, 1},
		{"it is of another size", http.Header{"Etag": {`"one"`}}, len(body) / 2, [][]byte{body, other[:len(body)/4]}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := openStore(t)
			url, asked := breakingServer(t, c.header, c.step, c.bodies...)
			_, err := install(t, store, url)
			assert.True(t, requireFailure(t, store, err, CutShort).Temporary())
			assert.Len(t, *asked, c.asks)
		})
	}
}

func TestAFileThatChangesWhileItBreaksOffIsNotPatchedTogether(t *testing.T) {
	t.Parallel()
	body := pluginTar(t)
	store := openStore(t)
	first := true
	_, err := install(t, store, serve(t, func(w http.ResponseWriter, r *http.Request) {
		tag, writer := `"two"`, http.ResponseWriter(w)
		if first {
			tag, writer = `"one"`, &breaking{ResponseWriter: w, left: len(body) / 2}
		}
		first = false
		w.Header().Set("Etag", tag)
		http.ServeContent(writer, r, "", time.Time{}, bytes.NewReader(body))
	}))
	failure := requireFailure(t, store, err, CutShort)
	assert.Contains(t, failure.Error(), "does not go on with it")
}
