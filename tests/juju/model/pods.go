package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Pods are where the units of a model on Kubernetes run: its namespace, which has the model's name.
type Pods struct {
	namespace string
	kubectl   []string // the command and what it always takes
	cluster   *Controller
}

// Pod is what Kubernetes says of a unit's pod.
type Pod struct {
	UID        string // another pod of the same name has another
	Address    string
	Ready      bool // all of its containers are
	Containers map[string]Container
}

// Container is one of a pod's containers.
type Container struct {
	Image    string
	Ready    bool
	Restarts int
	LastEnd  string            // why it ended before, such as OOMKilled
	Limits   map[string]string // by resource
}

// Pods finds the command for the model's cluster: of a local controller its own, elsewhere that of `kubectl` and `microk8s kubectl` whose
// cluster has the model.
func (m *Model) Pods(ctx context.Context) (*Pods, error) {
	if own := m.controller.Kubectl; own != "" {
		return &Pods{namespace: m.Name, kubectl: []string{own}, cluster: m.controller}, nil
	}
	err := fmt.Errorf("neither kubectl nor microk8s on PATH reaches the cluster of the model %q", m.Name)
	for _, command := range [][]string{{"kubectl"}, {"microk8s", "kubectl"}} {
		if _, missing := exec.LookPath(command[0]); missing != nil {
			continue
		}
		_, failed := run(ctx, os.Environ(), command[0], append(command[1:], "get", "namespace", m.Name)...)
		if failed == nil {
			return &Pods{namespace: m.Name, kubectl: command, cluster: m.controller}, nil
		}
		err = errors.Join(err, failed)
	}
	return nil, err
}

// Kubectl runs kubectl in the model's namespace.
func (p *Pods) Kubectl(ctx context.Context, args ...string) (stdout string, err error) {
	return run(ctx, os.Environ(), p.kubectl[0], append(append(p.kubectl[1:len(p.kubectl):len(p.kubectl)], "--namespace", p.namespace), args...)...)
}

// Exec runs a shell command in a container, as the container's account, and returns its stdout.
func (p *Pods) Exec(ctx context.Context, pod, container, command string) (stdout string, err error) {
	return p.Kubectl(ctx, "exec", pod, "--container", container, "--", "sh", "-c", command)
}

// Get asks for a pod.
func (p *Pods) Get(ctx context.Context, name string) (Pod, error) {
	answer, err := p.Kubectl(ctx, "get", "pod", name, "--output", "json")
	if err != nil {
		return Pod{}, err
	}
	var found podJSON
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		return Pod{}, fmt.Errorf("reading the pod %s: %w", name, err)
	}
	return found.pod(), nil
}

// podJSON is the part of Kubernetes' Pod (core/v1) that is looked at.
type podJSON struct {
	Metadata struct {
		UID string `json:"uid"`
	} `json:"metadata"`
	Spec struct {
		Containers []struct {
			Name      string `json:"name"`
			Image     string `json:"image"`
			Resources struct {
				Limits map[string]string `json:"limits"`
			} `json:"resources"`
		} `json:"containers"`
	} `json:"spec"`
	Status struct {
		PodIP      string `json:"podIP"`
		Containers []struct {
			Name         string `json:"name"`
			Ready        bool   `json:"ready"`
			RestartCount int    `json:"restartCount"`
			LastState    struct {
				Terminated struct {
					Reason string `json:"reason"`
				} `json:"terminated"`
			} `json:"lastState"`
		} `json:"containerStatuses"`
	} `json:"status"`
}

func (j podJSON) pod() Pod {
	pod := Pod{UID: j.Metadata.UID, Address: j.Status.PodIP, Ready: len(j.Status.Containers) > 0, Containers: map[string]Container{}}
	for _, wanted := range j.Spec.Containers {
		pod.Containers[wanted.Name] = Container{Image: wanted.Image, Limits: wanted.Resources.Limits}
	}
	for _, is := range j.Status.Containers {
		container := pod.Containers[is.Name]
		container.Ready, container.Restarts, container.LastEnd = is.Ready, is.RestartCount, is.LastState.Terminated.Reason
		pod.Containers[is.Name] = container
		pod.Ready = pod.Ready && is.Ready
	}
	return pod
}

// DNS is the address of the cluster's DNS, which knows the names of pods.
func (p *Pods) DNS(ctx context.Context) (address string, err error) {
	if p.cluster.DNS != "" {
		return p.cluster.DNS, nil
	}
	return p.Kubectl(ctx, "get", "service", "kube-dns", "--namespace", "kube-system", "--output", "jsonpath={.spec.clusterIP}")
}

// Host is this host's address, as pods reach it: on the network of a local controller's cluster, or else that of the cluster's nodes.
func (p *Pods) Host(ctx context.Context) (string, error) {
	if p.cluster.HostAddress != "" {
		return p.cluster.HostAddress, nil
	}
	nodes, err := p.Kubectl(ctx, "get", "nodes", "--output", `jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}`)
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(nodes, " ")
	return towards(ctx, first)
}
