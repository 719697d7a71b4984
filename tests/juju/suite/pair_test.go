package suite

import (
	"bufio"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
	"connectcharms/tests/juju/model"
)

// pair is one Kafka Connect of two workers, and clients that come and go. Where they live on machines:
//
//	home, machines 0 and 1: kafka-connect    machine 2: connect-integrator, mirror
//	far, machine 0: distant, a client from another model
//	plain, machine 0, without Java: bare, another Kafka Connect
//
// On Kubernetes each unit has a pod, in one namespace or the other, and there is no bare.
type pair struct {
	stage
	home, far *place
	topic     string              // that connect-integrator's connectors use
	lines     map[string][]string // written so far, by topic
	trusted   *x509.CertPool      // of https endpoints
}

// A client that needs no plugin, beside connect-integrator, which brings one.
const mirror = "mirror"

func (s *pair) SetupSuite() {
	s.lines = map[string][]string{}
	s.home = s.newPlace("pair")
	s.startBroker(s.home)
	s.Require().NoError(s.home.prepare(limited(s.T()), 3, 0))
}

func (s *pair) TestStories() { s.tell(s.storiesOn(s.controller.On())) }

func (s *pair) deployed() {
	s.deploy(s.home, s.home.kafkaConnect(deployment{
		app: provider, units: 2, config: map[string]string{"bootstrap-servers": s.broker.Bootstrap()},
	}))
	s.topic = "lines"
	s.deploy(s.home, deployment{
		charm: s.integrator, app: integrator, units: 1, first: 2,
		config:    map[string]string{"state": s.fileConnectors(s.topic)},
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
	for _, app := range []string{provider, integrator} {
		units, _ := s.units(s.home, app)
		for _, unit := range units {
			out := s.onCharm(s.home, unit, "grep -rlF -e "+client.password.Reveal()+" "+s.home.traces()+" 2>/dev/null || true")
			if app == integrator {
				own := "/var/lib/" + dashed(unit) + "/manager"
				s.Regexp("^"+own+"/clusters/[0-9]+/password$", out, "the password is in the manager's file alone")
				s.Equal("700", s.onCharm(s.home, unit, "stat -c %a "+own))
				continue
			}
			s.Empty(out, "the password is in no file where %s is", unit)
		}
	}
}

func (s *pair) twoWorkers() {
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		s.Equal(1, s.installed(s.home, unit))
		s.Contains(s.worker(unit, "/connector-plugins"), "FileStreamSourceConnector", "loaded by the worker of %s", unit)
	}
	for unit, pid := range s.workerPIDs() {
		s.NotEmpty(pid, "the worker of %s", unit)
	}
	rest := s.rest(integrator)
	defer rest.Close()
	until(s.T(), "connectors and tasks are shared out", func() string {
		listed, err := rest.ListConnectors(limited(s.T()))
		s.Require().NoError(err)
		workers := map[string]bool{}
		for _, connector := range listed {
			workers[connector.Status.Connector.WorkerID] = true
			for _, task := range connector.Status.Tasks {
				workers[task.WorkerID] = true
			}
		}
		if len(workers) != 2 {
			return fmt.Sprint(workers)
		}
		return ""
	})
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
	state := fmt.Sprintf(`
connectors:
  - name: heartbeats
    config:
      connector.class: org.apache.kafka.connect.mirror.MirrorHeartbeatConnector
      source.cluster.alias: a
      target.cluster.alias: b
      source.cluster.bootstrap.servers: %[1]s
      target.cluster.bootstrap.servers: %[1]s
      heartbeats.topic.replication.factor: 1
`, s.broker.Bootstrap())
	s.deploy(s.home, deployment{
		charm: s.integrator, app: mirror, units: 1, first: 2, config: map[string]string{"state": state},
	})
	s.integrate(s.home, provider, mirror)
	s.awaitActive(s.home, provider, mirror)
	s.Equal(schemas.NotRequired, s.link(mirror).wanted.PluginURL)
	s.Equal(before, s.workerPIDs())
}

// link is a relation of the home model, as both sides and the secret have it.
type link struct {
	relation  string
	wanted    schemas.Request
	published schemas.Answer
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
	asked, err := schemas.DecodeRequirer(theirs.Content)
	s.Require().NoError(err)
	answered, err := schemas.DecodeProvider(ours.Content)
	s.Require().NoError(err)
	s.Require().Len(asked.Requests, 1)
	s.Require().Len(answered.Answers, 1)
	l.wanted, l.published = asked.Requests[0], answered.Answers[0]
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
	rest, err := connect.New(connect.Config{
		Endpoints: l.published.Endpoints, Username: l.username, Password: l.password, Dial: s.home.dial,
	})
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

// worker asks the worker of a unit itself, past the gateway: on loopback, so from where it runs. Not everywhere is there a program for HTTP.
func (s *pair) worker(unit, path string) string {
	s.T().Helper()
	said := s.onCharm(s.home, unit, `bash -c 'exec 3<>/dev/tcp/127.0.0.1/8084 && printf "GET `+path+` HTTP/1.0\r\n\r\n" >&3 && cat <&3'`)
	answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(said)), nil)
	s.Require().NoError(err)
	s.Require().Equal(http.StatusOK, answer.StatusCode, path)
	content, err := io.ReadAll(answer.Body)
	s.Require().NoError(errors.Join(err, answer.Body.Close()))
	return string(content)
}

// installed counts the plugins that a unit has.
func (s *pair) installed(p *place, unit string) int {
	s.T().Helper()
	count, err := strconv.Atoi(s.onCharm(p, unit, "ls "+p.data(unit)+"/plugins/installed | wc -l"))
	s.Require().NoError(err)
	return count
}

// processes are those of a unit's services whose command line is like an expression: their numbers and when they began.
func (s *pair) processes(unit, expression string) string {
	s.T().Helper()
	return s.on(s.home, unit, `cd /proc; for p in [0-9]*; do
		if tr '\0' ' ' <$p/cmdline | grep -q '`+expression+`'; then echo $p $(cut -d ' ' -f 22 $p/stat); fi
	done 2>/dev/null || true`)
}

// workerPIDs are the workers' processes, by unit.
func (s *pair) workerPIDs() map[string]string {
	s.T().Helper()
	pids := map[string]string{}
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		pids[unit] = s.processes(unit, "^[^ ]*java .*ConnectDistributed "+s.home.data(unit)+"/")
	}
	return pids
}

// flows writes a line where the source of a topic reads, beside every worker, for the source runs on any; and waits for it where the
// sink writes. A file that is not there is one that was lost with its container, or is new: it comes whole. One on a machine
// that had no worker for a while gets the lines of that time, too: the source goes on where it was, counted in bytes.
func (s *pair) flows(topic string) {
	s.T().Helper()
	line := fmt.Sprintf("%s %d", topic, len(s.lines[topic])+1)
	s.lines[topic] = append(s.lines[topic], line)
	units, _ := s.units(s.home, provider)
	dir := s.home.lines()
	in, out := dir+"/"+topic+".in", dir+"/"+topic+".out"
	all := "printf '%s\n' '" + strings.Join(s.lines[topic], "' '") + "'"
	for _, unit := range units {
		s.on(s.home, unit, "if [ -e "+in+" ]; then "+all+" | tail -n +$(($(wc -l <"+in+") + 1)) >>"+in+
			"; else "+all+" >"+in+".new && mv "+in+".new "+in+"; fi")
	}
	until(s.T(), line+" comes out", func() (reason string) {
		for _, unit := range units {
			end := s.on(s.home, unit, "tail -n 2 "+out+" 2>/dev/null || true")
			if strings.HasSuffix(end, line) {
				return ""
			}
			reason += fmt.Sprintf("of %s the end is %q; ", unit, end)
		}
		return reason
	})
}

// fileConnectors is a state file of a source that reads lines of a file beside a worker, and a sink that writes them to another file there.
func (s *pair) fileConnectors(topic string) string {
	const class, text = "org.apache.kafka.connect.file.FileStream", "org.apache.kafka.connect.storage.StringConverter"
	return fmt.Sprintf(`
defaults: {config: {tasks.max: 1, value.converter: %[2]s}}
connectors:
  - {name: source, control: {secret: [file]}, config: {connector.class: %[1]sSourceConnector, file: %[4]s/%[3]s.in, topic: %[3]s}}
  - {name: sink, config: {connector.class: %[1]sSinkConnector, file: %[4]s/%[3]s.out, topics: %[3]s}}
`, class, text, topic, s.home.lines())
}
