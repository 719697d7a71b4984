package charm

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"connectcharms/provider-charm/internal/cos"
	"connectcharms/provider-charm/internal/jmxexporter"
	"connectcharms/provider-charm/internal/metrics"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/supervisor"
)

// The relations of the observability stack. Package cos has their formats.
const (
	scrapeEndpoint    = "metrics-endpoint"
	agentEndpoint     = "cos-agent"
	dashboardEndpoint = "grafana-dashboard"
	logEndpoint       = "logging"
)

// Watch is who watches this unit, and what they are given.
type Watch struct {
	Watchers map[string][]hook.RelationID // relations by endpoint
	Told     map[bagOwner]hook.Databag    // what is in this side's databags of those relations

	LogTargets, Forwarding map[string]supervisor.LogTarget // where logs are to be sent, and where they are
	LogProblem             string
	MetricsProblem         string // why the gateway serves no metrics where it should

	JMX JMXExporter
}

// bagOwner names a databag on this side of a relation: the application's or the unit's.
type bagOwner struct {
	Relation    hook.RelationID
	Application bool
}

func (u *unit) observeWatch(ctx context.Context, w *World) error {
	w.Watch = Watch{Watchers: map[string][]hook.RelationID{}, Told: map[bagOwner]hook.Databag{}}
	for _, endpoint := range []string{scrapeEndpoint, agentEndpoint, dashboardEndpoint, logEndpoint} {
		ids, err := u.RelationIDs(ctx, endpoint)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if u.Relation != nil && u.Relation.ID == id && u.Kind == hook.RelationBroken {
				continue
			}
			err := u.observeTold(ctx, w, id)
			if hook.IsNotFound(err) {
				continue // the agent on this machine is a subordinate that is still to come
			}
			if err != nil {
				return err
			}
			w.Watch.Watchers[endpoint] = append(w.Watch.Watchers[endpoint], id)
		}
	}
	if err := u.observeJMX(ctx, w); err != nil {
		return err
	}
	return u.observeLogs(ctx, w)
}

func (u *unit) observeTold(ctx context.Context, w *World, id hook.RelationID) (err error) {
	if w.Watch.Told[bagOwner{id, false}], err = u.RelationGet(ctx, id, u.Unit); err != nil {
		return err
	}
	if w.Leader {
		w.Watch.Told[bagOwner{id, true}], err = u.RelationGet(ctx, id, u.Application())
	}
	return err
}

// readWatchConfig reads where metrics are served.
func readWatchConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.MetricsPort, problem = within(options, "metrics-port", 0, 65535)
	for taken, by := range map[int]string{
		options.Int("rest-port"): "rest-port", worker.Port: "the worker's own port", worker.InternalPort: "the port for other workers",
		jmxexporter.Port: "the JMX exporter's own port",
	} {
		if config.MetricsPort == taken && problem == "" {
			problem = fmt.Sprintf("config metrics-port is %d: that is %s, set another, or 0 for no metrics", taken, by)
		}
	}
	return problem
}

// metricsHost is where metrics are served: on the unit's address for a Prometheus elsewhere, on loopback for an agent on
// the unit's machine; empty while nobody asks for them.
func (w *World) metricsHost() string {
	switch {
	case w.Config.MetricsPort == 0 || w.ListenAddress == "":
		return ""
	case len(w.Watch.Watchers[scrapeEndpoint]) > 0:
		return w.ListenAddress
	case len(w.Watch.Watchers[agentEndpoint]) > 0:
		return worker.Loopback(w.Address)
	}
	return ""
}

func (w *World) metricsAddress() string {
	if host := w.metricsHost(); host != "" {
		return net.JoinHostPort(host, strconv.Itoa(w.Config.MetricsPort))
	}
	return ""
}

// topology is this unit's place in Juju.
func (w *World) topology() cos.Topology {
	charm := "kafka-connect"
	if w.Event.MachineID == "" { // a pod
		charm = "kafka-connect-k8s"
	}
	return cos.Topology{
		Model: w.Event.ModelName, ModelUUID: w.Event.ModelUUID, Application: w.Event.Application(), Unit: w.Event.Unit, Charm: charm,
	}
}

// toTell is what belongs into the databags of those who watch. The application's databags are the leader's to write.
func (w *World) toTell() map[bagOwner]hook.Databag {
	bags := map[bagOwner]hook.Databag{}
	endpoint := cos.Endpoint{Port: w.Config.MetricsPort, Worker: w.Watch.JMX.Option != ""}
	for _, id := range w.Watch.Watchers[scrapeEndpoint] {
		bags[bagOwner{id, false}] = cos.ScrapeUnit(w.Event.Unit, w.Address)
		bags[bagOwner{id, true}] = cos.ScrapeApplication(w.topology(), endpoint)
	}
	endpoint.Host = worker.Loopback(w.Address)
	if len(w.Watch.Watchers[scrapeEndpoint]) > 0 {
		endpoint.Host = w.Address
	}
	for _, id := range w.Watch.Watchers[agentEndpoint] {
		bags[bagOwner{id, false}] = cos.Agent(w.topology(), endpoint)
	}
	for _, id := range w.Watch.Watchers[dashboardEndpoint] {
		bags[bagOwner{id, true}] = cos.Dashboards(w.topology())
	}
	for _, id := range w.Watch.Watchers[logEndpoint] {
		bags[bagOwner{id, true}] = cos.LogsApplication(w.topology())
	}
	return bags
}

// tellWatchers tells those who watch where to look, and what to look for.
func tellWatchers(w *World) Step {
	if w.Config.Problem != "" || w.Address == "" {
		return nil
	}
	bags := w.toTell()
	for _, endpoint := range sortedKeys(w.Watch.Watchers) {
		for _, id := range w.Watch.Watchers[endpoint] {
			for _, owner := range []bagOwner{{id, false}, {id, true}} {
				if owner.Application && !w.Leader || contains(w.Watch.Told[owner], bags[owner]) {
					continue
				}
				return TellWatcher{Endpoint: endpoint, Owner: owner}
			}
		}
	}
	return nil
}

// TellWatcher writes one databag of a relation of the observability stack.
type TellWatcher struct {
	Endpoint string
	Owner    bagOwner
}

func (s TellWatcher) Apply(ctx context.Context, u *unit, w *World) error {
	write := u.RelationSet
	if s.Owner.Application {
		write = u.RelationSetApp
	}
	bag := w.toTell()[s.Owner]
	w.Watch.Told[s.Owner] = bag
	return write(ctx, s.Owner.Relation, bag)
}

// noteForMetrics writes down what the gateway's process tells of this unit and cannot know.
func (u *unit) noteForMetrics(w *World) error {
	if w.metricsHost() == "" {
		return nil
	}
	return w.metricsUnit().Write(metrics.FileBeside(u.layout.gatewayFile()))
}

func (w *World) metricsUnit() metrics.Unit {
	unit := metrics.Unit{
		Worker: workerID(w.Own), Leader: w.Leader,
		PluginsInstalled: len(w.Store), PluginsLoaded: len(w.Own.Loaded),
		RestartPending: w.needsRestart(), RestartTurn: w.Shared.Turn.Unit == w.Event.Unit, Hook: w.Now,
	}
	units := w.units()
	for _, name := range sortedKeys(units) {
		unit.Workers = append(unit.Workers, workerID(units[name]))
	}
	for _, relation := range w.Relations {
		unit.Clients = append(unit.Clients, w.metricsClient(relation))
	}
	return unit
}

// metricsClient is a relation with all its requests: those have no names that a person knows.
func (w *World) metricsClient(relation connectprovider.Relation) metrics.Client {
	clients := w.clientsOf(relation.ID)
	told := metrics.Client{Relation: relation.ID.String(), Application: relation.App, Published: len(clients) > 0}
	for _, client := range clients {
		plugin := w.Own.Plugins[client.Key]
		told.Published = told.Published && client.isServed()
		told.PluginFailing = told.PluginFailing || plugin.Error != "" && plugin.Failed == fingerprint(client.Want)
	}
	return told
}

// watchNotes are what is amiss with watching. It holds nobody up.
func (w *World) watchNotes() (notes string) {
	for _, problem := range []string{w.Watch.MetricsProblem, w.Watch.LogProblem, w.Watch.JMX.Problem} {
		if problem != "" {
			notes += "; " + problem
		}
	}
	return notes
}
