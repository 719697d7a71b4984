package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"connectcharms/tests/juju/model"
	"connectcharms/tests/kafka"

	"github.com/juju/juju/rpc/params"
	"github.com/stretchr/testify/suite"
)

// The names in the charms' metadata; applications are named alike.
const (
	provider   = "kafka-connect"
	integrator = "connect-integrator"
	endpoint   = "connect-client"
)

// stage is a suite's models and broker.
type stage struct {
	suite.Suite
	parts
	broker *kafka.Broker
	places []*place
}

// place is a model, and what its units live on.
type place struct {
	*model.Model
	substrate
}

// newPlace makes a model.
func (s *stage) newPlace(name string) *place {
	made, err := s.controller.AddModel(limited(s.T()), fmt.Sprintf("%s-%d", name, time.Now().Unix()%1_000_000))
	s.Require().NoError(err)
	p := &place{Model: made}
	s.places = append(s.places, p)
	p.substrate = s.newSubstrate(s.T(), made)
	return p
}

func (s *stage) startBroker(p *place) {
	host, err := p.host(limited(s.T()))
	s.Require().NoError(err)
	s.broker, err = kafka.StartBroker(limited(s.T()), s.kafka, kafka.BrokerOptions{Dir: s.brokerDir, Address: host})
	s.Require().NoError(err)
}

// TearDownSuite removes what the suite has made, also what half of it made.
func (s *stage) TearDownSuite() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	for _, p := range slices.Backward(s.places) {
		s.NoError(p.Destroy(ctx))
		s.NoError(p.release(ctx))
	}
	if s.broker != nil {
		s.NoError(s.broker.Stop())
	}
}

// tell runs stories in their order. The first that fails is the last: the others build on it.
func (s *stage) tell(stories []namedStory) {
	for i, one := range stories {
		began := time.Now()
		if s.Run(one.name, one.tell) {
			s.T().Logf("%5.1f s  %s", time.Since(began).Seconds(), one.name) // at once: go test tells of subtests at the end
			continue
		}
		for _, p := range s.places {
			s.T().Log(p.report())
		}
		for _, untold := range stories[i+1:] {
			s.T().Logf("not told: %s", untold.name)
		}
		return
	}
}

type namedStory struct {
	name string
	tell func()
}

// report is what a person would look at first: juju status, and the end of every unit's log.
func (p *place) report() string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, err := p.Juju(ctx, "status", "--relations")
	return fmt.Sprintln(status, orNothing(err)) + p.substrate.report(ctx)
}

func orNothing(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// deployment is an application.
type deployment struct {
	charm       string // path of the packed charm
	app         string
	units       int
	first       int // where there are machines, the first of the units': its number in the order in which they came
	config      map[string]string
	resources   map[string]string // paths, or names of images
	constraints string
}

// deploy is left to the juju command, which knows how to upload charm and resources.
func (s *stage) deploy(p *place, d deployment) {
	s.T().Helper()
	args := append([]string{"deploy", d.charm, d.app}, p.deployArgs(d)...)
	for _, name := range slices.Sorted(maps.Keys(d.config)) {
		args = append(args, "--config", name+"="+d.config[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.resources)) {
		args = append(args, "--resource", name+"="+d.resources[name])
	}
	_, err := p.Juju(limited(s.T()), args...)
	s.Require().NoError(err)
}

func (s *stage) integrate(p *place, provider, requirer string) {
	s.T().Helper()
	s.Require().NoError(p.Integrate(limited(s.T()), provider+":"+endpoint, requirer+":"+endpoint))
}

// status is the state of a model now.
func (s *stage) status(p *place) *params.FullStatus {
	status, err := p.Status(limited(s.T()))
	s.Require().NoError(err)
	return status
}

// units are an application's units, in the order of their numbers, with their leader.
func (s *stage) units(p *place, app string) (names []string, leader string) {
	for name, unit := range s.status(p).Applications[app].Units {
		names = append(names, name)
		if unit.Leader {
			leader = name
		}
	}
	slices.Sort(names)
	return names, leader
}

// spotOf is the machine or pod of a unit.
func (s *stage) spotOf(p *place, unit string) string {
	s.T().Helper()
	at, err := p.spot(limited(s.T()), unit)
	s.Require().NoError(err)
	return at
}

// awaitActive waits until applications have units, and all of them are active and idle.
func (s *stage) awaitActive(p *place, apps ...string) {
	s.T().Helper()
	until(s.T(), strings.Join(apps, " and ")+" are active", func() string {
		return unsettled(s.status(p), apps)
	})
}

func unsettled(status *params.FullStatus, apps []string) (reason string) {
	for _, app := range apps {
		units := status.Applications[app].Units
		if len(units) == 0 {
			return app + " has no units"
		}
		for name, unit := range units {
			workload, agent := unit.WorkloadStatus, unit.AgentStatus
			if workload.Status != "active" || agent.Status != "idle" {
				reason += fmt.Sprintf("%s is %s (%s), its agent %s %s; ", name, workload.Status, workload.Info, agent.Status, agent.Info)
			}
		}
	}
	return reason
}

// awaitWorkload waits for one unit's status.
func (s *stage) awaitWorkload(p *place, unit, status, message string) {
	s.T().Helper()
	app, _, _ := strings.Cut(unit, "/")
	until(s.T(), fmt.Sprintf("%s is %s: %s", unit, status, message), func() string {
		if is := s.status(p).Applications[app].Units[unit].WorkloadStatus; is.Status != status || !strings.Contains(is.Info, message) {
			return is.Status + ": " + is.Info
		}
		return ""
	})
}

// on runs a shell command where a unit's services run.
func (s *stage) on(p *place, unit, command string) string {
	s.T().Helper()
	out, err := p.beside(limited(s.T()), s.spotOf(p, unit), command)
	s.Require().NoError(err)
	return strings.TrimSpace(out)
}

// onCharm runs a shell command where a unit's charm runs.
func (s *stage) onCharm(p *place, unit, command string) string {
	s.T().Helper()
	out, err := p.inCharm(limited(s.T()), s.spotOf(p, unit), command)
	s.Require().NoError(err)
	return strings.TrimSpace(out)
}
