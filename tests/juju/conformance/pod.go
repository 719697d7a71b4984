package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
)

// pod is the part of a pod that the backend looks at.
type pod struct {
	Metadata struct {
		Name    string `json:"name"`
		UID     string `json:"uid"`
		Deleted string `json:"deletionTimestamp"`
	} `json:"metadata"`
	Status struct {
		Containers []struct {
			Name     string `json:"name"`
			Ready    bool   `json:"ready"`
			Restarts int    `json:"restartCount"`
		} `json:"containerStatuses"`
	} `json:"status"`
}

func (p pod) ready() bool {
	for _, container := range p.Status.Containers {
		if !container.Ready {
			return false
		}
	}
	return len(p.Status.Containers) > 0 && p.Metadata.Deleted == ""
}

func (p pod) restarts(container string) int {
	for _, status := range p.Status.Containers {
		if status.Name == container {
			return status.Restarts
		}
	}
	return 0
}

// podOf is the name of a unit's pod.
func podOf(unit string) string { return strings.ReplaceAll(unit, "/", "-") }

func (p *Pods) pod(ctx context.Context, unit string) (pod, error) {
	pods, err := p.pods(ctx)
	return pods[podOf(unit)], err
}

// pods are those of the model's units, by name.
func (p *Pods) pods(ctx context.Context) (map[string]pod, error) {
	text, err := p.kube(ctx, "get", "pods", "-o", "json")
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []pod `json:"items"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read the model's pods: %w", err)
	}
	all := map[string]pod{}
	for _, pod := range list.Items {
		all[pod.Metadata.Name] = pod
	}
	maps.DeleteFunc(all, func(name string, _ pod) bool { return strings.HasPrefix(name, "modeloperator-") })
	return all, nil
}

// await waits for a condition of the model's pods.
func (p *Pods) await(ctx context.Context, what string, is func(map[string]pod) bool) error {
	ctx, cancel := context.WithTimeout(ctx, waitsFor)
	defer cancel()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		pods, err := p.pods(ctx)
		if err == nil && is(pods) {
			return nil
		}
		if ctx.Err() == nil && err != nil {
			return err
		}
		if _, err := p.Recordings(ctx); err != nil && ctx.Err() == nil { // before a volume goes
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
}
