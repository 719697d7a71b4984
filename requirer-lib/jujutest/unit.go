package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// unit is one unit. The fields are the model's: hold its mutex; those of the first group never change.
type unit struct {
	model    *Model
	app      *application
	name     string
	number   int
	machine  string
	root     string // what the unit sees as /
	charmDir string
	address  *address
	ingress  string // where others are told that it is: a pod's stays the same, as that of Kubernetes' service does
	listener net.Listener

	// what Juju's agent remembers between hooks
	installed, started, stopped, removed, led bool
	deployed                                  int // application.version that is unpacked
	configured                                string
	statusUpdates, statusUpdatesWanted        int
	queued, failed                            *hookInfo
	failures                                  int
	relations                                 map[int]*unitRelation
	secretsSeen                               map[string]int          // latest revision told, by secret
	obsoleteSeen                              map[string]map[int]bool // by secret and revision
	attached                                  map[string]bool         // storage instances whose storage-attached ran

	busy       bool
	context    *hookContext // of the hook that runs now
	dying      bool
	workload   status
	agent      status
	statusSet  bool // a hook has set the workload's status
	version    string
	ports      portSet
	state      map[string]string
	containers map[string]*container
	events     []workloadEvent
	commands   []*execRun // that wait, in order
	replacing  bool       // the pod is to go, and another to come
	rolling    bool       // so are those of all units, one after the other
	restarting bool       // the charm's container is being started anew
	rebooted   bool       // and was: start is to tell the charm
}

// UnitInfo describes a unit.
type UnitInfo struct {
	Name            string
	Application     string
	Machine         string
	Address         string // the unit's own loopback address
	Root            string // the directory that the unit sees as the root of its file system
	CharmDir        string
	Leader          bool
	Workload, Agent StatusInfo
	OpenPorts       []string
	State           map[string]string // what state-set saved
	Runs            []HookRun
}

// Unit describes a unit as it is now.
func (m *Model) Unit(name string) (UnitInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(name)
	if err != nil {
		return UnitInfo{}, err
	}
	return UnitInfo{
		Name: u.name, Application: u.app.name, Machine: u.machine, Address: u.address.ip, Root: u.root,
		CharmDir: u.charmDir, Leader: u.isLeader(), Workload: u.workloadStatus().info(), Agent: u.agentStatus().info(),
		OpenPorts: u.ports.list(), State: maps.Clone(u.state), Runs: m.runsOf(name),
	}, nil
}

// Units lists the names of an application's units, in the order of their numbers.
func (m *Model) Units(application string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for _, u := range m.sortedUnits() {
		if u.app.name == application {
			names = append(names, u.name)
		}
	}
	return names
}

// AddUnit adds a unit to an application and returns its name. It runs its hooks in [Model.Settle].
func (m *Model) AddUnit(application string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(application)
	if err != nil {
		return "", fmt.Errorf("add a unit: %w", err)
	}
	if m.closed {
		return "", fmt.Errorf("add a unit to %s: model %s is closed", application, m.options.Name)
	}
	if app.dying {
		return "", fmt.Errorf("add a unit to %s: the application is being removed", application)
	}
	u, err := m.newUnit(app)
	if err != nil {
		return "", fmt.Errorf("add a unit to %s: %w", application, err)
	}
	return u.name, nil
}

func (m *Model) newUnit(app *application) (*unit, error) {
	number := app.number()
	name := fmt.Sprintf("%s/%d", app.name, number)
	root := filepath.Join(m.options.Dir, strconv.Itoa(m.nextMachine))
	u := &unit{
		model: m, app: app, name: name, number: number, machine: strconv.Itoa(m.nextMachine), root: root,
		relations: map[int]*unitRelation{}, secretsSeen: map[string]int{}, obsoleteSeen: map[string]map[int]bool{},
		attached: map[string]bool{}, state: map[string]string{}, containers: map[string]*container{},
		queued: &hookInfo{kind: kindInstall}, deployed: app.version, ports: portSet{},
	}
	u.charmDir = filepath.Join(u.agentDir(), "charm")
	u.workload = newStatus("waiting", "waiting for machine")
	u.agent = newStatus("allocating", "")
	m.addUnitStorage(u)
	err := u.open()
	if err == nil {
		err = m.startContainers(u)
	}
	if err != nil {
		m.forgetStorage(u)
		return nil, errors.Join(err, u.discard())
	}
	app.nextUnit++
	m.nextMachine++
	app.units[name], m.units[name] = u, u
	app.elect()
	return u, nil
}

// agentDir is where Juju keeps the unit's charm, resources and socket.
func (u *unit) agentDir() string {
	return filepath.Join(u.root, "var/lib/juju/agents", "unit-"+strings.ReplaceAll(u.name, "/", "-"))
}

func (u *unit) logPath() string {
	return filepath.Join(u.root, "var/log/juju", "unit-"+strings.ReplaceAll(u.name, "/", "-")+".log")
}

// isPod says whether the unit lives in a pod of Kubernetes, as those of charms with containers do.
func (u *unit) isPod() bool { return len(u.app.meta().Containers) > 0 }

// open makes what the unit needs of the machine: directories, the charm, an address and a socket for its tools.
func (u *unit) open() (err error) {
	for _, dir := range []string{u.charmDir, filepath.Dir(u.logPath()), filepath.Join(u.root, "tmp")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make the unit's directories: %w", err)
		}
	}
	if err := u.unpackCharm(u.app.charm); err != nil {
		return err
	}
	if u.address, err = takeAddress(); err != nil {
		return err
	}
	u.ingress = u.address.ip
	if u.app.charm.fn == nil {
		tools, err := u.model.toolsPath()
		if err == nil {
			err = u.writeExec(tools)
		}
		if err != nil {
			return err
		}
	}
	return u.listen()
}

// unpackCharm puts the charm's files into the unit's charm directory, over those of an older one.
func (u *unit) unpackCharm(charm Charm) error {
	if charm.unpack == nil {
		return nil
	}
	if err := charm.unpack(u.charmDir); err != nil {
		return fmt.Errorf("unpack charm %s for %s: %w", charm.meta.Name, u.name, err)
	}
	return nil
}

// shut gives back what open took. It can be called at any time, more than once.
func (u *unit) shut() {
	if u.listener != nil {
		u.listener.Close()
	}
	u.address.giveBack()
}

// discard ends a unit: its processes, its address, its files.
func (u *unit) discard() error {
	err := killBelow(u.root, u.model.born, stopGrace)
	u.shut()
	return errors.Join(err, os.RemoveAll(u.root))
}

// RemoveUnit removes a unit: it departs from its relations, stops and goes with its processes and files.
func (m *Model) RemoveUnit(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(name)
	if err != nil {
		return fmt.Errorf("remove unit: %w", err)
	}
	u.dying = true
	return nil
}

// forget takes a unit that has run its last hook out of the model.
func (m *Model) forget(u *unit) {
	for _, r := range m.sortedRelations() {
		if r.inScope[u.name] {
			m.leaveScope(r, u)
		}
	}
	m.removeSecretsOf(ownerUnit, u.name)
	for _, s := range m.secrets {
		delete(s.consumers, u.name)
		s.markObsolete()
		delete(s.grants, u.name)
	}
	m.forgetStorage(u)
	delete(m.units, u.name)
	delete(u.app.units, u.name)
	if u.app.leader == u {
		u.app.leader = nil // until the model rests
	}
	m.removeDeadApplication(u.app)
}

// UpdateStatus makes units run update-status in the next Settle; without names, all units.
func (m *Model) UpdateStatus(names ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(names) == 0 {
		for name := range m.units {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		u, err := m.unit(name)
		if err != nil {
			return fmt.Errorf("update status: %w", err)
		}
		u.statusUpdatesWanted++
	}
	return nil
}

// Resolve takes a unit out of its error state: with retry its failed hook runs again in the next Settle, without it
// counts as done.
func (m *Model) Resolve(name string, retry bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(name)
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	if u.failed == nil {
		return fmt.Errorf("resolve: unit %q is not in an error state", name)
	}
	if retry {
		u.failures = 0
		return nil
	}
	info := *u.failed
	u.failed, u.failures = nil, 0
	if info.kind == kindConfigChanged {
		u.configured = u.configHash()
	}
	m.commit(u, info)
	return nil
}

// inError says whether the unit has given up on a hook.
func (u *unit) inError() bool {
	return u.failed != nil && u.failures > max(0, u.model.options.HookRetries)
}
