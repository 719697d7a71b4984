package suite

import (
	"fmt"
	"strings"
)

// manager is Connect Manager on connect-integrator's unit, by the doors that a person has there.
func (s *pair) manager() {
	_, unit := s.units(s.home, integrator)
	listed := fmt.Sprint(s.run(unit, "list"))
	s.Contains(listed, `"sink"`)
	s.Contains(listed, `"source"`)
	s.run(unit, "wait", "names=source,sink", "seconds=240")
	s.Contains(fmt.Sprint(s.run(unit, "sync")), "unchanged")

	right := s.fileConnectors(s.topic)
	wrong := strings.Replace(right, "name: source,", "name: source, pausedd: true,", 1)
	s.Require().NotEqual(right, wrong)
	s.Require().NoError(s.home.SetConfig(limited(s.T()), integrator, map[string]string{"state": wrong}))
	s.awaitWorkload(s.home, unit, "blocked", "Cannot find field: pausedd")
	s.flows(s.topic)
	s.Equal("failed", s.try(unit, "validate").Status)
	s.Require().NoError(s.home.SetConfig(limited(s.T()), integrator, map[string]string{"state": right}))
	s.awaitActive(s.home, integrator)

	s.killManager(unit)
	s.flows(s.topic)
}

// killManager ends the manager's process as a crash does, and returns when Pebble has started another, which does what it is asked.
func (s *pair) killManager(unit string) {
	s.T().Helper()
	before := s.managerPID(unit)
	s.Require().NotEmpty(before)
	s.onCharm(s.home, unit, "kill -9 "+before)
	until(s.T(), "Pebble has started it again", func() string {
		if now := s.managerPID(unit); now == "" || now == before {
			return "not yet"
		}
		return s.try(unit, "sync").Message
	})
}

// managerPID is the number of the manager's process; empty for none.
func (s *pair) managerPID(unit string) string {
	s.T().Helper()
	return s.onCharm(s.home, unit, `cd /proc; for p in [0-9]*; do
		if tr '\0' ' ' <$p/cmdline | grep -q '^[^ ]*/connect-manager serve --config /var/lib/`+dashed(unit)+`/'; then echo $p; fi
	done 2>/dev/null || true`)
}
