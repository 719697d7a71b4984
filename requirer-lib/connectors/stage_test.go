package connectors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
)

const (
	uuid    = "0123456789abcdef0123456789abcdef"
	ownMark = "_r1_" + uuid
)

// marked names connectors as a connection does.
type marked struct{}

func (marked) ConnectorName(name string) string { return name + ownMark }

func (marked) ShortName(connector string) (string, bool) {
	return strings.CutSuffix(connector, ownMark)
}

// cluster is Kafka Connect in memory, with something in front that notes what is asked, and has the cluster behave as one
// does while workers come and go.
type cluster struct {
	*connecttest.Server
	t        *testing.T
	endpoint string          // of what is in front
	direct   *connect.Client // somebody else's

	mu        sync.Mutex
	requests  []string                   // "PUT name/pause"
	lag       int                        // listings after a change in which tasks have no worker
	showAs    map[string][]connect.State // what the next listings show for a connector
	late      map[string]string          // trace that the first listing after a change still shows
	again     map[string]string          // trace with which a connector's tasks fail after each restart
	meanwhile func()
	isOld     bool // knows no initial_state, as before KIP-980
	unsettled map[string]int
}

func newCluster(t *testing.T) (*cluster, connectors.Owned) {
	t.Helper()
	c := &cluster{
		Server: connecttest.NewServer(), t: t, showAs: map[string][]connect.State{}, late: map[string]string{},
		again: map[string]string{}, unsettled: map[string]int{},
	}
	t.Cleanup(c.Close)
	front := httptest.NewServer(c)
	t.Cleanup(front.Close)
	c.endpoint, c.direct = front.URL, clientOf(t, c.URL())
	return c, ownedAt(t, front.URL)
}

func clientOf(t *testing.T, endpoint string) *connect.Client {
	t.Helper()
	return newClient(t, connect.Config{Endpoints: []string{endpoint}})
}

// impatient is a client that does not wait: what would have it wait is the end of a call.
func impatient(t *testing.T, endpoint string) *connect.Client {
	t.Helper()
	return newClient(t, connect.Config{Endpoints: []string{endpoint}, Backoff: func(int) time.Duration { return 24 * time.Hour }})
}

func newClient(t *testing.T, config connect.Config) *connect.Client {
	t.Helper()
	client, err := connect.New(config)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func ownedAt(t *testing.T, endpoint string) connectors.Owned {
	t.Helper()
	return connectors.Owned{Client: clientOf(t, endpoint), Names: marked{}}
}

// put makes a connector or changes it, as somebody else.
func (c *cluster) put(name string, config connect.Settings) {
	c.t.Helper()
	_, _, err := c.direct.PutConfig(c.t.Context(), name, config)
	require.NoError(c.t, err)
}

// setState brings a connector to a state, as somebody else.
func (c *cluster) setState(name string, state connect.State) {
	c.t.Helper()
	do := map[connect.State]func() error{
		connect.Running: func() error { return c.direct.Resume(c.t.Context(), name) },
		connect.Paused:  func() error { return c.direct.Pause(c.t.Context(), name) },
		connect.Stopped: func() error { return c.direct.Stop(c.t.Context(), name) },
	}
	require.NoError(c.t, do[state]())
}

func (c *cluster) delete(name string) {
	c.t.Helper()
	require.NoError(c.t, c.direct.Delete(c.t.Context(), name))
}

// set changes how the cluster behaves.
func (c *cluster) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// left is how many listings will show the tasks of a connector without a worker.
func (c *cluster) left(name string) (listings int) {
	c.set(func() { listings = c.unsettled[name] })
	return listings
}

func (c *cluster) takeRequests() (requests []string) {
	c.set(func() { requests, c.requests = c.requests, nil })
	return requests
}

func (c *cluster) takeWrites() (writes []string) {
	for _, request := range c.takeRequests() {
		if !strings.HasPrefix(request, "GET") {
			writes = append(writes, request)
		}
	}
	return writes
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	name, of, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/connectors"), "/"), "/")
	if r.Method == http.MethodPost && name == "" {
		var asked struct{ Name string }
		_ = json.Unmarshal(body, &asked)
		name = asked.Name
	}
	var meanwhile func()
	var old bool
	c.set(func() {
		c.requests = append(c.requests, strings.TrimRight(r.Method+" "+name+"/"+of, " /"))
		if old = c.isOld; r.Method != http.MethodGet {
			meanwhile, c.meanwhile = c.meanwhile, nil
			c.unsettled[name] = c.lag
		}
	})
	if meanwhile != nil {
		meanwhile()
	}
	if old && bytes.Contains(body, []byte(`"initial_state"`)) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"error_code":500,"message":"Unrecognized field \"initial_state\" (class x), not marked as ignorable"}`)
		return
	}
	c.pass(w, r)
	c.set(func() {
		if trace := c.again[name]; trace != "" && of == "restart" {
			c.Fail(name, trace)
		}
	})
}

// pass asks the cluster, and has a listing show what it would at such a time.
func (c *cluster) pass(w http.ResponseWriter, r *http.Request) {
	target, err := url.Parse(c.URL())
	require.NoError(c.t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(response *http.Response) error {
		if r.URL.Path != "/connectors" || r.Method != http.MethodGet || response.StatusCode != http.StatusOK {
			return nil
		}
		var listing map[string]map[string]json.RawMessage
		if err := json.NewDecoder(response.Body).Decode(&listing); err != nil {
			return err
		}
		c.set(func() {
			for name, entry := range listing {
				entry["status"] = c.shown(name, entry["status"])
			}
		})
		document, err := json.Marshal(listing)
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(document)), int64(len(document))
		response.Header.Del("Content-Length")
		return err
	}
	// What has come is carried out, also when whoever has sent it is gone.
	proxy.ServeHTTP(struct{ http.ResponseWriter }{w}, r.WithContext(context.WithoutCancel(r.Context())))
}

func (c *cluster) shown(name string, document json.RawMessage) json.RawMessage {
	var status connect.Status
	_ = json.Unmarshal(document, &status)
	if states := c.showAs[name]; len(states) > 0 {
		status.Connector.State, c.showAs[name] = states[0], states[1:]
	}
	_, changed := c.unsettled[name]
	for i := range status.Tasks {
		if c.unsettled[name] > 0 {
			status.Tasks[i].State = connect.Unassigned
		}
		if c.late[name] != "" && changed {
			status.Tasks[i].State, status.Tasks[i].Trace = connect.Failed, c.late[name]
		}
	}
	c.unsettled[name]--
	if changed {
		delete(c.late, name)
	}
	document, _ = json.Marshal(status)
	return document
}
