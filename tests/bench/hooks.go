package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connecttest"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/bench/report"
	"connectcharms/tests/charms"
)

// Hooks compares what a hook of a charm costs that is written with requirer-lib, and of one that is written with ops.
func Hooks(ctx context.Context, s *Stage) (report.Section, error) {
	section := report.Section{
		Title: "A hook",
		Question: "What does a hook cost, beside the same charm in Python on ops? Juju runs update-status every five minutes on every unit, and a hook " +
			"for every change of a relation.",
	}
	stage, err := newHookStage(ctx, s)
	if err != nil {
		return section, err
	}
	for range Pick(s, 1, 15) {
		for _, hook := range []string{updateStatus, relationChanged} {
			for _, charm := range stage.charms {
				if err := stage.run(ctx, charm, hook); err != nil {
					return section, err
				}
			}
		}
	}
	perTool, err := stage.costOfTools(ctx)
	if err != nil {
		return section, err
	}
	section.Tables, section.Notes = stage.tables(perTool), stage.notes(perTool)
	return section, nil
}

const (
	updateStatus    = "update-status"
	relationChanged = "connect-client-relation-changed"
)

// hookCharm is a charm whose hooks are measured.
type hookCharm struct {
	app, name, does string
	dir             string
	config          map[string]any
	resources       map[string]string
	relation        int
	costs           map[string][]Cost // by hook
	tools           map[string]report.Sample
}

// hookStage is a model with all of them, related to one provider.
type hookStage struct {
	*Stage
	model    *jujutest.Model
	meter    *Meter
	provider *teller
	charms   []*hookCharm
	missing  error // why there is no charm on ops
}

func newHookStage(ctx context.Context, s *Stage) (*hookStage, error) {
	stage := &hookStage{Stage: s}
	cluster := connecttest.NewServer()
	s.OnEnd(func() error { cluster.Close(); return nil })
	stage.provider = &teller{server: cluster, rounds: map[int]int{}}
	built, err := s.Charms(ctx)
	if err != nil {
		return nil, err
	}
	if stage.model, err = jujutest.New(jujutest.Options{Seed: 1, PebbleBinary: built.Pebble}); err != nil {
		return nil, err
	}
	s.OnEnd(stage.model.Close)
	if stage.meter, err = s.NewMeter(ctx); err != nil {
		return nil, err
	}
	if stage.charms, err = stage.contenders(ctx, built); err != nil {
		return nil, err
	}
	return stage, stage.deploy(ctx)
}

func (s *hookStage) contenders(ctx context.Context, built charms.Built) (all []*hookCharm, err error) {
	runtime, err := s.Kafka(ctx)
	if err != nil {
		return nil, err
	}
	asker, err := s.compiled(ctx, "tests", "bench/asker", "asker", "")
	if err != nil {
		return nil, err
	}
	lines, err := s.compiled(ctx, "requirer-lib", "examples/lines", "lines", runtime.FilePlugin)
	if err != nil {
		return nil, err
	}
	all = []*hookCharm{
		{app: "asker", name: "requirer-lib", dir: asker, does: "asks for a plugin, reads the answer and its secret, sets its status"},
		{app: "lines", name: "the tutorial's charm (lines)", dir: lines, does: "serves its plugin as well, and looks at its connector over REST"},
		{
			app: "integrator", name: "connect-integrator", dir: built.ConnectIntegrator, config: map[string]any{"state": benchState},
			resources: map[string]string{"plugin": runtime.FilePlugin},
			does:      "serves its plugin as well, reads a state file, looks after Pebble and Connect Manager, and asks that one how all connectors are",
		},
	}
	python, err := fetchOps(ctx)
	if err != nil {
		s.missing = err
		return all, nil
	}
	name, version, _ := strings.Cut(python.requirements, "==")
	s.Uses(name, version)
	return append(all, &hookCharm{app: "asker-ops", name: "ops", dir: python.dir, does: "what the first does"}), nil
}

const benchState = `connectors: [{name: lines, config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, tasks.max: 1, file: none, topic: lines}}]`

// compiled lays a charm in Go out: its files, its program in bin, and a plugin where it ships one.
func (s *hookStage) compiled(ctx context.Context, module, folder, name, plugin string) (string, error) {
	root, err := charms.Repository()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(s.Dir, name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, module, folder))); err != nil {
		return "", err
	}
	if plugin != "" {
		if err := os.Symlink(plugin, filepath.Join(dir, "plugin.tar.gz")); err != nil {
			return "", err
		}
	}
	return dir, buildIn(ctx, module, "./"+folder, filepath.Join(dir, "bin", name))
}

// deploy relates all to the provider, until none has anything left to do.
func (s *hookStage) deploy(ctx context.Context) error {
	if err := s.model.Deploy("kafka-connect", s.provider.charm(), jujutest.DeployOptions{}); err != nil {
		return err
	}
	for _, charm := range s.charms {
		measured, err := s.meter.Charm(charm.dir)
		if err != nil {
			return err
		}
		err = s.model.Deploy(charm.app, jujutest.FromDir(measured), jujutest.DeployOptions{Config: charm.config, Resources: charm.resources})
		if err != nil {
			return err
		}
		if charm.relation, err = s.model.Integrate("kafka-connect", charm.app); err != nil {
			return err
		}
		charm.costs, charm.tools = map[string][]Cost{}, map[string]report.Sample{}
	}
	if err := s.active(ctx); err != nil {
		return err
	}
	_, err := s.meter.Take()
	return err
}

// active returns when all charms have been active for some hooks: what was begun in one shows in the next.
func (s *hookStage) active(ctx context.Context) error {
	for rounds := 0; ; {
		if err := s.model.Settle(ctx); err != nil {
			return fmt.Errorf("not all charms are active: %w:\n%s", err, s.model.Status())
		}
		if s.areActive() {
			rounds++
		}
		if rounds > 3 {
			return nil
		}
		for _, charm := range s.charms {
			if err := s.model.UpdateStatus(charm.app + "/0"); err != nil {
				return err
			}
		}
	}
}

func (s *hookStage) areActive() bool {
	return !slices.ContainsFunc(s.charms, func(charm *hookCharm) bool {
		status, _ := s.model.StatusOf(charm.app + "/0")
		return status.Current != "active"
	})
}

// run has a charm run one hook, and notes what that cost. Whatever else it runs meanwhile does not count.
func (s *hookStage) run(ctx context.Context, charm *hookCharm, name string) error {
	unit, before := charm.app+"/0", len(s.model.HookLog())
	cause := func() error { return s.model.UpdateStatus(unit) }
	if name == relationChanged {
		cause = func() error {
			s.provider.rounds[charm.relation]++
			return s.model.UpdateStatus("kafka-connect/0")
		}
	}
	if err := cause(); err != nil {
		return err
	}
	if err := s.model.Settle(ctx); err != nil {
		return err
	}
	costs, err := s.meter.Take()
	if err != nil {
		return err
	}
	for _, cost := range costs {
		if cost.Unit == unit && cost.Hook == "hooks/"+name {
			charm.costs[name] = append(charm.costs[name], cost)
		}
	}
	for _, run := range s.model.HookLog()[before:] {
		if run.Unit == unit && run.Name == name {
			charm.tools[name] = append(charm.tools[name], float64(len(run.Tools)))
		}
	}
	if len(charm.costs[name]) == 0 {
		return fmt.Errorf("%s ran no %s", charm.app, name)
	}
	return nil
}

// costOfTools is the processor's time of one hook tool, whoever runs it.
func (s *hookStage) costOfTools(ctx context.Context) (report.Sample, error) {
	const number = 50
	dir := filepath.Join(s.Dir, "tools")
	script := fmt.Sprintf("#!/bin/sh\n[ \"$JUJU_DISPATCH_PATH\" = hooks/update-status ] || exit 0\ni=0; while [ $i -lt %d ]; do is-leader >/dev/null; i=$((i+1)); done\n", number)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte("name: tools\n"), 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "dispatch"), []byte(script), 0o755); err != nil {
		return nil, err
	}
	measured, err := s.meter.Charm(dir)
	if err != nil {
		return nil, err
	}
	if err := s.model.Deploy("tools", jujutest.FromDir(measured), jujutest.DeployOptions{}); err != nil {
		return nil, err
	}
	for range Pick(s.Stage, 1, 5) {
		if err := s.model.UpdateStatus("tools/0"); err != nil {
			return nil, err
		}
		if err := s.model.Settle(ctx); err != nil {
			return nil, err
		}
	}
	costs, err := s.meter.Take()
	var each report.Sample
	for _, cost := range costs {
		if cost.Hook == "hooks/"+updateStatus {
			each = append(each, cost.CPU().Seconds()/number)
		}
	}
	return each, err
}
