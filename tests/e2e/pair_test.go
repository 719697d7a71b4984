package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

const sourceClass = "org.apache.kafka.connect.file.FileStreamSourceConnector"

// integrator deploys connect-integrator with a source that reads a file and a sink that writes one.
func (s *stage) integrator(app string) (input, output string) {
	s.t.Helper()
	dir := s.t.TempDir()
	input, output = filepath.Join(dir, "in.txt"), filepath.Join(dir, "out.txt")
	require.NoError(s.t, os.WriteFile(input, nil, 0o600))
	require.NoError(s.t, s.Deploy(app, jujutest.FromDir(parts.Charms.ConnectIntegrator), jujutest.DeployOptions{
		Config:    map[string]any{"state": s.stateFile(app, input, output)},
		Resources: map[string]string{"plugin": parts.Kafka.FilePlugin},
	}))
	return input, output
}

// stateFile is the state file of integrator.
func (s *stage) stateFile(app, input, output string) string {
	topic := app + "-" + s.UUID()[:8]
	return fmt.Sprintf(`
defaults: {config: {tasks.max: 1, value.converter: org.apache.kafka.connect.storage.StringConverter}}
connectors:
  - {name: source, config: {connector.class: %s, file: %s, topic: %s}}
  - {name: sink, config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, file: %s, topics: %s}}
`, sourceClass, input, topic, output, topic)
}

// lines writes lines into input and waits for them at the end of output.
func (s *stage) lines(input, output, lines string) {
	s.t.Helper()
	file, err := os.OpenFile(input, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(s.t, err)
	_, err = file.WriteString(lines)
	require.NoError(s.t, err)
	require.NoError(s.t, file.Close())
	require.Eventually(s.t, func() bool {
		arrived, _ := os.ReadFile(output)
		return strings.HasSuffix(string(arrived), lines)
	}, patience, 50*time.Millisecond, "the lines in %s", output)
}

// rest is a REST client with what is published for a relation.
func (s *stage) rest(relation int) *connect.Client {
	s.t.Helper()
	published := s.published(relation)
	content := s.credentials(published)
	client, err := connect.New(connect.Config{
		Endpoints: published.Endpoints, Username: content["username"], Password: secret.New(content["password"]),
	})
	require.NoError(s.t, err)
	return client
}

func (s *stage) credentials(published schemas.Answer) map[string]string {
	s.t.Helper()
	content, err := s.RevealSecret(published.SecretUser.String())
	require.NoError(s.t, err)
	return content
}

// direct asks a unit's own worker, past the gateway.
func (s *stage) direct(unit, path string, answer any) {
	s.t.Helper()
	info, err := s.Unit(unit)
	require.NoError(s.t, err)
	response, err := http.Get("http://" + info.Address + ":8084" + path)
	require.NoError(s.t, err)
	defer response.Body.Close()
	require.NoError(s.t, json.NewDecoder(response.Body).Decode(answer))
}

// steps counts how often a unit took a step.
func (s *stage) steps(unit, step string) (count int) {
	for _, run := range s.HookLog() {
		if run.Unit == unit {
			count += strings.Count(run.Output, "charm."+step)
		}
	}
	return count
}

func (s *stage) allActive(apps ...string) {
	s.t.Helper()
	s.eventually("all are active", func() bool {
		for _, app := range apps {
			for _, unit := range s.Units(app) {
				if status, _ := s.StatusOf(unit); status.Current != "active" {
					return false
				}
			}
		}
		return true
	})
}

// TestTheLifeOfTwoRelations is the main way: two workers, two clients with the same plugin, one that goes.
func TestTheLifeOfTwoRelations(t *testing.T) { onEach(t, theLifeOfTwoRelations) }

func theLifeOfTwoRelations(t *testing.T, s *stage) {
	s.deploy(2, nil)
	oneIn, oneOut := s.integrator("one")
	s.settle()
	one := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")

	// Both sides are what the contract says.
	bag, err := s.RelationData(one, "one")
	require.NoError(t, err)
	_, err = schemas.DecodeRequirer(bag)
	require.NoError(t, err)
	published := s.published(one)
	assert.Len(t, published.Endpoints, 2)
	assert.Equal(t, s.UUID(), published.SecretUser.ModelUUID, "the full form")
	for _, unit := range s.Units(provider) {
		info, err := s.Unit(unit)
		require.NoError(t, err)
		assert.Equal(t, []string{"8083/tcp"}, info.OpenPorts)
		assert.Equal(t, 1, s.steps(unit, "RestartWorker"), "%s restarts once for a plugin", unit)
		var loaded []struct{ Class string }
		s.direct(unit, "/connector-plugins", &loaded)
		assert.True(t, slices.ContainsFunc(loaded, func(p struct{ Class string }) bool { return p.Class == sourceClass }), "loaded by %s", unit)
	}
	s.lines(oneIn, oneOut, "first\nsecond\n")

	// A second client with the same plugin costs no restart.
	twoIn, twoOut := s.integrator("two")
	s.settle()
	two := s.integrate("two")
	s.settle()
	s.allActive(provider, "one", "two")
	for _, unit := range s.Units(provider) {
		assert.Equal(t, 1, s.steps(unit, "RestartWorker"), "what is loaded is not loaded again by %s", unit)
	}
	s.lines(twoIn, twoOut, "third\n")

	// Each sees its own connectors only, at every endpoint.
	names, err := s.rest(one).Connectors(t.Context())
	require.NoError(t, err)
	assert.Len(t, names, 2)
	others, err := s.rest(two).Connectors(t.Context())
	require.NoError(t, err)
	_, err = s.rest(one).Config(t.Context(), others[0])
	require.ErrorIs(t, err, connect.ErrNotFound)
	require.ErrorIs(t, s.rest(one).Delete(t.Context(), others[0]), connect.ErrNotFound)

	listed, err := s.RunAction(t.Context(), provider+"/0", "list-clients", nil)
	require.NoError(t, err)
	assert.Equal(t, "2", listed.Results["clients"])
	assert.Contains(t, listed.Results[fmt.Sprintf("relation-%d", two)], "two: plugin ")
	s.requireNoPasswordOnDisk(one)

	// One goes, with all that was its own; two does not notice.
	old := s.credentials(published)
	require.NoError(t, s.RemoveRelation(provider, "one"))
	s.settle()
	for _, endpoint := range published.Endpoints {
		assert.Equal(t, http.StatusUnauthorized, s.ask(endpoint, old))
	}
	var left []string
	s.direct(provider+"/0", "/connectors", &left)
	assert.ElementsMatch(t, others, left)
	assert.Len(t, s.plugins(provider+"/0"), 1, "the plugin is two's as well")
	s.lines(twoIn, twoOut, "fourth\n")

	// Of the two leaders, one has the worker that does not lead the Connect group, and forwards the deletion.
	require.NoError(t, s.SetLeader(provider+"/1"))
	s.settle()
	require.NoError(t, s.RemoveRelation(provider, "two"))
	s.settle()
	for _, unit := range s.Units(provider) {
		assert.Empty(t, s.plugins(unit))
	}
	for _, secret := range s.Secrets() {
		assert.NotRegexp(t, `^connect-client\.[0-9]`, secret.Label, "no client's secret stays behind")
	}
	s.direct(provider+"/0", "/connectors", &left)
	assert.Empty(t, left)
}

// requireNoPasswordOnDisk looks into every file of every unit. The integrator's manager has it in a file of its own.
func (s *stage) requireNoPasswordOnDisk(relation int) {
	s.t.Helper()
	password := s.credentials(s.published(relation))["password"]
	require.NotEmpty(s.t, password)
	err := filepath.WalkDir(s.Dir(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Ext(path) == ".jar" {
			return nil // gone meanwhile, or no text
		}
		content, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(content), password) {
			return nil
		}
		assert.Regexp(s.t, `/manager/clusters/\d+/password$`, path)
		info, err := entry.Info()
		require.NoError(s.t, err)
		assert.Equal(s.t, fs.FileMode(0o600), info.Mode(), path)
		return nil
	})
	require.NoError(s.t, err)
}

func TestConnectorsAreCreatedThroughEveryEndpoint(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(2, nil)
	s.client("client", schemas.NotRequired)
	s.settle()
	relation := s.integrate("client")
	s.settle()
	s.requireStatus(provider+"/0", "active", "1 client")
	for _, unit := range s.Units(provider) {
		assert.Zero(t, s.steps(unit, "RestartWorker"), "NOT-REQUIRED restarts nothing")
	}
	published := s.published(relation)
	content := s.credentials(published)
	require.Len(t, published.Endpoints, 2)
	for i, endpoint := range published.Endpoints { // one of them forwards to the other
		client, err := connect.New(connect.Config{Endpoints: []string{endpoint}, Username: content["username"], Password: secret.New(content["password"])})
		require.NoError(t, err)
		name := fmt.Sprintf("mirror%d_r%d_%s", i, relation, strings.ReplaceAll(s.UUID(), "-", ""))
		_, err = client.Create(t.Context(), name, pair.Heartbeats(parts.broker.Bootstrap()), connect.InitialRunning)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			status, err := client.Status(t.Context(), name)
			return err == nil && len(status.Tasks) == 1 && status.Tasks[0].State == "RUNNING"
		}, patience, 50*time.Millisecond, "the task of a connector made at %s (the workers' signed requests pass the gateways)", endpoint)
	}
}

func TestANewLeaderGoesOn(t *testing.T) { onEach(t, aNewLeaderGoesOn) }

func aNewLeaderGoesOn(t *testing.T, s *stage) {
	s.deploy(2, nil)
	input, output := s.integrator("one")
	s.settle()
	relation := s.integrate("one")
	require.NoError(t, s.SetLeader(provider+"/1"))
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "one\n")
	password := s.credentials(s.published(relation))

	require.NoError(t, s.RemoveUnit(provider+"/1"))
	s.settle()
	s.allActive(provider, "one")
	assert.Len(t, s.published(relation).Endpoints, 1, "the unit that is gone is no endpoint")
	assert.Equal(t, password, s.credentials(s.published(relation)), "the secret outlives the leader that made it")
	assert.Equal(t, http.StatusOK, s.ask(s.published(relation).Endpoints[0], password))
	s.lines(input, output, "two\n")

	unit, err := s.AddUnit(provider)
	require.NoError(t, err)
	s.settle()
	s.eventually("the new unit is an endpoint", func() bool { return len(s.published(relation).Endpoints) == 2 })
	assert.Len(t, s.plugins(unit), 1)
	s.allActive(provider, "one")
	s.lines(input, output, "three\n")
}

func TestScalingTheIntegratorDownKeepsItsConnectors(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	input, output := s.integrator("one")
	second, err := s.AddUnit("one")
	require.NoError(t, err)
	s.settle()
	s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "one\n")
	require.NoError(t, s.RemoveUnit("one/0"))
	s.settle()
	s.allActive(provider, "one")
	require.Equal(t, second, s.Leader("one"))
	s.lines(input, output, "two\n")
}

func TestARefreshKeepsTheRelationUpAndRunsTheNewGateway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.deploy(1, nil)
	input, output := s.integrator("one")
	s.settle()
	relation := s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	password := s.credentials(s.published(relation))
	worker := workerPID(t, s, provider+"/0")

	refreshed := filepath.Join(t.TempDir(), "charm")
	require.NoError(t, os.CopyFS(refreshed, os.DirFS(parts.Charms.KafkaConnect)))
	require.NoError(t, s.Refresh(provider, jujutest.FromDir(refreshed)))
	s.settle()
	s.allActive(provider, "one")
	assert.Equal(t, worker, workerPID(t, s, provider+"/0"), "the worker is not the charm's program")
	assert.Equal(t, http.StatusOK, s.ask(s.published(relation).Endpoints[0], password))
	s.lines(input, output, "after\n")
}

// TestAHookKilledInMidDownloadIsRepeated kills the charm while it downloads.
func TestAHookKilledInMidDownloadIsRepeated(t *testing.T) {
	onEach(t, aHookKilledInMidDownloadIsRepeated)
}

func aHookKilledInMidDownloadIsRepeated(t *testing.T, s *stage) {
	s.deploy(1, nil)
	s.settle()
	good, err := os.ReadFile(parts.Kafka.FilePlugin)
	require.NoError(t, err)
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		killed := false
		once.Do(func() {
			killed = true
			_, _ = w.Write(good[:len(good)/2])
			_ = http.NewResponseController(w).Flush()
			assert.NoError(t, killDispatch(s, provider+"/0"))
		})
		if !killed {
			_, _ = w.Write(good)
		}
	}))
	t.Cleanup(server.Close)
	s.client("client", server.URL)
	relation := s.integrate("client")
	s.settle()
	assert.Len(t, s.published(relation).Endpoints, 1)
	assert.Len(t, s.plugins(provider+"/0"), 1)
	left, err := os.ReadDir(filepath.Join(s.data(provider+"/0"), "plugins/incoming"))
	require.NoError(t, err)
	assert.Empty(t, left, "nothing half installed")
	assert.True(t, slices.ContainsFunc(s.HookLog(), func(run jujutest.HookRun) bool { return run.Exit != 0 }), "the hook really was killed")
}

func killDispatch(s *stage, unit string) error {
	info, err := s.Unit(unit)
	if err != nil {
		return err
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	for _, process := range processes {
		line, err := os.ReadFile(process)
		if err == nil && strings.HasPrefix(string(line), filepath.Join(info.CharmDir, "bin/kafka-connect")+"\x00dispatch") {
			var pid int
			if _, err := fmt.Sscanf(process, "/proc/%d/", &pid); err != nil {
				return err
			}
			return syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return errors.New("no hook runs")
}

// TestAHookWithNothingToDoIsCheap prints what one costs: it fails on what it does, not on a clock.
func TestAHookWithNothingToDoIsCheap(t *testing.T) {
	s := newStage(t)
	s.deploy(1, nil)
	input, output := s.integrator("one")
	s.settle()
	s.integrate("one")
	s.settle()
	s.allActive(provider, "one")
	s.lines(input, output, "x\n")
	cost := map[string][]time.Duration{}
	quiet := 0
	s.eventually("five rounds in which nothing was due", func() bool {
		before := len(s.HookLog())
		s.updateStatus()
		runs := s.HookLog()[before:]
		if slices.ContainsFunc(runs, func(run jujutest.HookRun) bool {
			return run.Name != "update-status" || strings.HasPrefix(run.Unit, provider) && strings.Contains(run.Output, "charm.")
		}) {
			return false // on a busy machine something may be late, and be seen to
		}
		for _, run := range runs {
			cost[run.Unit] = append(cost[run.Unit], run.User+run.System)
		}
		quiet++
		return quiet == 5
	})
	for unit, spent := range cost {
		slices.Sort(spent)
		t.Logf("update-status with nothing to do on %s: CPU min %v, median %v, max %v of %d runs, hook tools included",
			unit, spent[0], spent[len(spent)/2], spent[len(spent)-1], len(spent))
	}
}
