package suite

import (
	"fmt"
	"net/http"
	"strings"

	"connectcharms/tests/permissions"
)

// What is told on machines only. The table of stories says why.

// bare is Kafka Connect on a machine without Java.
const bare = "bare"

func (s *pair) scale() {
	before := s.link(integrator)
	_, leader := s.units(s.home, provider)
	machine := s.spotOf(s.home, leader)
	s.Require().NoError(s.home.RemoveUnit(limited(s.T()), leader))
	until(s.T(), leader+" is gone", func() string {
		if units, _ := s.units(s.home, provider); len(units) != 1 {
			return fmt.Sprint("there are ", units)
		}
		return ""
	})
	s.awaitGone(leader, machine)
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
	s.letsIn(s.link(integrator))
	s.Equal(before.password, s.link(integrator).password)
	s.flows(s.topic)
}

func (s *pair) refresh() {
	before, workers := s.link(integrator), s.workerPIDs()
	s.awaitGoodMoment()
	_, err := s.home.Juju(limited(s.T()), "refresh", provider, "--path", s.provider)
	s.Require().NoError(err)
	units, _ := s.units(s.home, provider)
	for _, unit := range units {
		s.awaitHook(unit, "upgrade-charm")
	}
	s.awaitActive(s.home, provider, integrator, mirror)
	s.Equal(workers, s.workerPIDs())
	s.letsIn(before)
	s.flows(s.topic)
}

// awaitHook waits until a unit has run a hook that it runs once: status cannot tell a hook that is done from one that is yet to begin.
func (s *pair) awaitHook(unit, hook string) {
	s.T().Helper()
	log := "/var/log/juju/unit-" + dashed(unit) + ".log"
	until(s.T(), unit+" has run "+hook, func() string {
		return s.onCharm(s.home, unit, `grep --quiet 'ran "`+hook+`" hook' `+log+" || echo not yet in "+log)
	})
}

// permissions holds files and sockets of all units to the table, whatever daemons are writing meanwhile, and asks the services' account
// itself what it may write.
func (s *pair) permissions() {
	for app, charm := range map[string]string{provider: provider, integrator: integrator, mirror: integrator} {
		table, err := permissions.Of(charm)
		s.Require().NoError(err)
		units, _ := s.units(s.home, app)
		for _, unit := range units {
			dir := s.home.data(unit)
			until(s.T(), "all on "+unit+" is as docs/files.md says", func() string {
				found, err := permissions.Parse(s.on(s.home, unit, permissions.Command(dir)))
				s.Require().NoError(err)
				s.Require().NotEmpty(found, unit)
				return strings.Join(table.Wrong(found, account), "\n")
			})
			if app == provider {
				s.mayWriteLittle(unit, dir)
			}
		}
	}
}

// account is that of the services of Kafka Connect.
const account = "kafka-connect"

// mayWriteLittle asks the services' account what it may write, which is what plugins' code may.
func (s *pair) mayWriteLittle(unit, dir string) {
	as := "runuser -u " + account + " -- "
	for path := range strings.Lines(s.on(s.home, unit, as+"find "+dir+` ! -type l -writable -printf '%P\n' 2>/dev/null || true`)) {
		s.Regexp(`^(worker/logs|gateway)(/|$)`, strings.TrimSpace(path), "%s may write it", account)
	}
	s.Equal("no", s.on(s.home, unit, as+"test -S "+dir+"/pebble/.pebble.socket && echo yes || echo no"), "no service gets to Pebble")
	s.Regexp(`/(nologin|false)$`, s.on(s.home, unit, "getent passwd "+account))
}

func (s *pair) reboot() {
	client := s.link(integrator)
	units, _ := s.units(s.home, provider)
	unit := units[1]
	on := s.home.substrate.(*onMachines).machines
	machine := s.spotOf(s.home, unit)
	boot := s.on(s.home, unit, "cut -d ' ' -f 22 /proc/1/stat")
	s.Require().NoError(on.Reboot(limited(s.T()), machine))
	until(s.T(), "the worker of "+unit+" runs again", func() string {
		out, err := on.Exec(limited(s.T()), machine,
			"cut -d ' ' -f 22 /proc/1/stat; curl --silent --show-error --fail --output /dev/null http://127.0.0.1:8084/ 2>&1")
		if err != nil || strings.TrimSpace(out) == boot {
			return fmt.Sprint(out, err)
		}
		return ""
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	s.letsIn(client)
	s.flows(s.topic)
}

// noJava needs a machine without Java and without a mirror to take it from; in a cloud the charm has it installed. It has a
// model of its own: where an offer of an application kafka-connect was consumed, Juju 4.1-beta2 may refuse the charm of
// that name as one that exists already.
func (s *pair) noJava() {
	plain := s.newPlace("plain")
	s.Require().NoError(plain.prepare(limited(s.T()), 0, 1))
	s.deploy(plain, plain.kafkaConnect(deployment{
		app: bare, units: 1, config: map[string]string{"bootstrap-servers": s.broker.Bootstrap()},
	}))
	if !s.controller.IsLocal() {
		s.awaitActive(plain, bare)
		return
	}
	s.awaitWorkload(plain, bare+"/0", "blocked", "no Java on this machine")
}
