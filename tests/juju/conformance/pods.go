package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"connectcharms/requirer-lib/jujutest/conformance"
)

// image is what the probe's workload runs in: Juju's own base of charms has a shell, and every cluster with Juju has it.
const image = "ghcr.io/juju/charm-base:ubuntu-24.04"

// Pods is a model of the local controller on Kubernetes. Units record on their storage, whose volumes are directories of
// this host: what was recorded there outlives its pod, and is kept here when the volume goes too.
type Pods struct {
	client
	kubectl string

	mu      sync.Mutex
	volumes []volume // that units have recorded on, as they came
}

// NewPods makes a model for a scenario, of the controller that the script kubernetes describes. The caller closes it, also
// when there is an error.
func NewPods(ctx context.Context, s *conformance.Scenario, kubernetes, dir string) (*Pods, error) {
	p := &Pods{}
	text, err := command(ctx, dir, kubernetes, "describe")
	if err != nil {
		return p, err
	}
	var description struct {
		Juju    string `json:"juju"`
		Kubectl string `json:"kubectl"`
	}
	if err := json.Unmarshal(text, &description); err != nil {
		return p, fmt.Errorf("read the controller's description: %w", err)
	}
	p.kubectl = description.Kubectl
	if p.client, err = newClient(s, description.Juju, dir); err != nil {
		return p, err
	}
	return p, p.addModel(ctx, true) // without, Juju lets nobody resolve a hook that its container's death has cut short
}

// Close destroys the model.
func (p *Pods) Close(ctx context.Context) error { return p.destroyModel(ctx) }

// kube runs kubectl on the model's namespace.
func (p *Pods) kube(ctx context.Context, args ...string) ([]byte, error) {
	return p.command(ctx, p.kubectl, append([]string{"-n", p.name}, args...)...)
}

// Deploy implements [conformance.Pods], as do the methods below and those of the client.
func (p *Pods) Deploy(ctx context.Context, application string) error {
	return p.onModel(ctx, "deploy", p.charm, application, "--resource", "image="+image)
}

func (p *Pods) AddUnit(ctx context.Context, application string) error {
	return p.onModel(ctx, "add-unit", application)
}

// RemoveUnit removes the unit of the highest number, for Juju takes no other.
func (p *Pods) RemoveUnit(ctx context.Context, unit string) error {
	application, _, _ := strings.Cut(unit, "/")
	return p.onModel(ctx, "remove-unit", application, "--num-units", "1")
}

func (p *Pods) Scale(ctx context.Context, application string, units int) error {
	return p.onModel(ctx, "scale-application", application, fmt.Sprint(units))
}

// Refresh waits until every pod is another one: status does not say that they are to be replaced.
func (p *Pods) Refresh(ctx context.Context, application string) error {
	return p.replacing(ctx, application, func() error { return p.client.Refresh(ctx, application) })
}

func (p *Pods) Attach(ctx context.Context, application, resource, content string) error {
	return p.replacing(ctx, application, func() error { return p.client.Attach(ctx, application, resource, content) })
}

// KillContainer ends the first process of a container, which takes the others along. The charm's is to die at once, without
// a chance to run hooks: there its agent is killed, which its Pebble does not outlive.
func (p *Pods) KillContainer(ctx context.Context, unit, container string) error {
	kill := "kill 1"
	if container == "charm" {
		kill = `for p in /proc/[0-9]*; do [ "$(cat "$p/comm")" != containeragent ] || kill -KILL "${p#/proc/}"; done`
	}
	before, err := p.pod(ctx, unit)
	if err != nil {
		return err
	}
	_, killed := p.kube(ctx, "exec", podOf(unit), "-c", container, "--", "sh", "-c", kill) // which may die of it, too
	err = p.await(ctx, container+" of "+unit+" to start again", func(pods map[string]pod) bool {
		now := pods[podOf(unit)]
		return now.ready() && now.restarts(container) > before.restarts(container)
	})
	if err != nil {
		return errors.Join(err, killed)
	}
	return nil
}

func (p *Pods) DeletePod(ctx context.Context, unit string) error {
	return p.replaced(ctx, []string{podOf(unit)}, func() error {
		_, err := p.kube(ctx, "delete", "pod", podOf(unit))
		return err
	})
}

// replacing makes a change that replaces all pods of an application.
func (p *Pods) replacing(ctx context.Context, application string, change func() error) error {
	pods, err := p.pods(ctx)
	if err != nil {
		return err
	}
	var names []string
	for name := range pods {
		if name[:strings.LastIndex(name, "-")] == application {
			names = append(names, name)
		}
	}
	return p.replaced(ctx, names, change)
}

// replaced makes a change, and waits until others have taken the places of pods.
func (p *Pods) replaced(ctx context.Context, names []string, change func() error) error {
	before, err := p.pods(ctx)
	if err == nil {
		err = change()
	}
	if err != nil {
		return err
	}
	return p.await(ctx, strings.Join(names, ", ")+" to be replaced", func(pods map[string]pod) bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			return !pods[name].ready() || pods[name].Metadata.UID == before[name].Metadata.UID
		})
	})
}

// Settle waits until the model rests.
func (p *Pods) Settle(ctx context.Context) error {
	return p.settle(ctx, p.Recordings, p.restless)
}

// restless also sees pods that are not ready, as those of units with a failed hook, or go.
func (p *Pods) restless(ctx context.Context) (string, error) {
	pods, err := p.pods(ctx)
	if err != nil {
		return "", err
	}
	for name, pod := range pods {
		if !pod.ready() {
			return "pod " + name + " is not ready", nil
		}
	}
	return p.client.restless(ctx)
}
