package metrics

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"connectcharms/schemas"
)

// maxNamed is how many failing connectors are told by name. The rest is counted.
const maxNamed = 100

// Relations that are none of the charm's.
const (
	unmarked        = "none"    // the connector's name carries no relation's mark
	unknownRelation = "unknown" // it carries that of a relation that the charm does not know
)

// states are those of connectors and tasks. Each is told, so that a graph has a line at 0 and not a gap.
var states = []string{"running", "paused", "stopped", "failed", "unassigned", "restarting"}

var (
	workerUp = describe("kafka_connect_worker_up", "Whether this unit's worker answers.")
	byState  = describe("kafka_connect_connectors",
		"Connectors on this unit's worker, by relation and state.", "relation_id", "application", "state")
	tasksByState = describe("kafka_connect_tasks",
		"Tasks on this unit's worker, by relation and state.", "relation_id", "application", "state")
	connectorFailed = describe("kafka_connect_connector_failed",
		"A connector on this unit's worker that has failed; of many, a hundred.", "connector", "relation_id", "application")
	tasksFailed = describe("kafka_connect_connector_tasks_failed",
		"How many tasks of a connector have failed on this unit's worker; of many connectors, a hundred.",
		"connector", "relation_id", "application")
	unnamed = describe("kafka_connect_failures_unnamed", "Failing connectors on this unit's worker beyond those told by name.")
)

// New makes the collectors of one unit: what the worker at the URL says, and what the charm wrote into the file.
func New(worker, unitFile string) []prometheus.Collector {
	return []prometheus.Collector{
		unitCollector{file: unitFile},
		&connectorCollector{listing: newListing(worker), file: unitFile},
	}
}

// connectorCollector counts what this unit's worker runs.
type connectorCollector struct {
	listing *listing
	file    string // Unit
}

func (c *connectorCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{workerUp, byState, tasksByState, connectorFailed, tasksFailed, unnamed} {
		descs <- desc
	}
}

// Collect tells of a worker that does not answer just that: a number from before would hide it.
func (c *connectorCollector) Collect(metrics chan<- prometheus.Metric) {
	connectors, err := c.listing.get()
	metrics <- prometheus.MustNewConstMetric(workerUp, prometheus.GaugeValue, number(err == nil))
	unit, there, unitErr := readUnit(c.file)
	if err != nil || unitErr != nil || !there {
		return
	}
	census := count(connectors, unit)
	for of, numbers := range census.relations {
		for _, state := range states {
			metrics <- prometheus.MustNewConstMetric(byState, prometheus.GaugeValue, float64(numbers.connectors[state]), of.id, of.application, state)
			metrics <- prometheus.MustNewConstMetric(tasksByState, prometheus.GaugeValue, float64(numbers.tasks[state]), of.id, of.application, state)
		}
	}
	for _, failing := range census.failing[:min(len(census.failing), maxNamed)] {
		if failing.itself {
			metrics <- prometheus.MustNewConstMetric(connectorFailed, prometheus.GaugeValue, 1, failing.name, failing.of.id, failing.of.application)
		}
		if failing.tasks > 0 {
			metrics <- prometheus.MustNewConstMetric(tasksFailed, prometheus.GaugeValue, float64(failing.tasks),
				failing.name, failing.of.id, failing.of.application)
		}
	}
	metrics <- prometheus.MustNewConstMetric(unnamed, prometheus.GaugeValue, float64(max(0, len(census.failing)-maxNamed)))
}

// relation is whom a connector belongs to.
type relation struct{ id, application string }

// tally counts by state.
type tally struct{ connectors, tasks map[string]int }

// failing is a connector that has failed here, itself or in some of its tasks.
type failing struct {
	name   string
	of     relation
	itself bool
	tasks  int
}

type census struct {
	relations map[relation]tally
	failing   []failing
}

// count counts what is this unit's to count.
func count(connectors map[string]status, unit Unit) census {
	counted := census{relations: map[relation]tally{}}
	known := map[string]relation{}
	for _, client := range unit.Clients {
		known[client.Relation] = relation{client.Relation, client.Application}
		counted.tally(known[client.Relation])
	}
	counted.tally(relation{id: unmarked})
	for _, name := range slices.Sorted(maps.Keys(connectors)) {
		status, of := connectors[name], relationOf(name, known)
		here := failing{name: name, of: of}
		if unit.counts(status.Connector) {
			counted.tally(of).connectors[stateOf(status.Connector)]++
			here.itself = stateOf(status.Connector) == "failed"
		}
		for _, task := range status.Tasks {
			if unit.counts(task) {
				counted.tally(of).tasks[stateOf(task)]++
			}
			if unit.counts(task) && stateOf(task) == "failed" {
				here.tasks++
			}
		}
		if here.itself || here.tasks > 0 {
			counted.failing = append(counted.failing, here)
		}
	}
	return counted
}

func (c census) tally(of relation) tally {
	if _, there := c.relations[of]; !there {
		c.relations[of] = tally{connectors: map[string]int{}, tasks: map[string]int{}}
	}
	return c.relations[of]
}

// relationOf goes by the mark in the connector's name. A relation that the charm does not know gets no label of its own:
// whoever may name connectors could make as many as he likes.
func relationOf(connector string, known map[string]relation) relation {
	id, marked := schemas.ConnectorRelation(connector)
	if !marked {
		return relation{id: unmarked}
	}
	if of, is := known[id]; is {
		return of
	}
	return relation{id: unknownRelation}
}

// counts says whether this unit counts something: what its worker runs, or ran last; and on the leader what no unit's
// worker runs.
func (u Unit) counts(p part) bool {
	return p.Worker == u.Worker || u.Leader && !slices.Contains(u.Workers, p.Worker)
}

func stateOf(p part) string {
	return strings.ToLower(p.State)
}
