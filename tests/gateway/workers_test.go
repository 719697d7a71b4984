package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/secret"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/gateway"
	"connectcharms/tests/kafka"
)

const (
	uuid     = "0123456789abcdef0123456789abcdef"
	patience = 2 * time.Minute
	// here is where workers listen. Nobody connects from it, so a port that is free there stays free: of 127.0.0.1 the kernel takes some.
	here = "127.0.2.1"
)

var client = gateway.Account{Username: "relation-1", Password: strings.Repeat("p", 32), Relation: 1}

// unit is a worker behind its gateway, as the charm runs them.
type unit struct {
	gateway *gateway.Gateway
	worker  *kafka.Worker
	address string
}

// TestWorkersReachEachOtherThroughTheDoorOfTheirOwn has two real workers, which listen on loopback without TLS, name
// each other their gateways' doors with mutual TLS.
func TestWorkersReachEachOtherThroughTheDoorOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, version := range []string{kafka.DefaultVersion, "3.9.1"} {
		t.Run(version, func(t *testing.T) {
			runtime, err := kafka.Fetch(t.Context(), version, os.Stderr)
			require.NoError(t, err)
			broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
			identity, err := gateway.NewIdentity(t.TempDir())
			require.NoError(t, err)
			units := []unit{startUnit(t, runtime, broker, identity), startUnit(t, runtime, broker, identity)}

			names := createAndRun(t, units)
			for i, name := range names {
				units[i%2].eventually(t, 204, "POST", "/connectors/"+name+"/restart", "")
				units[i%2].eventually(t, 204, "DELETE", "/connectors/"+name, "")
			}
			requireForwarded(t, units)
			requireDirect(t, units)
		})
	}
}

func startUnit(t *testing.T, runtime *kafka.Runtime, broker *kafka.Broker, identity gateway.Identity) unit {
	t.Helper()
	port := freePort(t)
	g, err := gateway.Start(t.Context(), program(t), t.TempDir(), gateway.Config{
		"upstream": fmt.Sprintf("http://%s:%d", here, port),
		"internal": map[string]string{"listen": "127.0.0.1:0", "certificate": identity.Certificate, "key": identity.Key},
	}, client)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Stop()) })
	_, door, err := net.SplitHostPort(g.Status.Internal)
	require.NoError(t, err)
	worker, err := kafka.StartWorker(t.Context(), runtime, broker, kafka.WorkerOptions{
		Address: here, Port: port, Dir: t.TempDir(), PluginPath: runtime.PluginPath,
		Extra: map[string]string{
			"rest.advertised.listener":                              "https",
			"rest.advertised.host.name":                             "127.0.0.1",
			"rest.advertised.port":                                  door,
			"listeners.https.ssl.keystore.type":                     "PKCS12",
			"listeners.https.ssl.keystore.location":                 identity.KeyStore,
			"listeners.https.ssl.keystore.password":                 identity.Password,
			"listeners.https.ssl.key.password":                      identity.Password,
			"listeners.https.ssl.truststore.type":                   "PKCS12",
			"listeners.https.ssl.truststore.location":               identity.TrustStore,
			"listeners.https.ssl.truststore.password":               identity.Password,
			"listeners.https.ssl.endpoint.identification.algorithm": "",
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, worker.Stop()) })
	return unit{g, worker, "http://" + g.Status.Listen}
}

// createAndRun creates connectors through both gateways in turn. Their tasks run only when the worker that has the
// connector could tell the leader of the group which tasks there are.
func createAndRun(t *testing.T, units []unit) (names []string) {
	t.Helper()
	for i := range 4 {
		name := fmt.Sprintf("app%d_r1_%s", i, uuid)
		input := filepath.Join(t.TempDir(), "in.txt")
		require.NoError(t, os.WriteFile(input, nil, 0o600))
		units[i%2].eventually(t, 201, "POST", "/connectors", fmt.Sprintf(
			`{"name":%q,"config":{"connector.class":"FileStreamSource","tasks.max":"1","file":%q,"topic":"lines"}}`, name, input))
		names = append(names, name)
	}
	for _, name := range names {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			_, body := units[0].do(t.Context(), c, "GET", "/connectors/"+name+"/status", "")
			assert.Equal(c, 2, strings.Count(body, `"state":"RUNNING"`), body)
		}, patience, 50*time.Millisecond)
	}
	return names
}

// requireForwarded sees in the audit records, which may be written after an answer was given, that what could only be the leader's to
// do came by the workers' door.
func requireForwarded(t *testing.T, units []unit) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		came := cameByTheDoor(t, units)
		assert.Positive(c, came["client POST /connectors"], "a creation that a follower forwards: %v", came)
		assert.Positive(c, came["client DELETE /connectors/*"], "a deletion that a follower forwards: %v", came)
		assert.Positive(c, came["worker POST /connectors/*/tasks"], "task configurations that a follower signs: %v", came)
	}, patience, 100*time.Millisecond)
}

// cameByTheDoor counts what the workers' doors let through.
func cameByTheDoor(t *testing.T, units []unit) (came map[string]int) {
	t.Helper()
	came = map[string]int{}
	for _, unit := range units {
		for _, record := range unit.records(t) {
			if record.Listener != "workers" {
				assert.NotEqual(t, "worker", record.Kind, "%+v", record)
				continue
			}
			assert.True(t, record.TLS)
			if record.Outcome == "done" {
				came[record.Kind+" "+record.Method+" "+connectorInPath.ReplaceAllString(record.Path, "/connectors/*")]++
			}
		}
	}
	return came
}

// requireDirect has the client of this project write through the gateways: it finds the leader, so nothing is forwarded.
func requireDirect(t *testing.T, units []unit) {
	t.Helper()
	rest, err := connect.New(connect.Config{
		Endpoints: []string{units[0].address, units[1].address}, Username: client.Username, Password: secret.New(client.Password),
	})
	require.NoError(t, err)
	defer rest.Close()
	name := "direct_r1_" + uuid
	_, err = rest.Create(t.Context(), name, map[string]string{
		"connector.class": "FileStreamSource", "tasks.max": "1", "file": "none", "topic": "lines",
	}, connect.InitialStopped)
	require.NoError(t, err)
	require.NoError(t, rest.Delete(t.Context(), name))
	for _, unit := range units {
		for _, record := range unit.records(t) {
			assert.False(t, record.Listener == "workers" && record.Path == "/connectors/"+name, "%+v", record)
		}
	}
}

var connectorInPath = regexp.MustCompile(`^/connectors/[^/]+`)

type record struct {
	Listener, Kind, Method, Path, Outcome string
	Status                                int
	TLS                                   bool
}

func (u unit) records(t *testing.T) (all []record) {
	t.Helper()
	file, err := os.Open(u.gateway.AuditFile())
	require.NoError(t, err)
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var one record
		require.NoError(t, json.Unmarshal(lines.Bytes(), &one))
		all = append(all, one)
	}
	return all
}

// eventually asks again where the group is not settled yet.
func (u unit) eventually(t *testing.T, want int, method, path, body string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		status, said := u.do(t.Context(), c, method, path, body)
		assert.Equal(c, want, status, said)
	}, patience, 100*time.Millisecond, "%s %s", method, path)
}

func (u unit) do(ctx context.Context, c *assert.CollectT, method, path, body string) (int, string) {
	request, err := http.NewRequestWithContext(ctx, method, u.address+path, strings.NewReader(body))
	require.NoError(c, err)
	request.SetBasicAuth(client.Username, client.Password)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(c, err)
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	require.NoError(c, err)
	return response.StatusCode, string(said)
}

// program is the charm's, built.
func program(t *testing.T) string {
	t.Helper()
	kept, err := cache.Dir()
	require.NoError(t, err)
	built, err := charms.Build(t.Context(), filepath.Join(kept, "charms"))
	require.NoError(t, err)
	return filepath.Join(built.KafkaConnect, "bin", "kafka-connect")
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", here+":0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
