package jujutest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	random "math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// JujuVersion is the version that units are told they run on: the one whose source this package follows.
const JujuVersion = "4.1-beta2"

// Options change how a model behaves. The zero value is a good model.
type Options struct {
	Name string // the model's name; default "test"

	// Dir is where the units live; default a new directory below the system's temporary directory. Keep it short: a unix
	// socket's path has at most 108 bytes. Close removes it either way. A default directory that a killed test left behind
	// is removed, with the processes below it, by the next model on the machine.
	Dir string

	PebbleBinary string // the pebble command; needed by charms with containers
	// IsolateContainers gives each container's Pebble a mount namespace in which the charm's files are not there, as they
	// are not in a pod: only what the metadata mount is shared. It needs root and the command unshare. Without it, a
	// container has paths of its own too, but sees the charm's as well.
	IsolateContainers bool

	ToolBinary string // the compiled hooktool command; default: compiled once with the go command, and cached

	Log         *slog.Logger  // what units log and what the model does; default: nothing
	HookTimeout time.Duration // of one hook or action; default 2 minutes

	// HookRetries is how often a failed hook is run again, at once, before its unit counts as failed. 0 means the default
	// of 2, less than 0 none.
	HookRetries int

	// MaxHooks bounds the hooks that one Settle runs, so that charms which never rest fail a test. Default 2000.
	MaxHooks int

	// Seed, when not 0, makes the model run one hook at a time, in an order drawn from the seed: the same seed and the
	// same charms give the same order. Without it units run concurrently, as they do in Juju.
	Seed uint64

	// GrantsSurviveSecretAdd repairs a fault of Juju 4.1-beta2: it silently drops a secret-grant made in the hook that
	// also makes the secret (secret-add). By default the fault is there, because charms meet it.
	GrantsSurviveSecretAdd bool

	// Environ is added to the environment of every hook, in the form of os.Environ. Juju gives hooks little: no HOME, no
	// USER. JAVA_HOME is passed on from the test's own environment when it is set.
	Environ []string
}

func (o *Options) setDefaults() {
	if o.Name == "" {
		o.Name = "test"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HookTimeout == 0 {
		o.HookTimeout = 2 * time.Minute
	}
	if o.HookRetries == 0 {
		o.HookRetries = 2
	}
	if o.MaxHooks == 0 {
		o.MaxHooks = 2000
	}
	if o.PebbleBinary == "" {
		return
	}
	if path, err := filepath.Abs(o.PebbleBinary); err == nil && strings.Contains(o.PebbleBinary, "/") {
		o.PebbleBinary = path
	}
}

// Model is a Juju model on this machine. Its methods may be called concurrently.
type Model struct {
	options Options
	uuid    string
	log     *slog.Logger
	born    ticks
	lock    *os.File // says that the model lives; nil when the directory is not its own

	life       context.Context // ends with Close
	end        context.CancelCauseFunc
	background sync.WaitGroup // goroutines that serve units and watch containers

	settling sync.Mutex // one Settle at a time; before mu

	mu      sync.Mutex // all below, and everything in applications, units, relations and secrets
	changed *sync.Cond // a unit has finished a hook, or has a new reason to run one
	closed  bool

	apps      map[string]*application
	units     map[string]*unit
	relations map[int]*relation
	secrets   map[string]*secret
	storage   map[string]*storageInstance

	nextRelation, nextStorage, nextAction, nextContext int
	nextMachine                                        int
	running                                            int // units that run a hook or action now
	ran                                                int // hooks run by the present Settle
	hooks                                              []HookRun
	order                                              *random.Rand
	tools                                              toolsDir
}

// New makes an empty model.
func New(options Options) (*Model, error) {
	options.setDefaults()
	var lock *os.File
	if options.Dir == "" {
		var err error
		if options.Dir, lock, err = makeDir(); err != nil {
			return nil, err
		}
	}
	dir, err := filepath.Abs(options.Dir)
	if err == nil {
		dir, err = realPath(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("make the model's directory %s: %w", options.Dir, err)
	}
	options.Dir = dir
	m := &Model{
		options: options, uuid: newUUID(), log: options.Log, born: now(), lock: lock,
		apps: map[string]*application{}, units: map[string]*unit{}, relations: map[int]*relation{},
		secrets: map[string]*secret{}, storage: map[string]*storageInstance{},
	}
	m.life, m.end = context.WithCancelCause(context.Background())
	m.changed = sync.NewCond(&m.mu)
	if options.Seed != 0 {
		m.order = random.New(random.NewPCG(options.Seed, options.Seed))
	}
	return m, nil
}

func realPath(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// Name is the model's name.
func (m *Model) Name() string { return m.options.Name }

// UUID is the model's UUID, as hooks see it in JUJU_MODEL_UUID.
func (m *Model) UUID() string { return m.uuid }

// Dir is the directory in which the units live.
func (m *Model) Dir() string { return m.options.Dir }

// Close ends the model: hooks that run are cut short, every process of every unit is stopped (also those that charms left
// running in the background, see killBelow), the units' addresses are given back and the model's directory is removed.
func (m *Model) Close() error {
	m.end(fmt.Errorf("model %s is closed", m.options.Name))
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	m.changed.Broadcast()
	for m.running > 0 {
		m.changed.Wait()
	}
	units := m.sortedUnits()
	m.mu.Unlock()
	var errs []error
	if err := killBelow(m.options.Dir, m.born, stopGrace); err != nil {
		errs = append(errs, err)
	}
	for _, u := range units {
		u.shut()
	}
	m.background.Wait()
	if err := os.RemoveAll(m.options.Dir); err != nil {
		errs = append(errs, fmt.Errorf("remove the model's directory: %w", err))
	}
	if m.lock != nil {
		m.lock.Close()
	}
	return errors.Join(errs...)
}

func (m *Model) sortedUnits() []*unit {
	return sortedValues(m.units, func(u *unit) string { return fmt.Sprintf("%s/%09d", u.app.name, u.number) })
}

func (m *Model) sortedRelations() []*relation {
	return sortedValues(m.relations, func(r *relation) string { return fmt.Sprintf("%09d", r.id) })
}

// sortedValues lists a map's values by key.
func sortedValues[K comparable, V any](from map[K]V, key func(V) string) []V {
	all := make([]V, 0, len(from))
	for _, value := range from {
		all = append(all, value)
	}
	sort.Slice(all, func(i, j int) bool { return key(all[i]) < key(all[j]) })
	return all
}

func sortedKeys[V any](from map[string]V) []string {
	keys := make([]string, 0, len(from))
	for key := range from {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// application finds an application; the error names it.
func (m *Model) application(name string) (*application, error) {
	if app, ok := m.apps[name]; ok {
		return app, nil
	}
	return nil, fmt.Errorf("application %q not found in model %s", name, m.options.Name)
}

func (m *Model) unit(name string) (*unit, error) {
	if u, ok := m.units[name]; ok {
		return u, nil
	}
	return nil, fmt.Errorf("unit %q not found in model %s", name, m.options.Name)
}

// splitUnit takes "app/3" apart.
func splitUnit(name string) (app string, number int, ok bool) {
	app, text, found := strings.Cut(name, "/")
	number, err := strconv.Atoi(text)
	return app, number, found && err == nil && number >= 0 && isApplicationName(app)
}

func isUnitName(name string) bool {
	_, _, ok := splitUnit(name)
	return ok
}

// isApplicationName follows Juju's rule: lower-case words joined by dashes, each with a letter, the first led by one.
func isApplicationName(name string) bool {
	for i, word := range strings.Split(name, "-") {
		letters := strings.ContainsAny(word, "abcdefghijklmnopqrstuvwxyz")
		clean := strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
		if !letters || !clean || i == 0 && (word[0] < 'a' || word[0] > 'z') {
			return false
		}
	}
	return true
}
