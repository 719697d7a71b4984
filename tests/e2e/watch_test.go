package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/schemas"
	"connectcharms/tests/kafka"
)

// watcher is a charm that relates to one endpoint of the observability stack, and says in its unit's databag what it is told to.
func watcher(name, role, endpoint, kind string, says hook.Databag) jujutest.Charm {
	metadata := fmt.Sprintf("name: %s\n%s:\n  %s:\n    interface: %s\n", name, role, endpoint, kind)
	return jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		ids, err := h.RelationIDs(ctx, endpoint)
		if err != nil || len(says) == 0 || h.Kind == hook.RelationBroken {
			return err
		}
		for _, id := range ids {
			if err := h.RelationSet(ctx, id, says); err != nil {
				return err
			}
		}
		return nil
	})
}

// watch deploys a watcher and relates it.
func (s *stage) watch(name, role, endpoint, kind string, says hook.Databag) (relation int) {
	s.t.Helper()
	require.NoError(s.t, s.Deploy(name, watcher(name, role, endpoint, kind, says), jujutest.DeployOptions{}))
	relation, err := s.Integrate(provider, name)
	require.NoError(s.t, err)
	s.settle()
	return relation
}

// metricsOf scrapes one path of an address. On a busy machine a gateway may give up on its worker: it is asked again, as Prometheus does.
func metricsOf(t *testing.T, address, path string) (families map[string]*dto.MetricFamily) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		answer, err := http.Get("http://" + address + path)
		require.NoError(c, err)
		defer answer.Body.Close()
		require.Equal(c, http.StatusOK, answer.StatusCode, path)
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err = parser.TextToMetricFamilies(answer.Body)
		require.NoError(c, err)
	}, patience, 50*time.Millisecond)
	return families
}

// scrape reads the relation as Prometheus' charm does, and scrapes every unit by the first of the jobs.
func (s *stage) scrape(relation int) (units []map[string]*dto.MetricFamily) {
	s.t.Helper()
	for _, unit := range s.Units(provider) {
		bag, err := s.RelationData(relation, unit)
		require.NoError(s.t, err)
		require.Equal(s.t, unit, bag["prometheus_scrape_unit_name"])
		job := s.jobs(relation)[0]
		target := strings.ReplaceAll(job.Targets[0].Targets[0], "*", bag["prometheus_scrape_unit_address"])
		units = append(units, metricsOf(s.t, target, job.Path))
	}
	return units
}

type scrapeJob struct {
	Path    string `json:"metrics_path"`
	Targets []struct {
		Targets []string `json:"targets"`
	} `json:"static_configs"`
}

func (s *stage) jobs(relation int) (jobs []scrapeJob) {
	s.t.Helper()
	bag, err := s.RelationData(relation, provider)
	require.NoError(s.t, err)
	require.NoError(s.t, json.Unmarshal([]byte(bag["scrape_jobs"]), &jobs))
	return jobs
}

// total adds up the series of a metric that have these labels, over units.
func total(units []map[string]*dto.MetricFamily, name string, labels map[string]string) (sum float64) {
	for _, families := range units {
		for _, metric := range families[name].GetMetric() {
			has := map[string]string{}
			for _, label := range metric.GetLabel() {
				has[label.GetName()] = label.GetValue()
			}
			matches := true
			for label, value := range labels {
				matches = matches && has[label] == value
			}
			if matches {
				sum += metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// documented are the metrics in the document's tables.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../docs/observability.md")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:kafka|jvm|process)_[a-z_]+)`").FindAllStringSubmatch(string(text), -1) {
		names[row[1]] = true
	}
	return names
}

// lokiServer takes what Pebble pushes.
type lokiServer struct {
	*httptest.Server
	mu    sync.Mutex
	lines map[[2]string]int // by unit and service
}

func newLokiServer(t *testing.T) *lokiServer {
	t.Helper()
	l := &lokiServer{lines: map[[2]string]int{}}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var pushed struct {
			Streams []struct {
				Stream map[string]string
				Values [][2]string
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&pushed); err != nil { // Pebble has given up, or ends
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, stream := range pushed.Streams {
			assert.Equal(t, provider, stream.Stream["juju_application"])
			l.lines[[2]string{stream.Stream["juju_unit"], stream.Stream["pebble_service"]}] += len(stream.Values)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *lokiServer) has(unit, service string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[[2]string{unit, service}] > 0
}

// brokenSink makes a sink whose task fails: its directory is not there.
func (s *stage) brokenSink(relation int, name, topic string) (whole string) {
	s.t.Helper()
	whole = schemas.ConnectorName(name, fmt.Sprint(relation), s.UUID())
	_, err := s.rest(relation).Create(s.t.Context(), whole, map[string]string{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "1", "topics": topic,
		"file": "/no/such/directory/hunter2", "my.password": "hunter2",
		"value.converter": "org.apache.kafka.connect.storage.StringConverter",
	}, connect.InitialRunning)
	require.NoError(s.t, err)
	require.Eventually(s.t, func() bool {
		status, err := s.rest(relation).Status(s.t.Context(), whole)
		return err == nil && len(status.Tasks) == 1 && status.Tasks[0].State == connect.Failed
	}, patience, 100*time.Millisecond)
	return whole
}

func TestThreeWorkersAreWatched(t *testing.T) {
	s := newStage(t)
	jar, err := kafka.FetchJMXExporter(t.Context(), os.Stderr)
	require.NoError(t, err)
	require.NoError(t, s.Deploy(provider, jujutest.FromDir(parts.Charms.KafkaConnect), jujutest.DeployOptions{
		Units: 3, Config: map[string]any{"bootstrap-servers": parts.broker.Bootstrap()},
		Resources: map[string]string{"kafka": parts.Kafka.Archive, "jmx-exporter": jar},
	}))
	input, output := s.integrator("my-integrator")
	s.settle()
	client := s.integrate("my-integrator")
	s.settle()
	s.eventually("all is active", func() bool {
		status, _ := s.StatusOf("my-integrator/0")
		return status.Current == "active"
	})
	s.lines(input, output, "one\n")
	s.client("other", schemas.NotRequired)
	other := s.integrate("other")
	s.settle()
	s.eventually("credentials are published", func() bool { return len(s.published(other).Endpoints) == 3 })
	leader := s.Leader(provider)
	_, err = net.Dial("tcp", s.at(leader, 9404))
	require.ErrorContains(t, err, "connection refused", "nobody has asked for metrics")

	gateways := s.gateways(leader)
	scraping := s.watch("prometheus", "requires", "metrics-endpoint", "prometheus_scrape", nil)
	assert.Equal(t, gateways, s.gateways(leader), "no gateway was restarted for it")
	t.Run("sums over the units are right", func(t *testing.T) { s.requireSums(t, scraping, client) })
	t.Run("a failed connector shows without blocking", func(t *testing.T) { s.requireFailureIsShown(t, scraping, other) })
	t.Run("the document lists what is told", func(t *testing.T) { s.requireDocumented(t, scraping) })
	t.Run("logs arrive at Loki", func(t *testing.T) { s.requireLogs(t) })
	t.Run("who goes closes the door", func(t *testing.T) { s.requireMetricsEnd(t, leader) })
}

// at is a port of a unit.
func (s *stage) at(unit string, port int) string {
	s.t.Helper()
	info, err := s.Unit(unit)
	require.NoError(s.t, err)
	return net.JoinHostPort(info.Address, fmt.Sprint(port))
}

func (s *stage) requireSums(t *testing.T, scraping, client int) {
	relation := map[string]string{"relation_id": fmt.Sprint(client), "application": "my-integrator"}
	with := func(state string) map[string]string {
		return map[string]string{"relation_id": relation["relation_id"], "application": "my-integrator", "state": state}
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) { // a worker that is late is not up
		units := s.scrape(scraping)
		require.Len(c, units, 3)
		assert.InDelta(c, 3, total(units, "kafka_connect_worker_up", nil), 0)
		assert.InDelta(c, 2, total(units, "kafka_connect_connectors", nil), 0)
		assert.InDelta(c, 2, total(units, "kafka_connect_connectors", with("running")), 0)
		assert.InDelta(c, 2, total(units, "kafka_connect_tasks", with("running")), 0)
		assert.InDelta(c, 1, total(units, "kafka_connect_client_ready", relation), 0, "told once, by the leader")
		assert.InDelta(c, 3, total(units, "kafka_connect_plugins_loaded", nil), 0)
		assert.InDelta(c, 0, total(units, "kafka_connect_restart_pending", nil), 0)
		assert.Positive(c, total(units, "kafka_connect_gateway_requests_total", map[string]string{"code": "201"}))
	}, patience, time.Second)
}

func (s *stage) requireFailureIsShown(t *testing.T, scraping, client int) {
	broken := s.brokenSink(client, "broken", "my-integrator-"+s.UUID()[:8])
	require.EventuallyWithT(t, func(c *assert.CollectT) { // each gateway asks its worker every five seconds at most
		units := s.scrape(scraping)
		assert.InDelta(c, 1, total(units, "kafka_connect_connector_tasks_failed", map[string]string{"connector": broken}), 0)
		assert.InDelta(c, 3, total(units, "kafka_connect_connectors", map[string]string{"state": "running"}), 0, "the connector itself runs")
		assert.InDelta(c, 1, total(units, "kafka_connect_tasks", map[string]string{"state": "failed"}), 0)
	}, patience, time.Second)

	failure := regexp.MustCompile(`^2 clients; connector broken_r\S+ of other task 0 failed: ` +
		`org\.apache\.kafka\.connect\.errors\.ConnectException: `)
	s.eventually("the status names it", func() bool {
		status, _ := s.StatusOf(provider)
		return failure.MatchString(status.Message)
	})
	status, _ := s.StatusOf(provider)
	assert.Equal(t, "active", status.Current)
	assert.NotContains(t, status.Message, "hunter2")
	for _, unit := range s.Units(provider) {
		s.requireStatus(unit, "active", "2 clients")
	}
	bag, err := s.RelationData(client, provider)
	require.NoError(t, err)
	assert.Contains(t, bag["status"], `"code":1000`)
	assert.Contains(t, bag["status"], broken)
	s.requireStatus("my-integrator/0", "active", "")

	listed := s.action(s.Leader(provider), "list-connectors", nil)
	assert.Equal(t, "3", listed.Results["connectors"])
	assert.Equal(t, "1", listed.Results["failed"])
	assert.Contains(t, listed.Results["connector-0001"], broken+": running on kafka-connect/")
	assert.Contains(t, listed.Results["connector-0001"], "of other (relation "+fmt.Sprint(client)+"); task 0 failed: ")
	assert.NotContains(t, fmt.Sprint(listed.Results), "hunter2")

	require.NoError(t, s.rest(client).Delete(t.Context(), broken))
	s.eventually("the status forgets it", func() bool {
		status, _ := s.StatusOf(provider)
		return status.Message == "2 clients"
	})
}

func (s *stage) requireDocumented(t *testing.T, scraping int) {
	names := documented(t)
	told := map[string]bool{}
	for _, families := range s.scrape(scraping) {
		for name := range families {
			told[name] = true
			if !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
				assert.True(t, names[name], "%s is told and not documented", name)
			}
		}
	}
	jobs := s.jobs(scraping)
	require.Len(t, jobs, 2, "the gateway's, and the worker's by the JMX exporter")
	for _, unit := range s.Units(provider) {
		began := time.Now()
		families := metricsOf(t, s.at(unit, 9404), jobs[1].Path)
		t.Logf("the worker of %s tells %d metrics in %v", unit, len(families), time.Since(began))
		for name := range families {
			told[name] = true
			assert.True(t, names[name] || !strings.HasPrefix(name, "kafka_"), "%s is told and not documented", name)
		}
	}
	now := map[string]bool{ // there is none of it at this moment
		"kafka_connect_connector_failed": true, "kafka_connect_connector_tasks_failed": true,
		"kafka_connect_gateway_certificate_expiry_timestamp_seconds": true,
	}
	for name := range names {
		assert.True(t, told[name] || now[name], "%s is documented and not told", name)
	}
}

func (s *stage) requireLogs(t *testing.T) {
	loki := newLokiServer(t)
	endpoint, err := json.Marshal(map[string]string{"url": loki.URL + "/loki/api/v1/push"})
	require.NoError(t, err)
	s.watch("loki", "provides", "logging", "loki_push_api", hook.Databag{"endpoint": string(endpoint)})
	for _, unit := range s.Units(provider) {
		for _, service := range []string{"worker", "gateway"} {
			assert.Eventually(t, func() bool {
				var connectors []string
				s.direct(unit, "/connectors", &connectors) // the worker logs each request
				s.ask("http://"+s.at(unit, 8083), nil)     // and the gateway who was refused
				return loki.has(unit, service)
			}, patience, 200*time.Millisecond, "%s of %s", service, unit)
		}
	}
	require.NoError(t, s.RemoveRelation(provider, "loki"))
	s.settle()
}

func (s *stage) requireMetricsEnd(t *testing.T, unit string) {
	require.NoError(t, s.RemoveRelation(provider, "prometheus"))
	s.settle()
	_, err := net.Dial("tcp", s.at(unit, 9404))
	require.ErrorContains(t, err, "connection refused")

	agent := s.watch("agent", "requires", "cos-agent", "cos_agent", nil)
	bag, err := s.RelationData(agent, unit)
	require.NoError(t, err)
	var config struct {
		Jobs       []scrapeJob `json:"metrics_scrape_jobs"`
		Dashboards []string    `json:"dashboards"`
	}
	require.NoError(t, json.Unmarshal([]byte(bag["config"]), &config))
	assert.Len(t, config.Dashboards, 1)
	assert.Contains(t, metricsOf(t, config.Jobs[0].Targets[0].Targets[0], config.Jobs[0].Path), "kafka_connect_worker_up")
}
