package suite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// control has a connector change its own configuration: a value that is secret becomes a file on every worker, and the
// connector gets a reference to it. That outlives the manager.
func (s *pair) control() {
	_, unit := s.units(s.home, integrator)
	same := s.home.lines() + "/./" + s.topic + ".in" // another way to the file that it reads
	s.run(unit, "control", "--string-args", "name=source", "message="+renewal(same))
	s.awaitSource("has a reference", func(file string) bool { return strings.HasPrefix(file, "${connector-secrets:") })
	s.flows(s.topic)
	units, _ := s.units(s.home, provider)
	for _, worker := range units {
		at := s.home.data(worker) + "/worker/secrets/relation-*/[!.]*"
		s.Equal(same, s.on(s.home, worker, "cat "+at), "on %s", worker)
		s.Regexp("^6[04]0$", s.on(s.home, worker, "stat -c %a "+at), "its worker alone reads it")
	}
	shown := fmt.Sprint(s.run(unit, "show-overlays"))
	s.Contains(shown, `"key":"file"`)
	s.NotContains(shown, same)
	s.awaitActive(s.home, integrator)

	s.killManager(unit)
	s.Contains(fmt.Sprint(s.run(unit, "sync")), "unchanged")
	s.flows(s.topic)
	until(s.T(), "Kafka was reached again", func() string {
		connections := fmt.Sprint(s.run(unit, "list-connections"))
		for _, id := range []string{"context-" + provider, provider + "-kafka"} {
			s.Contains(connections, `"id":"`+id+`"`)
		}
		if !strings.Contains(connections, `"kafka_cluster":{"state":"SUCCESS"`) {
			return connections
		}
		return ""
	})

	s.run(unit, "clear-overlay", "name=source")
	s.awaitSource("is as the state file says", func(file string) bool { return strings.HasSuffix(file, "/"+s.topic+".in") && file != same })
	s.flows(s.topic)
	s.awaitActive(s.home, integrator)
}

// renewal is the control message of a connector whose file is another one.
func renewal(file string) string {
	text, err := json.Marshal(map[string]any{
		"type": "CONNECTOR_CONFIG", "emitted_at": time.Now().UnixMilli(), "connectorConfig": map[string]any{"config": map[string]string{"file": file}},
	})
	if err != nil {
		panic(err) // texts and a number
	}
	return string(text)
}

// awaitSource waits for the source's configuration in Kafka Connect.
func (s *pair) awaitSource(what string, is func(file string) bool) {
	s.T().Helper()
	rest := s.rest(integrator)
	defer rest.Close()
	names, err := rest.Connectors(limited(s.T()))
	s.Require().NoError(err)
	at := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, "source_") })
	s.Require().GreaterOrEqual(at, 0, names)
	until(s.T(), "the source "+what, func() string {
		config, err := rest.Config(limited(s.T()), names[at])
		if err != nil {
			return err.Error()
		}
		if !is(config["file"]) {
			return config["file"]
		}
		return ""
	})
}
