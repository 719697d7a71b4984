package overlay

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/secret"
)

// Vault is how secret values reach workers: as files, which Kafka Connect's own DirectoryConfigProvider reads. A connector's
// configuration has only the reference.
type Vault interface {
	// Reference is what a configuration says to have a worker read a file.
	Reference(file string) string
	// Put has workers find these files, beside those that are there. ErrUndelivered: they will, but do not yet.
	Put(ctx context.Context, files map[string]secret.Value) error
	// Prune lets go of what else there is of a connector: prefix is what the names of its files begin with.
	Prune(ctx context.Context, prefix string, wanted []string) error
}

// Prefix is what the names of a connector's files begin with. Letters, digits and dashes: such names are the same everywhere.
func Prefix(cluster, connector string) string { return digestOf(cluster+"\x00"+connector) + "-" }

// FileName is that of one value of a key. Another value has another name: so its reference is another one, and whoever still reads
// the old one finds it.
func FileName(cluster, connector, key string, version int64) string {
	return fmt.Sprintf("%s%s-%d", Prefix(cluster, connector), digestOf(key), version)
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Place is where workers find files: the name of their configuration provider, and the directory as they see it.
type Place struct{ Provider, Path string }

// Reference is what a configuration says to have a worker read a file.
func (p Place) Reference(file string) string {
	return fmt.Sprintf("${%s:%s:%s}", p.Provider, p.Path, file)
}

// fileOf is the file that a reference leads to.
func fileOf(reference string) string {
	return strings.TrimSuffix(reference[strings.LastIndex(reference, ":")+1:], "}")
}

// Directory is a vault where manager and workers share a directory: by an account, or a volume.
type Directory struct {
	Place
	Dir string // as the manager sees it
}

const (
	vaultMode = 0o700
	fileMode  = 0o600
)

// Put writes what is not there yet, each file as a whole.
func (d Directory) Put(_ context.Context, files map[string]secret.Value) error {
	if len(files) == 0 {
		return nil
	}
	if err := os.MkdirAll(d.Dir, vaultMode); err != nil {
		return outOfReach(err)
	}
	for name, value := range files {
		if err := d.write(filepath.Join(d.Dir, name), value); err != nil {
			return outOfReach(err)
		}
	}
	return nil
}

// Prune removes what is not wanted any more.
func (d Directory) Prune(_ context.Context, prefix string, wanted []string) error {
	there, err := os.ReadDir(d.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return outOfReach(err)
	}
	for _, entry := range there {
		if slices.Contains(wanted, entry.Name()) || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		if err := os.Remove(filepath.Join(d.Dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return outOfReach(err)
		}
	}
	return nil
}

func outOfReach(err error) error { return fmt.Errorf("secrets for the workers: %w", err) }

func (d Directory) write(path string, value secret.Value) error {
	if there, err := os.ReadFile(path); err == nil && string(there) == value.Reveal() {
		return nil
	}
	return atomicfile.Write(path, []byte(value.Reveal()), fileMode)
}

// Courier is a vault whose files a charm brings to the workers: it takes them from Document, and says when they have arrived.
type Courier struct{ Place }

// Put waits for the charm.
func (Courier) Put(_ context.Context, files map[string]secret.Value) error {
	if len(files) == 0 {
		return nil
	}
	return ErrUndelivered
}

// Prune leaves it to the charm: a later document does not have the files any more.
func (Courier) Prune(context.Context, string, []string) error { return nil }
