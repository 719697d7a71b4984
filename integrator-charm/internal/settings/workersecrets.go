package settings

import (
	"path/filepath"
	"regexp"
)

// WorkerSecrets is how secrets that connectors change themselves reach the workers: as files, read by Kafka Connect's own
// DirectoryConfigProvider.
type WorkerSecrets struct {
	// Provider is what the workers call it, in config.providers.
	Provider string `yaml:"provider,omitempty" json:"provider,omitempty"`
	// Path is the directory as the workers see it.
	Path string `yaml:"path,omitempty" json:"path,omitempty"`
	// Dir is the directory that the manager writes to. Empty: Path.
	Dir string `yaml:"dir,omitempty" json:"dir,omitempty"`
	// Deliver is by whom the files come there. Empty: DeliverFiles.
	Deliver Delivery `yaml:"deliver,omitempty" json:"deliver,omitempty"`
}

// Delivery is by whom secrets come to the workers.
type Delivery string

// The ways.
const (
	DeliverFiles Delivery = "files" // the manager writes them
	DeliverCharm Delivery = "charm" // a charm takes them from the manager's socket, and says when they are there
)

// IsZero says whether there is no way.
func (w WorkerSecrets) IsZero() bool { return w == WorkerSecrets{} }

var (
	providerName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	// providerPath has no mark of a reference in it.
	providerPath = regexp.MustCompile(`^/[^:${}\pC]*$`)
)

func (c *checker) workerSecrets(at path, w WorkerSecrets) {
	if w.IsZero() {
		return
	}
	if !providerName.MatchString(w.Provider) {
		c.add(at.to("provider"), "want the name that the workers' config.providers has, of letters, digits, dashes and underscores")
	}
	if !providerPath.MatchString(w.Path) || filepath.Clean(w.Path) != w.Path {
		c.add(at.to("path"), "want the directory's absolute path as the workers see it, without : $ { }")
	}
	switch w.Deliver {
	case "", DeliverFiles:
	case DeliverCharm:
		if w.Dir != "" {
			c.add(at.to("dir"), "where a charm delivers, nothing is written here: leave it out")
		}
	default:
		c.add(at.to("deliver"), "want %s or %s", DeliverFiles, DeliverCharm)
	}
}
