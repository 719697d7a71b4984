package faults

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"

	"connectcharms/tests/pair"
)

// pluginCount is how many plugins there are to ask for. They are the same but for a note, and so for the digest.
const pluginCount = 6

// PluginServer serves plugin N at /N.
type PluginServer struct {
	*httptest.Server
	archives map[string][]byte // by digest; that of connect-integrator too
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
		_, _ = w.Write(numbered[number]) // who asks may have been killed
	}))
	return p, nil
}

// url is where a plugin is.
func (p *PluginServer) url(number int) string { return fmt.Sprintf("%s/%d", p.URL, number) }

func (p *PluginServer) close() { p.Close() }

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
