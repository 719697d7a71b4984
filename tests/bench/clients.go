package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/pair"
)

// Clients measures how what kafka-connect does grows with the number of its clients.
func Clients(ctx context.Context, s *Stage) (report.Section, error) {
	section := report.Section{
		Title:    "As clients become more",
		Question: "What do hooks, credentials and requests cost when 1 to 200 applications are related to two units of kafka-connect?",
	}
	stage, err := newProviderStage(ctx, s, 2)
	if err != nil {
		return section, err
	}
	growth := newClientGrowth()
	for _, number := range Pick(s, []int{1, 2}, []int{1, 2, 5, 10, 20, 50, 100, 200}) {
		s.Say("%d clients", number)
		if err := growth.measure(ctx, stage, number); err != nil {
			return section, fmt.Errorf("with %d clients: %w", number, err)
		}
		section.Curves = growth.curves()
	}
	section.Notes = []string{
		"Clients need no plugin. Hooks are measured as in the section on hooks; their hook tools are among what is measured.",
		"A relation: from juju integrate until every gateway accepts the client's published password, and all hooks that ran on the provider's units for it, one unit beside the other.",
		"Another password: from the action rotate-credentials for one client until every gateway accepts what its secret says then.",
	}
	return section, nil
}

// clientGrowth is the lines of all curves.
type clientGrowth struct {
	idle, changed, tools [2]report.Series // of the leader, and of the other unit
	shared, memory       report.Series
	request              report.Series
	related, rotated     report.Series
	hooks                report.Series
}

func newClientGrowth() *clientGrowth {
	of := func(what string) [2]report.Series {
		return [2]report.Series{{Name: "leader" + what}, {Name: "other unit" + what}}
	}
	return &clientGrowth{
		idle: of(", update-status"), changed: of(", relation-changed of one client"), tools: of(", update-status"),
		shared: report.Series{Name: "application's peer databag"}, memory: report.Series{Name: "a gateway's memory"},
		request: report.Series{Name: "median of a request"},
		related: report.Series{Name: "a relation, to accepted credentials"}, rotated: report.Series{Name: "another password"},
		hooks: report.Series{Name: "hooks for one relation"},
	}
}

func (g *clientGrowth) measure(ctx context.Context, s *providerStage, number int) error {
	if err := s.join(ctx, number-1); err != nil {
		return err
	}
	x := float64(number)
	steps := []func() error{
		func() error { return g.relate(ctx, s, x) },
		func() error { return g.idleHooks(ctx, s, x) },
		func() error { return g.changedHooks(ctx, s, x) },
		func() error { return g.rotate(ctx, s, x) },
		func() error { return g.gateway(ctx, s, x) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	size, err := s.shared()
	add(&g.shared, x, report.Sample{float64(size)})
	return err
}

// seriesOver makes the series of what was measured at each number of something.
func seriesOver[T any](all []T, number func(T) int) func(name string, of func(T) []float64) report.Series {
	return func(name string, of func(T) []float64) report.Series {
		one := report.Series{Name: name}
		for _, at := range all {
			add(&one, float64(number(at)), of(at))
		}
		return one
	}
}

func add(series *report.Series, x float64, sample report.Sample) {
	series.Points = append(series.Points, report.Point{X: x, Y: sample})
}

// relate brings the last client, and says how long it takes until that one is let in.
func (g *clientGrowth) relate(ctx context.Context, s *providerStage, x float64) error {
	took, hooks, err := s.counted(func() error { return s.join(ctx, int(x)) })
	add(&g.related, x, took)
	add(&g.hooks, x, hooks)
	return err
}

// idleHooks are update-status of both units, one after the other.
func (g *clientGrowth) idleHooks(ctx context.Context, s *providerStage, x float64) error {
	for i, unit := range s.inOrder() {
		computed, tools, err := s.idle(ctx, unit, rounds(s.Stage, x))
		if err != nil {
			return err
		}
		add(&g.idle[i], x, computed)
		add(&g.tools[i], x, tools)
	}
	return nil
}

// changedHooks are relation-changed of both units, when one client has changed its databag.
func (g *clientGrowth) changedHooks(ctx context.Context, s *providerStage, x float64) error {
	var computed [2]report.Sample
	for range rounds(s.Stage, x) {
		if _, err := s.meter.Take(); err != nil {
			return err
		}
		if err := s.change(ctx, s.clients[0]); err != nil {
			return err
		}
		costs, err := s.meter.Take()
		if err != nil {
			return err
		}
		for i, unit := range s.inOrder() {
			computed[i] = append(computed[i], cpuOf(costs, unit, "hooks/connect-client-relation-changed")...)
		}
	}
	for i := range computed {
		add(&g.changed[i], x, computed[i])
	}
	return nil
}

// rounds are fewer where each takes long.
func rounds(s *Stage, x float64) int {
	if s.Quick || x > 100 {
		return 1
	}
	return 3
}

// rotate changes the password of the first client, and waits until the new one opens every gateway.
func (g *clientGrowth) rotate(ctx context.Context, s *providerStage, x float64) error {
	client := s.clients[0]
	answer, err := s.model.answer(client.relation)
	if err != nil {
		return err
	}
	password := func() (string, error) {
		content, err := s.model.RevealSecret(answer.SecretUser.String())
		return content["password"], err
	}
	old, err := password()
	if err != nil {
		return err
	}
	began := time.Now()
	result, err := s.model.RunAction(ctx, s.model.Leader(pair.Provider), "rotate-credentials", map[string]any{"client": client.app, "revoke": true})
	if err != nil {
		return err
	}
	if result.Status != "completed" {
		return fmt.Errorf("rotate-credentials: %s", result.Message)
	}
	err = s.model.until(ctx, "the password is another", func() (bool, error) {
		now, err := password()
		if err != nil || now == old {
			return false, err
		}
		return s.isLetIn(ctx, client)
	})
	add(&g.rotated, x, report.Times(time.Since(began)))
	return err
}

// gateway has requests sent through the leader's gateway, as the last client.
func (g *clientGrowth) gateway(ctx context.Context, s *providerStage, x float64) error {
	answer, err := s.model.answer(s.clients[len(s.clients)-1].relation)
	if err != nil {
		return err
	}
	content, err := s.model.RevealSecret(answer.SecretUser.String())
	if err != nil {
		return err
	}
	load := Load{
		Address: strings.TrimPrefix(answer.Endpoints[0], "http://"), Path: "/connectors", Username: content["username"], Password: content["password"],
		Connections: 1, For: Pick(s.Stage, 50*time.Millisecond, 500*time.Millisecond),
	}
	var medians report.Sample
	for range Pick(s.Stage, 1, 3) {
		result, err := load.Run(ctx)
		if err != nil {
			return err
		}
		medians = append(medians, result.Latency(.5).Seconds())
	}
	add(&g.request, x, medians)
	unit, err := s.model.Unit(s.model.Leader(pair.Provider))
	if err != nil {
		return err
	}
	var sizes report.Sample
	for _, pid := range pair.Gateways(pair.Machines.Seen(unit)) {
		size, err := resident(pid)
		if err != nil {
			return err
		}
		sizes = append(sizes, size)
	}
	add(&g.memory, x, sizes)
	return nil
}

// resident is the memory that a process has at the moment, in bytes.
func resident(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(status), "VmRSS:")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("process %d: its memory cannot be read", pid)
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return kib * 1024, err
}

func (g *clientGrowth) curves() []report.Curve {
	clients := report.Axis{Label: "clients", Log: true}
	curve := func(name, title, y string, unit report.Unit, series ...report.Series) report.Curve {
		return report.Curve{Name: name, Title: title, X: clients, Y: report.Axis{Label: y, Unit: unit}, Series: series}
	}
	return []report.Curve{
		curve("clients-hooks", "CPU time of a hook of kafka-connect", "CPU", report.Seconds, g.idle[0], g.idle[1], g.changed[0], g.changed[1]),
		curve("clients-tools", "Hook tools that a hook runs", "tools", report.Count, g.tools[0], g.tools[1]),
		curve("clients-credentials", "From a wish to accepted credentials", "time", report.Seconds, g.related, g.rotated),
		curve("clients-relation-hooks", "Hooks of the provider's units for one relation more", "hooks", report.Count, g.hooks),
		curve("clients-databag", "Size of the application's peer databag", "size", report.Bytes, g.shared),
		curve("clients-request", "A request through the gateway to the worker", "time", report.Seconds, g.request),
		curve("clients-memory", "Memory of a gateway", "memory", report.Bytes, g.memory),
	}
}
