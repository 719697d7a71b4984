package settings

import (
	"time"

	"go.yaml.in/yaml/v4"
)

// Settings are the whole of it.
type Settings struct {
	CurrentContext string             `yaml:"current-context,omitempty"`
	Contexts       map[string]Context `yaml:"contexts,omitempty"`
	Serve          Serve              `yaml:"serve,omitempty"`

	// Path is the file that was read; where there is none yet, the one that would be. What is relative in it is so to
	// its directory.
	Path string `yaml:"-"`

	environ Environ
}

// Context is one cluster, and what is to run on it.
type Context struct {
	Name string `yaml:"-" json:"name"`

	// Endpoints are workers of the cluster: base URLs, all http or all https.
	Endpoints []string `yaml:"endpoints,omitempty" json:"endpoints,omitempty"`
	Username  string   `yaml:"username,omitempty" json:"username,omitempty"`
	// PasswordFile has the password alone in it; a newline at its end does not count.
	PasswordFile string `yaml:"password-file,omitempty" json:"passwordFile,omitempty"`
	// CAFile is the chain (PEM) that endpoints are verified by. Empty: what the system trusts.
	CAFile string `yaml:"ca-file,omitempty" json:"caFile,omitempty"`

	// NameSuffix has ownership go by names, as with Juju: what ends in it is ours. Empty: by the mark of the state
	// file's manager.
	NameSuffix string `yaml:"name-suffix,omitempty" json:"nameSuffix,omitempty"`
	// State is where the state file comes from: anything that source.Parse reads.
	State string `yaml:"state,omitempty" json:"state,omitempty"`
	// Environment chooses the state file's overlay.
	Environment string `yaml:"environment,omitempty" json:"environment,omitempty"`
	// SecretsDir has what the state file's {secret: NAME, key: KEY} refer to: files DIR/NAME/KEY or DIR/NAME.
	SecretsDir string `yaml:"secrets-dir,omitempty" json:"secretsDir,omitempty"`
	// WorkerSecrets is how secrets that connectors change themselves reach the workers. None: such messages are refused.
	WorkerSecrets WorkerSecrets `yaml:"worker-secrets,omitempty" json:"workerSecrets,omitzero"`

	// Server is the connect-manager serve that works on this cluster: its URL, or the path of its unix socket.
	Server string `yaml:"server,omitempty" json:"server,omitempty"`
	// TokenFile has the token for Server. Its socket needs none.
	TokenFile string `yaml:"token-file,omitempty" json:"tokenFile,omitempty"`
	// ServerCAFile is the chain (PEM) that Server is verified by. Empty: what the system trusts.
	ServerCAFile string `yaml:"server-ca-file,omitempty" json:"serverCAFile,omitempty"`
}

// Serve is what connect-manager serve is told.
type Serve struct {
	// Contexts are the clusters that it works on. None: the current one.
	Contexts []string `yaml:"contexts,omitempty"`
	// Active is false for a standby, which reads and answers, and changes and tells nothing.
	Active bool `yaml:"active"`
	// Listen is host:port for HTTP; "none" for no port.
	Listen string `yaml:"listen,omitempty"`
	// Socket is a unix socket that needs no token. Empty: none.
	Socket string `yaml:"socket,omitempty"`
	// Data is the directory for what must last.
	Data   string  `yaml:"data,omitempty"`
	TLS    TLS     `yaml:"tls,omitempty"`
	Tokens []Token `yaml:"tokens,omitempty"`
	// Interval is how often clusters and state files are looked at.
	Interval time.Duration `yaml:"interval,omitempty"`
	Drift    Drift         `yaml:"drift,omitempty"`
	// WebhookSecretFile has the secret that pushes to /hooks/source are signed with.
	WebhookSecretFile string `yaml:"webhook-secret-file,omitempty"`

	// Call is a command that is run when connectors have changed their own configuration: a program and its arguments. Whoever
	// it runs fetches from the socket what is new.
	Call []string `yaml:"call,omitempty"`
	// Control is where connectors' control messages are read from; nil: from no topic.
	Control *Control `yaml:"control,omitempty"`

	Approvals   yaml.Node `yaml:"approvals,omitempty"`
	Notify      yaml.Node `yaml:"notify,omitempty"`
	Connections yaml.Node `yaml:"connections,omitempty"`
}

// NoPort is the Listen of a daemon that is reached by its socket alone.
const NoPort = "none"

// TLS is the certificate that the daemon shows; both or none.
type TLS struct {
	CertFile string `yaml:"cert-file,omitempty"`
	KeyFile  string `yaml:"key-file,omitempty"`
}

// Token lets somebody in over HTTP.
type Token struct {
	Name string `yaml:"name"`
	// SHA256 is that of the token, in hex: the file does not say the token itself.
	SHA256 string `yaml:"sha256"`
	Roles  []Role `yaml:"roles"`
	// Connectors are patterns of the connectors that the role Connector is for, by their names in Kafka Connect or in the
	// state file; package pattern has their language.
	Connectors []string `yaml:"connectors,omitempty"`
	// Contexts are the clusters on which it is. None: all.
	Contexts []string `yaml:"contexts,omitempty"`
}

// Role is what a token is good for.
type Role string

// The roles. None contains another, but whoever is more than a connector may look.
const (
	Viewer    Role = "viewer"    // reads
	Operator  Role = "operator"  // synchronizes, and changes single connectors
	Approver  Role = "approver"  // approves plans
	Connector Role = "connector" // sends control messages for the token's connectors, and does not even look
)

// Roles are all of them.
var Roles = []Role{Viewer, Operator, Approver, Connector}

// Drift says what is done about connectors that have been changed by hand.
type Drift string

// The two policies.
const (
	Repair Drift = "repair" // they are made what the state file says
	Report Drift = "report" // it is told
)

// What Serve has where the file says nothing.
const (
	DefaultListen   = "127.0.0.1:8080"
	DefaultInterval = time.Minute
)
