package supervisor

import (
	"context"
	"fmt"
	"slices"

	"github.com/canonical/pebble/client"
	"go.yaml.in/yaml/v4"
)

// LogTarget is a Loki server to which Pebble sends what all services write.
type LogTarget struct {
	Location string            `yaml:"location"` // the whole URL to push to
	Labels   map[string]string `yaml:"labels,omitempty"`
}

// logLabel names the layer of log targets. It is a layer of its own: it changes when the services do not.
func (s *Supervisor) logLabel() string { return s.charm + "-logs" }

// logTarget is a LogTarget as Pebble's layers have it.
type logTarget struct {
	Override  string   `yaml:"override"`
	Type      string   `yaml:"type"`
	Services  []string `yaml:"services"`
	LogTarget `yaml:",inline"`
}

var (
	allServices = []string{"all"}
	noServices  = []string{"-all"}
)

// LogTargets says where Pebble sends logs now, by name. There are none when Pebble itself is not up.
func (s *Supervisor) LogTargets(ctx context.Context) (map[string]LogTarget, error) {
	known, err := s.knownTargets(ctx)
	if err != nil {
		return nil, err
	}
	forwarding := map[string]LogTarget{}
	for name, target := range known {
		if !slices.Equal(target.Services, noServices) {
			forwarding[name] = target.LogTarget
		}
	}
	return forwarding, nil
}

// ForwardLogs has Pebble send logs to these targets and to no others. Pebble has to be up.
func (s *Supervisor) ForwardLogs(ctx context.Context, targets map[string]LogTarget) error {
	known, err := s.knownTargets(ctx)
	if err != nil {
		return err
	}
	all := map[string]logTarget{}
	for name, target := range targets {
		all[name] = logTarget{Override: "replace", Type: "loki", Services: allServices, LogTarget: target}
	}
	if err := s.keepLogLayer(all); err != nil {
		return err
	}
	for name, target := range known { // Pebble forgets a target only when it starts anew
		if _, wanted := targets[name]; !wanted {
			all[name] = logTarget{Override: "replace", Type: "loki", Services: noServices, LogTarget: LogTarget{Location: target.Location}}
		}
	}
	layer, err := s.logLayer(all)
	if err != nil {
		return err
	}
	if err := s.pebble.AddLayer(&client.AddLayerOptions{Combine: true, Label: s.logLabel(), LayerData: layer}); err != nil {
		return fmt.Errorf("hand Pebble where to send logs: %w", err)
	}
	return nil
}

// keepLogLayer writes down what Pebble is to do when it comes up by itself.
func (s *Supervisor) keepLogLayer(targets map[string]logTarget) error {
	layer, err := s.logLayer(targets)
	if err == nil {
		err = s.writeLayer("002-"+s.logLabel(), layer)
	}
	if err != nil {
		return fmt.Errorf("write Pebble's layer of log targets: %w", err)
	}
	return nil
}

func (s *Supervisor) logLayer(targets map[string]logTarget) ([]byte, error) {
	return yaml.Marshal(map[string]any{"summary": "Logs of " + s.charm, "log-targets": targets})
}

func (s *Supervisor) knownTargets(ctx context.Context) (map[string]logTarget, error) {
	if !s.keeper.Running() {
		return nil, nil
	}
	if err := s.answers(ctx); err != nil {
		return nil, err
	}
	document, err := s.pebble.PlanBytes(&client.PlanOptions{})
	if err != nil {
		return nil, fmt.Errorf("ask Pebble where it sends logs: %w", err)
	}
	var plan struct {
		Targets map[string]logTarget `yaml:"log-targets"`
	}
	if err := yaml.Unmarshal(document, &plan); err != nil {
		return nil, fmt.Errorf("read Pebble's plan: %w", err)
	}
	return plan.Targets, nil
}
