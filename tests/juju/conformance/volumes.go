package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"connectcharms/requirer-lib/jujutest/conformance"
)

// volume is what is recorded on one: by unit, since one can be given to another unit.
type volume struct {
	path     string
	recorded map[string]string
}

// Recordings are all that units have recorded on any volume.
func (p *Pods) Recordings(ctx context.Context) (map[string]string, error) {
	paths, err := p.volumePaths(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, path := range paths {
		if err := p.readVolume(path); err != nil {
			return nil, err
		}
	}
	all := map[string]string{}
	for _, volume := range p.volumes {
		for unit, text := range volume.recorded {
			all[unit] += text
		}
	}
	return all, nil
}

// readVolume takes in what is recorded on a volume now.
func (p *Pods) readVolume(path string) error {
	at := slices.IndexFunc(p.volumes, func(v volume) bool { return v.path == path })
	if at < 0 {
		at = len(p.volumes)
		p.volumes = append(p.volumes, volume{path: path, recorded: map[string]string{}})
	}
	files, err := filepath.Glob(filepath.Join(path, "*.txt"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // the volume goes
		}
		if err != nil {
			return fmt.Errorf("read a recording: %w", err)
		}
		p.volumes[at].recorded[conformance.UnitOfRecording(file)] = string(text)
	}
	return nil
}

// volumePaths are the directories of the model's volumes.
func (p *Pods) volumePaths(ctx context.Context) ([]string, error) {
	text, err := p.kube(ctx, "get", "persistentvolumes", "-o", "json")
	if err != nil {
		return nil, err
	}
	var volumes struct {
		Items []struct {
			Spec struct {
				Claim struct {
					Namespace string `json:"namespace"`
				} `json:"claimRef"`
				HostPath struct {
					Path string `json:"path"`
				} `json:"hostPath"`
			} `json:"spec"`
		} `json:"items"`
	}
	if err := json.Unmarshal(text, &volumes); err != nil {
		return nil, fmt.Errorf("read the cluster's volumes: %w", err)
	}
	var paths []string
	for _, volume := range volumes.Items {
		if volume.Spec.Claim.Namespace == p.name && volume.Spec.HostPath.Path != "" {
			paths = append(paths, volume.Spec.HostPath.Path)
		}
	}
	return paths, nil
}
