package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Status is the part of juju status --format=json that scenarios look at.
type Status struct {
	Applications map[string]struct {
		Life  string                `json:"life"`
		Scale int                   `json:"scale"` // how many units it is to have; 0 on machines
		Units map[string]UnitStatus `json:"units"`
	} `json:"applications"`
}

// UnitStatus is a unit's part of [Status].
type UnitStatus struct {
	Workload struct {
		Current string `json:"current"`
		Message string `json:"message"`
		Life    string `json:"life"`
	} `json:"workload-status"`
	Agent struct {
		Current string `json:"current"`
		Life    string `json:"life"`
	} `json:"juju-status"`
	Leader bool     `json:"leader"`
	Ports  []string `json:"open-ports"`
}

// ReadStatus parses what juju status --format=json prints.
func ReadStatus(text []byte) (Status, error) {
	var status Status
	if err := json.Unmarshal(text, &status); err != nil {
		return Status{}, fmt.Errorf("read juju's status: %w", err)
	}
	return status, nil
}

// DescribeUnits gives the lines of [Backend.States], from what juju status --format=json prints.
func DescribeUnits(text []byte) (map[string]string, error) {
	status, err := ReadStatus(text)
	if err != nil {
		return nil, err
	}
	lines := map[string]string{}
	for _, application := range status.Applications {
		for name, unit := range application.Units {
			lines[name] = unit.describe()
		}
	}
	return lines, nil
}

func (u UnitStatus) describe() string {
	words := []string{u.Workload.Current}
	if u.Workload.Message != "" {
		words = append(words, fmt.Sprintf("%q", u.Workload.Message))
	}
	if u.Leader {
		words = append(words, "(leader)")
	}
	if len(u.Ports) > 0 {
		slices.Sort(u.Ports)
		words = append(words, strings.Join(u.Ports, " "))
	}
	return strings.Join(words, " ")
}
