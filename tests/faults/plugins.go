package faults

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"

	"connectcharms/tests/pair"
)

// pluginCount is how many plugins there are to ask for. They are the same but for a note, and so for the digest.
const pluginCount = 6

// PluginServer serves plugin N at /N.
type PluginServer struct {
	*httptest.Server
	archives map[string][]byte // by digest; that of connect-integrator too

	mu     sync.Mutex
	wrong  *answer         // what is said instead; nil: what should be
	mended context.Context // ends with the wrong answer
}

func servePlugins(parts pair.Parts) (*PluginServer, error) {
	p := &PluginServer{archives: map[string][]byte{}}
	var numbered [pluginCount][]byte
	for number := range numbered {
		archive, err := parts.Plugin(number)
		if err != nil {
			return nil, err
		}
		numbered[number] = archive
		p.archives[digestOf(archive)] = archive
	}
	own, err := os.ReadFile(parts.Kafka.FilePlugin)
	if err != nil {
		return nil, fmt.Errorf("read the integrator's plugin: %w", err)
	}
	p.archives[digestOf(own)] = own
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil || number < 0 || number >= pluginCount {
			http.NotFound(w, r)
			return
		}
		p.serve(w, r, numbered[number])
	}))
	return p, nil
}

func (p *PluginServer) serve(w http.ResponseWriter, r *http.Request, archive []byte) {
	p.mu.Lock()
	wrong, mended := p.wrong, p.mended
	p.mu.Unlock()
	w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
	if wrong == nil {
		_, _ = w.Write(archive) // who asks may have been killed
		return
	}
	if !wrong.whole {
		w.Header().Del("Content-Length")
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	defer context.AfterFunc(mended, end)()
	wrong.give(w, r.WithContext(ctx), archive)
}

// answer answers wrongly from now on, and gives what mends that, and ends what is being said.
func (p *PluginServer) answer(wrongly answer) (mend func()) {
	ctx, end := context.WithCancel(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong, p.mended = &wrongly, ctx
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.wrong = nil
		end()
	}
}

// url is where a plugin is.
func (p *PluginServer) url(number int) string { return fmt.Sprintf("%s/%d", p.URL, number) }

func (p *PluginServer) close() { p.Close() }

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
