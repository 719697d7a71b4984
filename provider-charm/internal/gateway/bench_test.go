package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkGateway compares requests through the gateway with requests to the worker itself: one connection, one after
// the other, and a worker that answers at once, which is the worst case for the ratio.
func BenchmarkGateway(b *testing.B) {
	status := `{"name":"` + ofOne + `","connector":{"state":"RUNNING","worker_id":"10.0.0.1:8083"},"tasks":[]}`
	var names []string
	for range 250 {
		names = append(names, `"`+ofOne+`"`, `"`+ofTwelve+`"`)
	}
	list := "[" + strings.Join(names, ",") + "]"
	f := start(b, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/connectors" && r.Method == http.MethodGet {
			says(200, list)(w, r)
			return
		}
		says(200, status)(w, r)
	})
	create := `{"name":"` + ofOne + `","config":{"connector.class":"C","a":"` + strings.Repeat("x", 1000) + `"}}`
	for _, c := range []struct{ name, method, target, body string }{
		{"status", "GET", "/connectors/" + ofOne + "/status", ""},
		{"create", "POST", "/connectors", create},
		{"list500", "GET", "/connectors", ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			send := func(base string) {
				request := f.request(b, f.one, c.method, c.target, c.body)
				request.URL.Host = strings.TrimPrefix(base, "http://")
				response, err := http.DefaultClient.Do(request)
				require.NoError(b, err)
				_, err = io.Copy(io.Discard, response.Body)
				require.NoError(b, err)
				require.NoError(b, response.Body.Close())
			}
			begun := time.Now()
			for range b.N {
				send(f.config.Upstream)
			}
			direct := time.Since(begun)
			f.taken()
			b.ResetTimer()
			for range b.N {
				send(f.address)
			}
			f.taken()
			b.ReportMetric(float64(direct.Nanoseconds())/float64(b.N), "direct-ns/op")
			b.ReportMetric(float64(b.Elapsed())/float64(direct), "ratio")
		})
	}
}
