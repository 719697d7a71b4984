package hook

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Kind is the kind of a hook, without the name of the endpoint, container, storage or action that it is about.
type Kind string

// The kinds of hooks that Juju runs.
const (
	Install       Kind = "install"
	Start         Kind = "start"
	Stop          Kind = "stop"
	Remove        Kind = "remove"
	ConfigChanged Kind = "config-changed"
	UpgradeCharm  Kind = "upgrade-charm"
	UpdateStatus  Kind = "update-status"
	// LeaderElected tells a unit that it leads now. No hook tells a unit that it leads no more: see [Tools.IsLeader].
	LeaderElected    Kind = "leader-elected"
	RelationCreated  Kind = "relation-created"
	RelationJoined   Kind = "relation-joined"
	RelationChanged  Kind = "relation-changed"
	RelationDeparted Kind = "relation-departed"
	RelationBroken   Kind = "relation-broken"
	SecretChanged    Kind = "secret-changed"
	SecretRotate     Kind = "secret-rotate"
	SecretExpired    Kind = "secret-expired"
	SecretRemove     Kind = "secret-remove"
	StorageAttached  Kind = "storage-attached"
	StorageDetaching Kind = "storage-detaching"
	PebbleReady      Kind = "pebble-ready"
	PebbleNotice     Kind = "pebble-custom-notice"
	PebbleFailed     Kind = "pebble-check-failed"
	PebbleRecovered  Kind = "pebble-check-recovered"
	Action           Kind = "action"
	// Other is a hook that this library does not know; Event.Name has its name.
	Other Kind = "other"
)

// prefixed lists the kinds whose hook names start with the name of an endpoint, container or storage.
var prefixed = []Kind{
	RelationCreated, RelationJoined, RelationChanged, RelationDeparted, RelationBroken,
	StorageAttached, StorageDetaching, PebbleReady, PebbleNotice, PebbleFailed, PebbleRecovered,
}

// plain lists the kinds whose hook names stand alone.
var plain = []Kind{
	Install, Start, Stop, Remove, ConfigChanged, UpgradeCharm, UpdateStatus, LeaderElected,
	SecretChanged, SecretRotate, SecretExpired, SecretRemove,
}

// Event says what happened: all that Juju puts into the environment of one dispatch. The pointers are nil when the
// hook is not about such a thing.
type Event struct {
	Name string // the hook's or action's full name, such as "connect-client-relation-changed"
	Kind Kind

	Unit             string // "kafka-connect/0"
	PrincipalUnit    string // of a subordinate
	ModelName        string
	ModelUUID        string
	MachineID        string // empty on Kubernetes
	AvailabilityZone string
	CharmDir         string // absolute path of the unpacked charm
	JujuVersion      string
	APIAddresses     []string
	Proxy            Proxy
	Trace            Trace

	Relation *RelationEvent
	Secret   *SecretEvent
	Action   *ActionEvent
	Workload *WorkloadEvent
	Storage  *StorageEvent
}

// Proxy is the model's juju-*-proxy settings; empty when unset.
type Proxy struct{ HTTP, HTTPS, FTP, No string }

// Trace is where the charm sends traces, and the span that this hook is in; empty when the model traces nothing.
type Trace struct {
	HTTP, GRPC, CA string // endpoints of an OpenTelemetry collector, and the authority (PEM) of their certificates
	ID, SpanID     string
	Flags          string // "1" when the span is recorded
}

// RelationEvent is the relation that a hook is about.
type RelationEvent struct {
	Endpoint      string // this side's endpoint
	ID            RelationID
	RemoteApp     string // may be empty in relation-broken
	RemoteUnit    string // empty in relation-created and relation-broken, and when the application's databag changed
	DepartingUnit string // in relation-departed: may be this unit itself
}

// SecretEvent is the secret that a hook is about.
type SecretEvent struct {
	URI      string
	Label    string // this unit's or application's own label for it
	Revision int    // 0 when the hook is about no one revision
}

// ActionEvent is the action to run.
type ActionEvent struct{ Name, UUID, Tag string }

// WorkloadEvent is the container, and the Pebble notice or check in it, that a hook is about.
type WorkloadEvent struct {
	Container string
	Notice    Notice
	Check     string
}

// Notice identifies one Pebble notice.
type Notice struct{ ID, Type, Key string }

// StorageEvent is the storage instance that a hook is about.
type StorageEvent struct{ ID, Kind, Location string }

// RelationID is a relation's number as Juju counts it within a model.
type RelationID int

// parseRelationID reads "endpoint:7", as Juju writes it, or "7".
func parseRelationID(text string) (RelationID, error) {
	id, err := strconv.ParseUint(text[strings.LastIndex(text, ":")+1:], 10, strconv.IntSize-1)
	if err != nil {
		return 0, fmt.Errorf("relation id %q is not a number, nor a name and a number", text)
	}
	return RelationID(id), nil
}

func (id RelationID) String() string { return strconv.Itoa(int(id)) }

// Application is the name of the unit's application.
func (e Event) Application() string { return ApplicationOf(e.Unit) }

// ApplicationOf is the application to which unit belongs: all before the slash.
func ApplicationOf(unit string) string {
	app, _, _ := strings.Cut(unit, "/")
	return app
}

// agentsDir is where Juju keeps its units, below the root of a unit's file system.
const agentsDir = "/var/lib/juju/agents/"

// Root is the directory that the unit sees as the root of its file system: "/" on Juju's own machines and pods.
// A model that runs many units on one file system (package jujutest) gives each a root of its own.
func (e Event) Root() string {
	if i := strings.LastIndex(e.CharmDir, agentsDir); i > 0 {
		return e.CharmDir[:i]
	}
	return "/"
}

// DataDir is the directory for the unit's own files, such as /var/lib/kafka-connect-0: units share a machine in peace. The
// charm makes it, and removes it when the unit goes.
func (e Event) DataDir() string {
	return filepath.Join(e.Root(), "var/lib", strings.ReplaceAll(e.Unit, "/", "-"))
}

// Container is a workload container of the unit, as the charm reaches it.
type Container struct {
	Socket string // of the container's Pebble
	Root   string // what the container sees as the root of its file system: "/" in Juju's own pods; see Event.Root
}

// Container says how to reach a workload container.
func (e Event) Container(name string) Container {
	at := filepath.Join(e.Root(), "charm/containers", name)
	container := Container{Socket: filepath.Join(at, "pebble.socket"), Root: "/"}
	if e.Root() != "/" {
		container.Root = filepath.Join(at, "root")
	}
	return container
}

// IsSelfDeparting says whether this unit itself is the one that leaves the relation. Remember it: the relation-broken
// that follows on a leaving unit is not the end of the relation.
func (e Event) IsSelfDeparting() bool {
	return e.Kind == RelationDeparted && e.Relation != nil && e.Relation.DepartingUnit == e.Unit
}

// IsEndOf says whether this hook is the relation-broken of a relation. Its tools may still know the relation.
func (e Event) IsEndOf(id RelationID) bool {
	return e.Kind == RelationBroken && e.Relation != nil && e.Relation.ID == id
}

// ErrNotInHook is returned when the environment is not that of a Juju hook.
var ErrNotInHook = errors.New("not in a Juju hook (JUJU_UNIT_NAME or JUJU_DISPATCH_PATH is not set): let Juju run the charm, or package jujutest")

// ParseEvent reads the environment (in the form of os.Environ) of one dispatch.
func ParseEvent(environ []string) (Event, error) {
	env := variables(environ)
	dispatch := dispatchPath(env)
	if env["JUJU_UNIT_NAME"] == "" || dispatch == "" {
		return Event{}, ErrNotInHook
	}
	if !isUnit(env["JUJU_UNIT_NAME"]) {
		return Event{}, fmt.Errorf("read the hook's environment: JUJU_UNIT_NAME %q is not a unit, such as app/0", env["JUJU_UNIT_NAME"])
	}
	event := Event{
		Name:             path.Base(dispatch),
		Unit:             env["JUJU_UNIT_NAME"],
		PrincipalUnit:    env["JUJU_PRINCIPAL_UNIT"],
		ModelName:        env["JUJU_MODEL_NAME"],
		ModelUUID:        env["JUJU_MODEL_UUID"],
		MachineID:        env["JUJU_MACHINE_ID"],
		AvailabilityZone: env["JUJU_AVAILABILITY_ZONE"],
		CharmDir:         env["JUJU_CHARM_DIR"],
		JujuVersion:      env["JUJU_VERSION"],
		APIAddresses:     strings.Fields(env["JUJU_API_ADDRESSES"]),
		Proxy: Proxy{
			HTTP: env["JUJU_CHARM_HTTP_PROXY"], HTTPS: env["JUJU_CHARM_HTTPS_PROXY"],
			FTP: env["JUJU_CHARM_FTP_PROXY"], No: env["JUJU_CHARM_NO_PROXY"],
		},
		Trace: Trace{
			HTTP: env["JUJU_CHARM_TRACE_CONFIG_HTTP"], GRPC: env["JUJU_CHARM_TRACE_CONFIG_GRPC"], CA: env["JUJU_CHARM_TRACE_CONFIG_CA_CERT"],
			ID: env["JUJU_TRACE_ID"], SpanID: env["JUJU_SPAN_ID"], Flags: env["JUJU_TRACE_FLAGS"],
		},
	}
	event.Kind = kindOf(dispatch, event.Name)
	if err := event.readSubjects(env); err != nil {
		return Event{}, fmt.Errorf("read the hook's environment: %w", err)
	}
	return event, nil
}

// dispatchPath is what Juju runs: "hooks/NAME" or "actions/NAME".
func dispatchPath(env map[string]string) string {
	dispatch := env["JUJU_DISPATCH_PATH"]
	if dispatch == "" && env["JUJU_HOOK_NAME"] != "" {
		return "hooks/" + env["JUJU_HOOK_NAME"] // a hook that was started by hand from another one's environment
	}
	return dispatch
}

// isUnit says whether name has the form of a unit's: other parts make paths and databag keys of it.
func isUnit(name string) bool {
	app, number, _ := strings.Cut(name, "/")
	_, err := strconv.ParseUint(number, 10, 64)
	return err == nil && app != "" && strings.Trim(app, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func kindOf(dispatch, name string) Kind {
	if path.Base(path.Dir(dispatch)) == "actions" {
		return Action
	}
	if slices.Contains(plain, Kind(name)) {
		return Kind(name)
	}
	for _, kind := range prefixed {
		if subject, ok := strings.CutSuffix(name, "-"+string(kind)); ok && subject != "" {
			return kind
		}
	}
	return Other
}

// readSubjects fills in what the hook is about.
func (e *Event) readSubjects(env map[string]string) error {
	if text := env["JUJU_RELATION_ID"]; text != "" {
		id, err := parseRelationID(text)
		if err != nil {
			return fmt.Errorf("JUJU_RELATION_ID: %w", err)
		}
		e.Relation = &RelationEvent{
			Endpoint: env["JUJU_RELATION"], ID: id, RemoteApp: cmp.Or(env["JUJU_REMOTE_APP"], ApplicationOf(env["JUJU_REMOTE_UNIT"])),
			RemoteUnit: env["JUJU_REMOTE_UNIT"], DepartingUnit: env["JUJU_DEPARTING_UNIT"],
		}
	}
	if uri := env["JUJU_SECRET_ID"]; uri != "" {
		revision, err := strconv.Atoi(cmp.Or(env["JUJU_SECRET_REVISION"], "0"))
		if err != nil || revision < 0 {
			return fmt.Errorf("JUJU_SECRET_REVISION %q is not a number", env["JUJU_SECRET_REVISION"])
		}
		e.Secret = &SecretEvent{URI: uri, Label: env["JUJU_SECRET_LABEL"], Revision: revision}
	}
	if name := env["JUJU_ACTION_NAME"]; name != "" {
		e.Action = &ActionEvent{Name: name, UUID: env["JUJU_ACTION_UUID"], Tag: env["JUJU_ACTION_TAG"]}
	}
	if name := env["JUJU_WORKLOAD_NAME"]; name != "" {
		notice := Notice{ID: env["JUJU_NOTICE_ID"], Type: env["JUJU_NOTICE_TYPE"], Key: env["JUJU_NOTICE_KEY"]}
		e.Workload = &WorkloadEvent{Container: name, Notice: notice, Check: env["JUJU_PEBBLE_CHECK_NAME"]}
	}
	if id := env["JUJU_STORAGE_ID"]; id != "" {
		e.Storage = &StorageEvent{ID: id, Kind: env["JUJU_STORAGE_KIND"], Location: env["JUJU_STORAGE_LOCATION"]}
	}
	return nil
}

func variables(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, entry := range environ {
		if key, value, ok := strings.Cut(entry, "="); ok {
			env[key] = value
		}
	}
	return env
}
