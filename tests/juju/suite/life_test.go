package suite

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"connectcharms/schemas"
)

func (s *pair) configChange() {
	s.topic = "moved"
	s.Require().NoError(s.home.SetConfig(limited(s.T()), integrator, map[string]string{"state": s.fileConnectors(s.topic)}))
	s.flows(s.topic)
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"worker-heap": "400"}))
	units, _ := s.units(s.home, provider)
	until(s.T(), "both workers run with the new heap", func() (reason string) {
		for _, unit := range units {
			if s.processes(unit, "^[^ ]*java .*-Xmx400[mM] .*ConnectDistributed") == "" {
				reason += unit + " does not; "
			}
		}
		return reason
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	s.flows(s.topic)
}

// version has the integrator ask in v1 of the contract, and in v0 again, while its connectors run.
func (s *pair) version() {
	before, workers := s.link(integrator), s.workerPIDs()
	for _, version := range []schemas.Version{schemas.V1, schemas.V0} {
		s.Require().NoError(s.home.SetConfig(limited(s.T()), integrator, map[string]string{"connect-client-version": string(version)}))
		until(s.T(), "the provider answers in "+string(version), func() string { return s.answersIn(version) })
		after := s.link(integrator)
		s.Equal(before.wanted.PluginURL, after.wanted.PluginURL)
		s.Equal(before.published.Endpoints, after.published.Endpoints)
		s.letsIn(after)
		s.awaitActive(s.home, provider, integrator, mirror)
		s.flows(s.topic)
	}
	s.Equal(workers, s.workerPIDs(), "no worker restarts")
}

// answersIn says why the provider does not answer in a version, whole: an account of that version's has to be known to every
// gateway first.
func (s *pair) answersIn(version schemas.Version) (reason string) {
	_, leader := s.units(s.home, provider)
	_, requirer := s.units(s.home, integrator)
	bag, err := s.home.Databag(limited(s.T()), leader, requirer, endpoint, endpoint)
	s.Require().NoError(err)
	answered, err := schemas.DecodeProvider(bag.Content)
	if err != nil || answered.Version != version {
		return fmt.Sprintf("%v: %v", answered, err)
	}
	return ""
}

func (s *pair) awaitEndpoints(count int) {
	s.T().Helper()
	until(s.T(), fmt.Sprintf("%d endpoints are published", count), func() string {
		if _, leader := s.units(s.home, provider); leader == "" {
			return "there is no leader yet"
		}
		if endpoints := s.link(integrator).published.Endpoints; len(endpoints) != count {
			return fmt.Sprint(endpoints)
		}
		return ""
	})
}

// letsIn asks every endpoint that a client has been told of, as that client.
func (s *pair) letsIn(client link) {
	s.T().Helper()
	for _, at := range client.published.Endpoints {
		s.Equal(http.StatusOK, s.ask(at, client.username, client.password), at)
	}
}

// failedHook takes a unit's program away while a hook is due, and gives it back. Juju repeats the hook by itself.
func (s *pair) failedHook() {
	client := s.link(integrator)
	units, _ := s.units(s.home, provider)
	giveBack := s.takeProgram(units[0])
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"plugin-download-timeout": "200"}))
	s.awaitWorkload(s.home, units[0], "error", "hook failed")
	s.letsIn(client)
	s.flows(s.topic)
	giveBack()
	s.awaitActive(s.home, provider, integrator, mirror)
}

// takeProgram takes the charm's program from a unit, whose hooks fail until it is given back.
func (s *pair) takeProgram(unit string) (giveBack func()) {
	s.T().Helper()
	program := "/var/lib/juju/agents/unit-" + dashed(unit) + "/charm/bin/kafka-connect"
	s.onCharm(s.home, unit, "mv "+program+" "+program+".away")
	return func() { s.onCharm(s.home, unit, "mv "+program+".away "+program) }
}

// A client in the other model.
const distant = "distant"

func (s *pair) crossModel() {
	s.far = s.newPlace("far")
	s.Require().NoError(s.far.prepare(limited(s.T()), 1, 0))
	s.deploy(s.far, deployment{
		charm: s.integrator, app: distant, units: 1,
		config:    map[string]string{"state": s.fileConnectors(distant)},
		resources: map[string]string{"plugin": s.kafka.FilePlugin},
	})
	offer, err := s.home.Offer(limited(s.T()), provider, endpoint)
	s.Require().NoError(err)
	_, err = s.far.Juju(limited(s.T()), "consume", offer)
	s.Require().NoError(err)
	workers := s.workerPIDs()
	secrets := s.secretIDs()
	s.integrate(s.far, provider, distant)
	s.awaitActive(s.far, distant) // so it has read the secret: the gateways let it in
	s.flows(distant)
	s.flows(s.topic)
	s.Equal(workers, s.workerPIDs(), "the plugin is the same bytes as connect-integrator's")

	s.Require().NoError(s.far.RemoveRelation(limited(s.T()), provider, distant))
	s.awaitWorkload(s.far, distant+"/0", "blocked", "integrate")
	until(s.T(), "its secret is gone", func() string {
		if now := s.secretIDs(); len(now) != len(secrets) {
			return fmt.Sprint(now)
		}
		return ""
	})
	s.Require().NoError(s.far.RemoveConsumed(limited(s.T()), provider))
	until(s.T(), "nobody uses the offer", func() string {
		if err := s.home.RemoveOffer(limited(s.T()), offer); err != nil {
			return err.Error()
		}
		return ""
	})
	s.flows(s.topic)
}

func (s *pair) secretIDs() (ids []string) {
	all, err := s.home.Secrets(limited(s.T()))
	s.Require().NoError(err)
	for _, one := range all {
		ids = append(ids, one.ID)
	}
	return ids
}

func (s *pair) removeRelation() {
	old := s.link(integrator)
	s.Require().NoError(s.home.RemoveRelation(limited(s.T()), provider, integrator))
	s.awaitWorkload(s.home, integrator+"/0", "blocked", "integrate")
	for _, at := range old.published.Endpoints {
		until(s.T(), "the old password is refused at "+at, func() string {
			if code := s.ask(at, old.username, old.password); code != http.StatusUnauthorized {
				return fmt.Sprint("answer ", code)
			}
			return ""
		})
	}
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		until(s.T(), "the plugin is gone from "+unit, func() string {
			if count := s.installed(s.home, unit); count != 0 {
				return fmt.Sprint(count, " there")
			}
			return ""
		})
	}
	until(s.T(), "its connectors are gone", func() string {
		if left := s.worker(units[0], "/connectors"); strings.Contains(left, "_r"+old.relation+"_") {
			return left
		}
		return ""
	})
	until(s.T(), "its secret is gone", func() string {
		if slices.Contains(s.secretIDs(), old.secret.ID) {
			return old.secret.ID
		}
		return ""
	})
	s.awaitActive(s.home, provider, mirror)
}

func (s *pair) removeApplication() {
	units, _ := s.units(s.home, provider)
	spots := map[string]string{}
	for _, unit := range units {
		spots[unit] = s.spotOf(s.home, unit)
	}
	s.Require().NoError(s.home.RemoveApplication(limited(s.T()), provider))
	until(s.T(), provider+" is gone", func() string {
		if left, there := s.status(s.home).Applications[provider]; there {
			return fmt.Sprint(left.Status.Info, left.Units)
		}
		return ""
	})
	for unit, spot := range spots {
		s.awaitGone(unit, spot)
	}
	until(s.T(), "all secrets are gone", func() string { return strings.Join(s.secretIDs(), " ") })
	s.awaitWorkload(s.home, mirror+"/0", "blocked", "integrate")
}

// awaitGone waits until a unit of kafka-connect that has left has left nothing.
func (s *pair) awaitGone(unit, spot string) {
	s.T().Helper()
	until(s.T(), unit+" has left nothing", func() string {
		left, err := s.home.remains(limited(s.T()), unit, spot)
		s.Require().NoError(err)
		return strings.TrimSpace(left)
	})
}
