package charm

import (
	"encoding/json"
	"time"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/plugins"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

// World is all that the rules know. It is plain data: tests write it down.
type World struct {
	Event         hook.Event
	Now           time.Time // when the hook began
	Leader        bool
	Leaving       bool // this unit is on its way out: the end of a relation on it is not the end of the relation
	Config        Config
	Address       string // where the other units and clients find this one; empty while Juju knows none
	ListenAddress string // where its gateway listens

	PeerRelation *hook.RelationID  // nil before the peer relation is made
	Own          Report            // what this unit knows of itself, as it stands now
	Sent         Report            // what the other units can read of it
	Others       map[string]Report // by unit
	Shared       Shared            // the application's peer databag

	Relations []connectprovider.Relation // of requirers, that go on
	Clients   []Client                   // their requests, in order

	Secrets      map[hook.RelationID]ConnectorSecrets // of those relations, and of some that have gone
	Acknowledged map[hook.RelationID]int64            // the versions of them that requirers were told

	Admin        AdminWish
	Watch        Watch
	Failing      []Failing // connectors, as the leader last saw them
	NotedFailing []Failing // and as it has noted them
	Kafka        Kafka
	Strangers    []string // workers in the Connect group that are not this application's; known to the leader only

	PluginCredentials PluginCredentials

	Identity    Identity
	Certificate Certificate
	Runtime     Runtime
	Store       []plugins.Digest // what is installed
	Services    Services

	tried reconcile.Tried
	// Several steps that are done as one write Shared when all are done: see batch.
	sharesLater, toShare bool
}

// Client is one request in a connect_client relation: the one of a relation in contract v0, one of several in v1.
type Client struct {
	Key       connectprovider.Key
	App       string
	Want      schemas.Request
	WantErr   error
	Published schemas.Answer // known to the leader only
}

// Runtime is what a worker needs and does not bring.
type Runtime struct {
	KafkaDir string // empty: no Kafka distribution is unpacked
	Version  string // of that Kafka
	Archive  string // the resource that is attached
	Pending  bool   // Archive is not what is unpacked
	JavaHome string
	JMXAgent string // the jar that the image has, as the worker finds it; empty: none
	// MemoryMiB is the limit of what the services may take, where there is one; 0: none, or not known yet.
	MemoryMiB int
	Problem   string // what a person has to do first
	Waits     string // what is not there yet, without which nothing can run

	CanInstallJava bool // there is none, and this unit may install one

	Build      string // identity of this charm's own program, which the gateway runs
	WorkerDir  string // where a worker has its files
	PluginPath string // and its plugins
}

// Services is what Pebble and the services say.
type Services struct {
	Written        string // fingerprint of what Pebble was last told to run
	GatewayRunning bool
	GatewayUp      bool   // it answers
	GatewayReason  string // why the gateway is not up
	Accounts       string // revision of the set that the gateway accepts
	Shown          string // fingerprint of the certificate that it shows
	Plain          bool   // it takes http

	GatewayHas, GatewayWants string // revision of its configuration: in force, and due
	GatewayRestart           bool   // it has settings that wait for its restart

	WorkerRunning bool
	WorkerReady   bool // its REST interface answers
	WorkerYoung   bool // it was started so recently that it may yet become ready
	WorkerReason  string
	Started       worker.Started
	Levels        map[string]string // log levels, by logger; nil: not known
	BrokerReason  string            // why Kafka cannot be reached, where that was asked
	BrokersRefuse bool              // it can be, and lets the user not in
	Loaded        []plugins.Digest  // what the worker says it has
}

// Report is what a unit tells the other units, in its peer databag.
type Report struct {
	Address      string                               `json:"address,omitempty"`
	Plugins      map[connectprovider.Key]PluginReport `json:"plugins,omitempty"`
	Loaded       []plugins.Digest                     `json:"loaded,omitempty"`
	NeedsRestart bool                                 `json:"needs-restart,omitempty"`
	Ready        bool                                 `json:"ready,omitempty"`
	Trouble      string                               `json:"trouble,omitempty"`  // why the worker is not ready, where that is known
	Accounts     string                               `json:"accounts,omitempty"` // revision that its gateway accepts
	TLS          TLSReport                            `json:"tls,omitzero"`
	Ports        []int                                `json:"ports,omitempty"` // that are open in the model's firewall
	ExactlyOnce  worker.ExactlyOnce                   `json:"exactly-once,omitempty"`
	Asks         int                                  `json:"asks,omitempty"`   // number of the last restart that was asked for on it
	Turned       int                                  `json:"turned,omitempty"` // number of the last turn that it has used
	Secrets      map[hook.RelationID]SecretsReport    `json:"secrets,omitempty"`
}

// PluginReport is what a unit has made of one request's plugin-url.
type PluginReport struct {
	Source string         `json:"source,omitempty"` // fingerprint of the URL (and digest asked for) that Digest came from
	Digest plugins.Digest `json:"digest,omitempty"`
	Failed string         `json:"failed,omitempty"` // fingerprint of the URL that could not be installed
	Error  string         `json:"error,omitempty"`
	Lasts  bool           `json:"lasts,omitempty"` // no use trying again until someone changes something
}

// Shared is what the leader keeps for all units and for the next leader, in the application's peer databag.
type Shared struct {
	Clients  map[connectprovider.Key]ClientRecord `json:"clients,omitempty"`
	Operator *Credentials                         `json:"operator,omitempty"` // the charm's own
	Admin    *accounts.Account                    `json:"admin,omitempty"`    // that of config operator-secret
	TLS      *TLSRecord                           `json:"tls,omitempty"`
	TLSV1    *TLSRecordV1                         `json:"tls-v1,omitempty"`
	Identity *IdentityRecord                      `json:"identity,omitempty"`
	Turn     Turn                                 `json:"rollout,omitzero"`  // who may restart its worker
	Restart  int                                  `json:"restart,omitempty"` // number of the last restart that an operator asked for
	Kafka    *KafkaRecord                         `json:"kafka,omitempty"`
	Secrets  []hook.RelationID                    `json:"secrets,omitempty"` // whose connectors may refer to secrets on the workers

	ExactlyOnce worker.ExactlyOnce `json:"exactly-once,omitempty"` // how far the workers may go

	unknown map[string]json.RawMessage // what another version of this charm has written
}

// ClientRecord is what exists on behalf of one request, and so must go with it.
type ClientRecord struct {
	Credentials
	Open    bool      `json:"open,omitempty"`    // gateways are to accept the account: the plugin is loaded everywhere
	Closing bool      `json:"closing,omitempty"` // secret and account are gone; its connectors may be left
	Since   time.Time `json:"since,omitzero"`    // when the relation was made
	fresh   bool      // the secret was added in this very hook
}

// Credentials is an account and the Juju secret with its password.
type Credentials struct {
	Secret   string           `json:"secret,omitempty"` // its ID
	Account  accounts.Account `json:"account,omitzero"`
	Policy   string           `json:"policy,omitempty"`   // how often Juju asks for another password
	Rotation *Rotation        `json:"rotation,omitempty"` // a change of password under way
}

// NeedsPlugin says whether the client's plugin has to be on the workers.
func (c Client) NeedsPlugin() bool { return c.WantErr == nil && c.Want.NeedsPlugin() }

// isServed says whether the client was given credentials, as far as this unit knows.
func (c Client) isServed() bool { return !c.Published.SecretUser.IsZero() }

// name is what an operator knows the client by.
func (c Client) name() string { return or(c.App, "relation "+c.Key.Relation.String()) }

func (w *World) client(key connectprovider.Key) (Client, bool) {
	for i := range w.Clients { // which are many, and too large to be copied for a look
		if w.Clients[i].Key == key {
			return w.Clients[i], true
		}
	}
	return Client{}, false
}

// clientsOf are the requests in a relation.
func (w *World) clientsOf(id hook.RelationID) (clients []Client) {
	for i := range w.Clients {
		if w.Clients[i].Key.Relation == id {
			clients = append(clients, w.Clients[i])
		}
	}
	return clients
}

func (w *World) relation(id hook.RelationID) connectprovider.Relation {
	if at := w.place(id); at >= 0 {
		return w.Relations[at]
	}
	return connectprovider.Relation{ID: id}
}

func (w *World) isRelated(id hook.RelationID) bool { return w.place(id) >= 0 }

// place is where a relation is among all, or -1.
func (w *World) place(id hook.RelationID) int {
	for i := range w.Relations {
		if w.Relations[i].ID == id {
			return i
		}
	}
	return -1
}

// goesOn says whether a request is still there. One of a relation whose requests cannot be read counts as there.
func (w *World) goesOn(key connectprovider.Key) bool { return w.relation(key.Relation).GoesOn(key) }

// units is the report of every unit, this one's as it stands now.
func (w *World) units() map[string]Report {
	all := map[string]Report{w.Event.Unit: w.Own}
	for unit, report := range w.Others {
		all[unit] = report
	}
	return all
}
