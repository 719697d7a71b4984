package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// DeployOptions say how an application starts.
type DeployOptions struct {
	Units     int               // default 1; less than 0: none
	Config    map[string]any    // by option
	Resources map[string]string // path of a file by resource; of an oci-image, a directory with what is in it
	Storage   map[string]int    // instances per unit by storage; default: what the charm's metadata ask for
	Trust     bool              // lets units use credential-get
}

// application is one application. The fields are the model's: hold its mutex.
type application struct {
	name    string
	charm   Charm
	version int // counts charms and resources: Juju's "charm modified version"

	config        map[string]any // only what was set
	configVersion int
	resources     map[string]resource
	storage       map[string]int
	trust         bool

	units      map[string]*unit
	nextUnit   int
	leader     *unit
	dying      bool
	status     status
	statusSet  bool
	appVersion string
}

// resource is an attached file.
type resource struct {
	path     string
	revision int
}

// Deploy makes an application of a charm and its first units. They run their hooks in [Model.Settle].
func (m *Model) Deploy(name string, charm Charm, options DeployOptions) error {
	if charm.err != nil {
		return fmt.Errorf("deploy %s: %w", name, charm.err)
	}
	if !isApplicationName(name) {
		return fmt.Errorf("deploy %s: not a valid application name", name)
	}
	app := &application{
		name: name, charm: charm, config: map[string]any{}, resources: map[string]resource{},
		storage: options.Storage, trust: options.Trust, units: map[string]*unit{},
	}
	if err := app.setConfig(options.Config); err != nil {
		return fmt.Errorf("deploy %s: %w", name, err)
	}
	for _, resource := range sortedKeys(options.Resources) {
		if err := app.attach(resource, options.Resources[resource]); err != nil {
			return fmt.Errorf("deploy %s: %w", name, err)
		}
	}
	if err := m.addApplication(app); err != nil {
		return fmt.Errorf("deploy %s: %w", name, err)
	}
	count := options.Units
	if count == 0 {
		count = 1
	}
	for range count {
		if _, err := m.AddUnit(name); err != nil {
			return fmt.Errorf("deploy %s: %w", name, errors.Join(err, m.abandon(app)))
		}
	}
	return nil
}

// abandon takes an application out of the model that could not get all its units. None has run a hook yet, unless a
// concurrent Settle has begun.
func (m *Model) abandon(app *application) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app.dying = true
	var errs []error
	for _, name := range sortedKeys(app.units) {
		u := app.units[name]
		u.dying = true
		if !u.busy {
			m.forget(u)
			errs = append(errs, u.discard())
		}
	}
	m.removeDeadApplication(app)
	return errors.Join(errs...)
}

// addApplication puts the application into the model, with its peer relations.
func (m *Model) addApplication(app *application) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("model %s is closed", m.options.Name)
	}
	if _, ok := m.apps[app.name]; ok {
		return fmt.Errorf("the model has an application of this name")
	}
	app.setStatus("unset", "")
	m.apps[app.name] = app
	m.addPeerRelations(app)
	return nil
}

func (a *application) meta() *metadata { return a.charm.meta }

func (a *application) setStatus(current, message string) {
	a.status = newStatus(current, message)
	a.statusSet = current != "unset"
}

// setConfig checks the values and sets them all, or none.
func (a *application) setConfig(values map[string]any) error {
	checked := map[string]any{}
	for name, value := range values {
		option, ok := a.meta().Config.Options[name]
		if !ok {
			return fmt.Errorf("unknown option %q", name)
		}
		clean, err := option.check(name, value)
		if err != nil {
			return err
		}
		checked[name] = clean
	}
	changed := false
	for name, value := range checked {
		if old, ok := a.config[name]; !ok || old != value {
			a.config[name], changed = value, true
		}
	}
	if changed {
		a.configVersion++
	}
	return nil
}

// settings are all options with their values: set, default, or nil.
func (a *application) settings() map[string]any {
	all := map[string]any{}
	for name, option := range a.meta().Config.Options {
		all[name] = nil
		if option.Default != nil {
			all[name], _ = option.check(name, option.Default) // checked when the charm was read
		}
	}
	maps.Copy(all, a.config)
	return all
}

// SetConfig sets options of an application; its units run config-changed when a value is new.
func (m *Model) SetConfig(name string, values map[string]any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(name)
	if err == nil {
		err = app.setConfig(values)
	}
	if err != nil {
		return fmt.Errorf("set configuration of %s: %w", name, err)
	}
	return nil
}

// SetTrust grants or takes back an application's access to the cloud's credentials; its units run config-changed.
func (m *Model) SetTrust(name string, trust bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(name)
	if err != nil {
		return fmt.Errorf("trust: %w", err)
	}
	app.trust = trust
	return nil
}

// ResetConfig gives options their defaults back.
func (m *Model) ResetConfig(name string, options ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(name)
	if err != nil {
		return fmt.Errorf("reset configuration of %s: %w", name, err)
	}
	for _, option := range options {
		if _, ok := app.meta().Config.Options[option]; !ok {
			return fmt.Errorf("reset configuration of %s: unknown option %q", name, option)
		}
		if _, ok := app.config[option]; ok {
			delete(app.config, option)
			app.configVersion++
		}
	}
	return nil
}

// attach gives the application a resource's file.
func (a *application) attach(name, path string) error {
	meta, ok := a.meta().Resources[name]
	if !ok {
		return fmt.Errorf("charm %s has no resource %q", a.meta().Name, name)
	}
	if meta.Type != "" && meta.Type != "file" {
		a.resources[name] = resource{path: path, revision: a.resources[name].revision + 1}
		return nil
	}
	full, err := filepath.Abs(path)
	if err == nil {
		_, err = os.Stat(full)
	}
	if err != nil {
		return fmt.Errorf("attach resource %s: %w", name, err)
	}
	a.resources[name] = resource{path: full, revision: a.resources[name].revision + 1}
	return nil
}

// AttachResource gives an application a new file for a resource: its units run upgrade-charm and config-changed, pods are
// replaced.
func (m *Model) AttachResource(name, resource, path string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(name)
	if err == nil {
		err = app.attach(resource, path)
	}
	if err != nil {
		return fmt.Errorf("attach a resource to %s: %w", name, err)
	}
	app.version++
	app.rollPods()
	return nil
}

// Refresh gives an application another charm: its units run upgrade-charm and config-changed, pods are replaced. The new
// charm must keep the endpoints that are in use.
func (m *Model) Refresh(name string, charm Charm) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(name)
	if err == nil {
		err = charm.err
	}
	if err != nil {
		return fmt.Errorf("refresh %s: %w", name, err)
	}
	for _, r := range m.relations {
		for _, side := range r.sides {
			kept, ok := charm.meta.endpoint(side.endpoint.name)
			if side.app == app && (!ok || kept.iface != side.endpoint.iface || kept.role != side.endpoint.role) {
				return fmt.Errorf("refresh %s: the new charm would break relation %q", name, r.key())
			}
		}
	}
	app.charm = charm
	app.version++
	m.addPeerRelations(app)
	app.rollPods()
	return nil
}

// RemoveApplication removes an application: its relations end, its units stop and go, its secrets go with it.
func (m *Model) RemoveApplication(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	app, err := m.application(name)
	if err != nil {
		return fmt.Errorf("remove application: %w", err)
	}
	app.dying = true
	for _, r := range m.sortedRelations() {
		if r.has(app) && !r.isPeer() {
			r.dying = true
			m.removeDeadRelation(r)
		}
	}
	for _, u := range app.units {
		u.dying = true
	}
	m.removeDeadApplication(app)
	return nil
}

// removeDeadApplication removes an application that was told to go and has no units left.
func (m *Model) removeDeadApplication(app *application) {
	if !app.dying || len(app.units) > 0 {
		return
	}
	delete(m.apps, app.name)
	for _, r := range m.sortedRelations() {
		if r.has(app) {
			r.dying = true
			m.removeDeadRelation(r)
		}
	}
	m.removeSecretsOf(ownerApplication, app.name)
}
