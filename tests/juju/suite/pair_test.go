package suite

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
	"connectcharms/tests/juju/model"
)

// pair is one Kafka Connect of two workers, and clients that come and go:
//
//	home, machines 0 and 1: kafka-connect    machine 2: connect-integrator, mirror
//	far, machine 0: distant, a client from another model    machine 1, without Java: bare, another Kafka Connect
type pair struct {
	stage
	home, far *place
	topic     string         // that connect-integrator's connectors use
	lines     int            // written so far
	trusted   *x509.CertPool // of https endpoints
}

// A client that needs no plugin, beside connect-integrator, which brings one.
const mirror = "mirror"

func (s *pair) SetupSuite() {
	s.home = s.newPlace("pair")
	s.startBroker(s.home)
	s.addMachines(s.home, 3, model.WithJava)
	for _, id := range s.home.ids {
		s.on(s.home, id, "mkdir -m 1777 /srv/lines")
	}
}

func (s *pair) TestStories() {
	s.tell([]story{
		{"deployed with its resource and integrated, the pair becomes active", s.deployed},
		{"databags and secret are what the contract says", s.contract},
		{"both workers have the plugin and do work, lines flow", s.twoWorkers},
		{"a client that needs no plugin restarts no worker", s.notRequired},
		{"an action lists the clients", s.action},
		{"a changed connector is changed, a changed worker restarted", s.configChange},
		{"a new leader goes on, and a new unit joins", s.scale},
		{"another password is announced by its secret", s.password},
		{"an operator has an account", s.operator},
		{"a certificate makes endpoints https, and its end http", s.https},
		{"an operator restarts the workers", s.restart},
		{"a refresh leaves the workers alone", s.refresh},
		{"a hook that failed is repeated, and clients do not notice", s.failedHook},
		{"after a reboot a machine works again", s.reboot},
		{"a client of another model works, and leaves nothing", s.crossModel},
		{"without Java and without a mirror the status says so", s.noJava},
		{"a relation goes with its account, plugin, secret and connectors", s.removeRelation},
		{"an application goes from its machines", s.removeApplication},
	})
}

func (s *pair) deployed() {
	ids := s.home.ids
	s.deploy(s.home, deployment{charm: s.keeper, app: keeper, machines: ids})
	s.deploy(s.home, deployment{
		charm: s.provider, app: provider, machines: ids[:2],
		config:    map[string]string{"bootstrap-servers": s.broker.Bootstrap()},
		resources: map[string]string{"kafka": s.kafka.Archive},
	})
	s.topic = "lines"
	s.deploy(s.home, deployment{
		charm: s.integrator, app: integrator, machines: ids[2:],
		config:    map[string]string{"connectors": fileConnectors(s.topic)},
		resources: map[string]string{"plugin": s.kafka.FilePlugin},
	})
	s.integrate(s.home, provider, integrator)
	s.awaitActive(s.home, provider, integrator)
	s.awaitEndpoints(2) // a unit that comes late is added
}

func (s *pair) contract() {
	client := s.link(integrator)
	s.Equal(s.home.UUID, client.published.SecretUser.ModelUUID, "the full form, which works across models")
	s.Len(client.published.Endpoints, 2)
	s.Equal(provider, client.secret.Owner)
	s.Equal([]string{"application-" + integrator}, client.secret.Readers)
	for _, at := range client.published.Endpoints {
		s.Equal(http.StatusOK, s.ask(at, client.username, client.password), at)
		s.Equal(http.StatusUnauthorized, s.ask(at, client.username, secret.New("not it")), at)
	}
	for _, id := range s.home.ids {
		out := s.on(s.home, id, "grep -rlF "+client.password.Reveal()+" /var/lib/kafka-connect-* /var/lib/connect-integrator-* /var/log/juju 2>/dev/null || true")
		s.Empty(out, "the password is in no file of machine %s", id)
	}
}

func (s *pair) twoWorkers() {
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		s.Equal(1, s.installed(s.home, unit))
		s.Contains(s.worker(unit, "/connector-plugins"), "FileStreamSourceConnector", "loaded by the worker of %s", unit)
	}
	listed, err := s.rest(integrator).ListConnectors(limited(s.T()))
	s.Require().NoError(err)
	workers := map[string]bool{}
	for _, connector := range listed {
		workers[connector.Status.Connector.WorkerID] = true
		for _, task := range connector.Status.Tasks {
			workers[task.WorkerID] = true
		}
	}
	s.Len(workers, 2, "connectors and tasks are shared out")
	s.flows(s.topic)
}

func (s *pair) action() {
	_, leader := s.units(s.home, provider)
	listed := fmt.Sprint(s.run(leader, "list-clients"))
	s.Contains(listed, "clients:2")
	s.Contains(listed, integrator+": plugin ")
	s.Contains(listed, mirror+": no plugin, credentials published")
}

func (s *pair) notRequired() {
	before := s.workerPIDs()
	connectors := fmt.Sprintf(`
heartbeats:
  connector.class: org.apache.kafka.connect.mirror.MirrorHeartbeatConnector
  source.cluster.alias: a
  target.cluster.alias: b
  source.cluster.bootstrap.servers: %[1]s
  target.cluster.bootstrap.servers: %[1]s
  heartbeats.topic.replication.factor: 1
`, s.broker.Bootstrap())
	s.deploy(s.home, deployment{
		charm: s.integrator, app: mirror, machines: s.home.ids[2:], config: map[string]string{"connectors": connectors},
	})
	s.integrate(s.home, provider, mirror)
	s.awaitActive(s.home, provider, mirror)
	s.Equal(schemas.NotRequired, s.link(mirror).wanted.PluginURL)
	s.Equal(before, s.workerPIDs())
}

// link is a relation of the home model, as both sides and the secret have it.
type link struct {
	relation  string
	wanted    schemas.Requirer
	published schemas.Provider
	secret    model.Secret
	username  string
	password  secret.Value
}

func (s *pair) link(client string) link {
	s.T().Helper()
	_, leader := s.units(s.home, provider)
	s.Require().NotEmpty(leader)
	_, requirer := s.units(s.home, client)
	theirs, err := s.home.Databag(limited(s.T()), requirer, leader, endpoint, endpoint)
	s.Require().NoError(err)
	ours, err := s.home.Databag(limited(s.T()), leader, requirer, endpoint, endpoint)
	s.Require().NoError(err)
	l := link{relation: ours.Relation}
	l.wanted, err = schemas.DecodeRequirer(theirs.Content)
	s.Require().NoError(err)
	l.published, err = schemas.DecodeProvider(ours.Content)
	s.Require().NoError(err)
	all, err := s.home.Secrets(limited(s.T()))
	s.Require().NoError(err)
	at := slices.IndexFunc(all, func(one model.Secret) bool { return one.ID == l.published.SecretUser.ID })
	s.Require().GreaterOrEqual(at, 0, "the published secret is one of %v", all)
	l.secret = all[at]
	l.username, l.password = l.secret.Value("username"), secret.New(l.secret.Value("password"))
	return l
}

// rest is a REST client with what is published for a client.
func (s *pair) rest(client string) *connect.Client {
	s.T().Helper()
	l := s.link(client)
	rest, err := connect.New(connect.Config{Endpoints: l.published.Endpoints, Username: l.username, Password: l.password})
	s.Require().NoError(err)
	return rest
}

// ask asks an endpoint for its connectors and returns the status code.
func (s *pair) ask(endpoint, username string, password secret.Value) (code int) {
	s.T().Helper()
	request, err := http.NewRequestWithContext(limited(s.T()), http.MethodGet, endpoint+"/connectors", nil)
	s.Require().NoError(err)
	request.SetBasicAuth(username, password.Reveal())
	answer, err := s.client().Do(request)
	s.Require().NoError(err)
	s.Require().NoError(answer.Body.Close())
	return answer.StatusCode
}

// worker asks the worker of a unit itself, past the gateway: on loopback, so from its machine.
func (s *pair) worker(unit, path string) string {
	s.T().Helper()
	return s.on(s.home, s.machineOf(s.home, unit), "curl --silent --show-error --fail http://127.0.0.1:8084"+path)
}

// installed counts the plugins on a unit's machine.
func (s *pair) installed(p *place, unit string) int {
	s.T().Helper()
	count, err := strconv.Atoi(s.on(p, s.machineOf(p, unit), "ls "+data(unit)+"/plugins/installed | wc -l"))
	s.Require().NoError(err)
	return count
}

// data is where a unit of kafka-connect has its files.
func data(unit string) string { return "/var/lib/" + strings.ReplaceAll(unit, "/", "-") }

// workerPIDs are the workers' processes, by unit.
func (s *pair) workerPIDs() map[string]string {
	s.T().Helper()
	pids := map[string]string{}
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		pids[unit] = s.on(s.home, s.machineOf(s.home, unit), "pgrep --full '^[^ ]*java .*ConnectDistributed "+data(unit)+"/' || true")
	}
	return pids
}

// flows writes a line where the source of a topic reads, on both workers' machines, for the source runs on either; and waits for it where the sink writes.
func (s *pair) flows(topic string) {
	s.T().Helper()
	s.lines++
	line := fmt.Sprintf("line %d", s.lines)
	places := s.home.ids[:2]
	for _, id := range places {
		s.on(s.home, id, "echo "+line+" >> /srv/lines/"+topic+".in")
	}
	until(s.T(), line+" comes out of topic "+topic, func() (reason string) {
		for _, id := range places {
			out := s.on(s.home, id, "tail -n 2 /srv/lines/"+topic+".out 2>/dev/null || true")
			if strings.HasSuffix(out, line) {
				return ""
			}
			reason += fmt.Sprintf("on machine %s the end is %q; ", id, out)
		}
		return reason
	})
}

// fileConnectors is a source that reads lines of a file on a worker's machine, and a sink that writes them to another file there.
func fileConnectors(topic string) string {
	const class, text = "org.apache.kafka.connect.file.FileStream", "org.apache.kafka.connect.storage.StringConverter"
	return fmt.Sprintf(`
source: {connector.class: %[1]sSourceConnector, tasks.max: 1, file: /srv/lines/%[3]s.in, topic: %[3]s, value.converter: %[2]s}
sink: {connector.class: %[1]sSinkConnector, tasks.max: 1, file: /srv/lines/%[3]s.out, topics: %[3]s, value.converter: %[2]s}
`, class, text, topic)
}
