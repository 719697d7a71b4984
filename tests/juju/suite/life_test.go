package suite

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"connectcharms/tests/juju/model"
)

func (s *pair) configChange() {
	s.topic = "moved"
	s.Require().NoError(s.home.SetConfig(limited(s.T()), integrator, map[string]string{"connectors": fileConnectors(s.topic)}))
	s.flows(s.topic)
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"worker-heap": "400"}))
	until(s.T(), "both workers run with the new heap", func() (reason string) {
		for _, id := range s.home.ids[:2] {
			reason += s.on(s.home, id, "pgrep --full ' -Xmx400[mM] .*ConnectDistributed' >/dev/null || echo not on machine "+id)
		}
		return reason
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	s.flows(s.topic)
}

func (s *pair) scale() {
	before := s.link(integrator)
	_, leader := s.units(s.home, provider)
	machine := s.machineOf(s.home, leader)
	s.Require().NoError(s.home.RemoveUnit(limited(s.T()), leader))
	until(s.T(), leader+" is gone", func() string {
		if units, _ := s.units(s.home, provider); len(units) != 1 {
			return fmt.Sprint("there are ", units)
		}
		return ""
	})
	s.requireGone(machine, leader)
	s.awaitEndpoints(1)
	s.awaitActive(s.home, provider, integrator, mirror)
	after := s.link(integrator)
	s.Equal(before.secret.ID, after.secret.ID, "the secret outlives the leader that made it")
	s.Equal(http.StatusOK, s.ask(after.published.Endpoints[0], before.username, before.password))
	s.flows(s.topic)

	unit, err := s.home.AddUnit(limited(s.T()), provider, machine)
	s.Require().NoError(err)
	s.awaitEndpoints(2)
	s.awaitActive(s.home, provider, integrator, mirror)
	s.Equal(1, s.installed(s.home, unit))
	for _, at := range s.link(integrator).published.Endpoints {
		s.Equal(http.StatusOK, s.ask(at, before.username, before.password), at)
	}
	s.flows(s.topic)
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

// requireGone looks for what a unit of kafka-connect might leave on its machine.
func (s *pair) requireGone(machine, unit string) {
	s.T().Helper()
	s.Empty(s.on(s.home, machine, "ls -d "+data(unit)+" 2>/dev/null || true"), "data of %s", unit)
	s.Empty(s.on(s.home, machine, "systemctl list-units --all --plain --no-legend 'kafka-connect-*'; ls /etc/systemd/system | grep kafka-connect || true"), "services of %s", unit)
	s.Empty(s.on(s.home, machine, "pgrep --full --list-full 'pebble ru[n]|ConnectDistribute[d]|kafka-connect gatewa[y]' || true"), "processes of %s", unit)
}

func (s *pair) refresh() {
	before, workers := s.link(integrator), s.workerPIDs()
	_, leader := s.units(s.home, provider)
	until(s.T(), "it is a good moment for a refresh", func() string { return s.try(leader, "pre-refresh-check").Message })
	_, err := s.home.Juju(limited(s.T()), "refresh", provider, "--path", s.provider)
	s.Require().NoError(err)
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		s.awaitHook(unit, "upgrade-charm")
	}
	s.awaitActive(s.home, provider, integrator, mirror)
	s.Equal(workers, s.workerPIDs())
	for _, at := range before.published.Endpoints {
		s.Equal(http.StatusOK, s.ask(at, before.username, before.password), at)
	}
	s.flows(s.topic)
}

// awaitHook waits until a unit has run a hook that it runs once: status cannot tell a hook that is done from one that is yet to begin.
func (s *pair) awaitHook(unit, hook string) {
	s.T().Helper()
	machine, log := s.machineOf(s.home, unit), "/var/log/juju/unit-"+strings.ReplaceAll(unit, "/", "-")+".log"
	until(s.T(), unit+" has run "+hook, func() string {
		return s.on(s.home, machine, `grep --quiet 'ran "`+hook+`" hook' `+log+" || echo not yet in "+log)
	})
}

// failedHook takes a unit's program away while a hook is due, and gives it back. Juju repeats the hook by itself.
func (s *pair) failedHook() {
	client := s.link(integrator)
	units, _ := s.units(s.home, provider)
	unit, machine := units[0], s.machineOf(s.home, units[0])
	program := "/var/lib/juju/agents/unit-" + strings.ReplaceAll(unit, "/", "-") + "/charm/bin/kafka-connect"
	s.on(s.home, machine, "mv "+program+" "+program+".away")
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"plugin-download-timeout": "100"}))
	s.awaitWorkload(s.home, unit, "error", "hook failed")
	for _, at := range client.published.Endpoints {
		s.Equal(http.StatusOK, s.ask(at, client.username, client.password), at)
	}
	s.flows(s.topic)
	s.on(s.home, machine, "mv "+program+".away "+program)
	s.awaitActive(s.home, provider, integrator, mirror)
}

func (s *pair) reboot() {
	client := s.link(integrator)
	units, _ := s.units(s.home, provider)
	unit, machine := units[1], s.machineOf(s.home, units[1])
	boot := s.on(s.home, machine, "cat /proc/1/stat | cut -d ' ' -f 22")
	s.Require().NoError(s.home.machines.Reboot(limited(s.T()), machine))
	until(s.T(), "the worker of "+unit+" runs again", func() string {
		out, err := s.home.machines.Exec(limited(s.T()), machine,
			"cut -d ' ' -f 22 /proc/1/stat; curl --silent --show-error --fail --output /dev/null http://127.0.0.1:8084/ 2>&1")
		if err != nil || strings.TrimSpace(out) == boot {
			return fmt.Sprint(out, err)
		}
		return ""
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	for _, at := range client.published.Endpoints {
		s.Equal(http.StatusOK, s.ask(at, client.username, client.password), at)
	}
	s.flows(s.topic)
}

// noJava needs a machine without Java and without a mirror to take it from; in a cloud the first story has Java installed.
func (s *pair) noJava() {
	if !s.controller.IsLocal() {
		s.awaitActive(s.far, bare)
		return
	}
	s.awaitWorkload(s.far, bare+"/0", "blocked", "no Java on this machine")
}

// The applications of the other model.
const (
	distant = "distant" // a client
	bare    = "bare"    // Kafka Connect on a machine without Java
)

func (s *pair) crossModel() {
	s.far = s.newPlace("far")
	s.addMachines(s.far, 1, model.WithJava)
	s.addMachines(s.far, 1, model.WithoutJava)
	s.deploy(s.far, deployment{
		charm: s.provider, app: bare, machines: s.far.ids[1:],
		config:    map[string]string{"bootstrap-servers": s.broker.Bootstrap()},
		resources: map[string]string{"kafka": s.kafka.Archive},
	})
	s.deploy(s.far, deployment{
		charm: s.integrator, app: distant, machines: s.far.ids[:1],
		config:    map[string]string{"connectors": fileConnectors(distant)},
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
	machines := map[string]string{}
	for _, unit := range units {
		machines[unit] = s.machineOf(s.home, unit)
	}
	s.Require().NoError(s.home.RemoveApplication(limited(s.T()), provider))
	until(s.T(), provider+" is gone", func() string {
		if left, there := s.status(s.home).Applications[provider]; there {
			return fmt.Sprint(left.Status.Info, left.Units)
		}
		return ""
	})
	for unit, machine := range machines {
		s.requireGone(machine, unit)
	}
	until(s.T(), "all secrets are gone", func() string { return strings.Join(s.secretIDs(), " ") })
	s.awaitWorkload(s.home, mirror+"/0", "blocked", "integrate")
}
