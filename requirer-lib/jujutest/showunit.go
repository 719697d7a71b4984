package jujutest

import "fmt"

// unitShown is a unit in the layout of juju show-unit.
type unitShown struct {
	Version   string          `yaml:"workload-version,omitempty"`
	Machine   string          `yaml:"machine,omitempty"`
	OpenPorts []string        `yaml:"opened-ports"`
	Public    string          `yaml:"public-address,omitempty"`
	Charm     string          `yaml:"charm"`
	Leader    bool            `yaml:"leader"`
	Life      string          `yaml:"life,omitempty"`
	Relations []relationShown `yaml:"relation-info,omitempty"`
	Address   string          `yaml:"address,omitempty"`
}

type relationShown struct {
	ID       int                 `yaml:"relation-id"`
	Endpoint string              `yaml:"endpoint"`
	Related  string              `yaml:"related-endpoint"`
	App      map[string]string   `yaml:"application-data"`
	Local    scopeShown          `yaml:"local-unit,omitempty"`
	Remote   map[string]bagShown `yaml:"related-units,omitempty"`
}

// scopeShown is left out when the unit takes no part.
type scopeShown struct {
	InScope bool              `yaml:"in-scope"`
	Data    map[string]string `yaml:"data"`
}

type bagShown = scopeShown

// IsZero makes YAML leave out the local unit when it takes no part.
func (s scopeShown) IsZero() bool { return !s.InScope && len(s.Data) == 0 }

// ShowUnit prints a unit as juju show-unit does: its relations with their databags. As in Juju 4.1-beta2 application-data
// is the databag of the unit's own application (2.9 and 3.x show the other one's).
func (m *Model) ShowUnit(name string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(name)
	if err != nil {
		return "", fmt.Errorf("show unit: %w", err)
	}
	shown := unitShown{
		Version: u.version, Machine: u.machineID(), OpenPorts: u.ports.list(), Public: u.address.ip,
		Charm: "local:" + u.app.meta().Name + "-0", Leader: u.isLeader(), Life: "alive",
	}
	if u.dying {
		shown.Life = "dying"
	}
	for _, r := range m.sortedRelations() {
		if r.has(u.app) {
			shown.Relations = append(shown.Relations, showRelation(r, u))
		}
	}
	text, err := formatYAML(map[string]unitShown{u.name: shown})
	return string(text), err
}

func showRelation(r *relation, u *unit) relationShown {
	other := r.other(u.app.name)
	shown := relationShown{
		ID: r.id, Endpoint: r.endpointOf(u).name, Related: other.endpoint.name, App: r.app[u.app.name],
		Remote: map[string]bagShown{},
	}
	for name, bag := range r.units {
		switch {
		case name == u.name:
			shown.Local = scopeShown{InScope: r.inScope[name], Data: bag}
		case appOf(name) == other.app.name && r.inScope[name]:
			shown.Remote[name] = bagShown{InScope: true, Data: bag}
		}
	}
	return shown
}
