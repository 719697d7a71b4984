package jujutest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// statusView is the model in the form of juju status --format=json.
type statusView struct {
	Model        modelView                  `json:"model"`
	Machines     map[string]machineView     `json:"machines"`
	Applications map[string]applicationView `json:"applications"`
}

type modelView struct {
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Controller string    `json:"controller"`
	Cloud      string    `json:"cloud"`
	Version    string    `json:"version"`
	Status     stateView `json:"model-status"`
}

type stateView struct {
	Current string `json:"current,omitempty"`
	Message string `json:"message,omitempty"`
	Since   string `json:"since,omitempty"`
	Version string `json:"version,omitempty"`
}

type machineView struct {
	Juju       stateView `json:"juju-status"`
	DNSName    string    `json:"dns-name"`
	Addresses  []string  `json:"ip-addresses"`
	InstanceID string    `json:"instance-id"`
	Machine    stateView `json:"machine-status"`
}

type applicationView struct {
	Charm       string                   `json:"charm"`
	CharmOrigin string                   `json:"charm-origin"`
	CharmName   string                   `json:"charm-name"`
	CharmRev    int                      `json:"charm-rev"`
	Exposed     bool                     `json:"exposed"`
	Life        string                   `json:"life,omitempty"`
	Status      stateView                `json:"application-status"`
	Relations   map[string][]relatedView `json:"relations,omitempty"`
	Units       map[string]unitView      `json:"units,omitempty"`
	Version     string                   `json:"version,omitempty"`
}

type relatedView struct {
	Application string `json:"related-application"`
	Interface   string `json:"interface"`
	Scope       string `json:"scope"`
}

type unitView struct {
	Workload  stateView `json:"workload-status"`
	Juju      stateView `json:"juju-status"`
	Leader    bool      `json:"leader,omitempty"`
	Machine   string    `json:"machine,omitempty"`
	OpenPorts []string  `json:"open-ports,omitempty"`
	Address   string    `json:"public-address,omitempty"`
}

func (s status) view() stateView {
	return stateView{Current: s.current, Message: s.message, Since: s.since.UTC().Format(time.RFC3339)}
}

// StatusJSON is the model's status in the layout of juju status --format=json, as far as the model has such things.
func (m *Model) StatusJSON() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	view := statusView{
		Model: modelView{
			Name: m.options.Name, Type: "iaas", Controller: "jujutest", Cloud: "localhost", Version: JujuVersion,
			Status: stateView{Current: "available"},
		},
		Machines: map[string]machineView{}, Applications: map[string]applicationView{},
	}
	for name, app := range m.apps {
		view.Applications[name] = m.applicationView(app)
		for _, u := range app.units {
			view.Machines[u.machine] = machineView{
				Juju: stateView{Current: "started", Version: JujuVersion}, Machine: stateView{Current: "running"},
				DNSName: u.address.ip, Addresses: []string{u.address.ip}, InstanceID: "jujutest-" + u.machine,
			}
		}
	}
	return json.Marshal(view)
}

func (m *Model) applicationView(app *application) applicationView {
	view := applicationView{
		Charm: "local:" + app.meta().Name + "-0", CharmOrigin: "local", CharmName: app.meta().Name,
		Status: app.currentStatus().view(), Version: app.appVersion, Units: map[string]unitView{},
		Relations: map[string][]relatedView{},
	}
	if app.dying {
		view.Life = "dying"
	}
	for name, u := range app.units {
		juju := u.agentStatus().view()
		juju.Version = JujuVersion
		view.Units[name] = unitView{
			Workload: u.workloadStatus().view(), Juju: juju, Leader: u.isLeader(), Machine: u.machine,
			OpenPorts: u.ports.list(), Address: u.address.ip,
		}
	}
	for _, r := range m.sortedRelations() {
		if !r.has(app) {
			continue
		}
		mine, other := r.side(app.name), r.other(app.name)
		view.Relations[mine.endpoint.name] = append(view.Relations[mine.endpoint.name],
			relatedView{Application: other.app.name, Interface: mine.endpoint.iface, Scope: "global"})
	}
	return view
}

// Status is the model's status as juju status --relations prints it, without the machines.
func (m *Model) Status() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var text strings.Builder
	writeTable(&text, nil, [][]string{
		{"Model", "Controller", "Cloud/Region", "Version"},
		{m.options.Name, "jujutest", "localhost", JujuVersion},
	})
	if len(m.apps) > 0 {
		text.WriteByte('\n')
		writeTable(&text, map[int]bool{3: true, 6: true}, m.applicationRows())
	}
	if len(m.units) > 0 {
		text.WriteByte('\n')
		writeTable(&text, nil, m.unitRows())
	}
	if len(m.relations) > 0 {
		text.WriteByte('\n')
		writeTable(&text, nil, m.relationRows())
	}
	return text.String()
}

func (m *Model) applicationRows() [][]string {
	rows := [][]string{{"App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Exposed", "Message"}}
	for _, name := range sortedKeys(m.apps) {
		app := m.apps[name]
		current := app.currentStatus()
		scale := 0
		for _, u := range app.units {
			if u.agent.current != "allocating" && u.workload.current != "terminated" {
				scale++
			}
		}
		shown := fmt.Sprint(scale)
		if scale != len(app.units) {
			shown = fmt.Sprintf("%d/%d", scale, len(app.units))
		}
		rows = append(rows, []string{
			name, shorten(app.appVersion, maxVersion), current.current, shown, app.meta().Name, "", "0", "no", shorten(current.message, maxMessage),
		})
	}
	return rows
}

func (m *Model) unitRows() [][]string {
	rows := [][]string{{"Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message"}}
	for _, u := range m.sortedUnits() {
		name := u.name
		if u.isLeader() {
			name += "*"
		}
		workload, agent := u.workloadStatus(), u.agentStatus()
		message := workload.message
		if agent.current == "executing" {
			doing := strings.TrimSuffix(strings.TrimPrefix(agent.message, "running "), " hook")
			message = fmt.Sprintf("(%s) %s", doing, message)
		}
		rows = append(rows, []string{
			name, workload.current, agent.current, u.machine, u.address.ip, u.ports.short(), shorten(message, maxMessage),
		})
	}
	return rows
}

func (m *Model) relationRows() [][]string {
	rows := [][]string{{"Relation provider", "Requirer", "Interface", "Type", "Message"}}
	for _, r := range sortedValues(m.relations, func(r *relation) string { return r.sides[len(r.sides)-1].String() + " " + r.key() }) {
		requirer, provider, kind, message := r.sides[0], r.sides[len(r.sides)-1], "regular", ""
		if r.isPeer() {
			kind = "peer"
		}
		if r.dying {
			message = "broken"
		}
		rows = append(rows, []string{provider.String(), requirer.String(), provider.endpoint.iface, kind, message})
	}
	return rows
}

func (s side) String() string { return s.app.name + ":" + s.endpoint.name }

// The widest version and message that a table shows.
const (
	maxVersion = 15
	maxMessage = 120
)

func shorten(text string, most int) string {
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > most {
		return text[:most-3] + "..."
	}
	return text
}

// short lists open ports as the status table does: the ports of a protocol, runs of ports drawn together, then the protocol.
func (p portSet) short() string {
	byProtocol := map[string][]string{}
	var last portRange
	for _, r := range p.sorted() {
		if r.protocol == "icmp" {
			byProtocol["icmp"] = append(byProtocol["icmp"], "")
			continue
		}
		all := byProtocol[r.protocol]
		if r.from == last.to+1 && r.protocol == last.protocol && len(all) > 0 {
			first, _, _ := strings.Cut(all[len(all)-1], "-")
			all[len(all)-1] = fmt.Sprintf("%s-%d", first, r.to)
		} else {
			text, _, _ := strings.Cut(r.String(), "/")
			byProtocol[r.protocol] = append(all, text)
		}
		last = r
	}
	var parts []string
	for _, protocol := range sortedKeys(byProtocol) {
		part := protocol
		if protocol != "icmp" {
			part = strings.Join(byProtocol[protocol], ",") + "/" + protocol
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

// writeTable writes columns two spaces apart, some of them aligned to the right, without spaces at the end of a line.
func writeTable(to *strings.Builder, right map[int]bool, rows [][]string) {
	widths := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-len(cell))
			if right[i] {
				line.WriteString(gap + cell + "  ")
			} else {
				line.WriteString(cell + gap + "  ")
			}
		}
		to.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
