package serve

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/integrator-charm/internal/source"
)

// clusters opens all that the settings name, or none.
func clusters(s *settings.Settings, log *slog.Logger) ([]manager.Cluster, error) {
	contexts, err := s.Served()
	if err != nil {
		return nil, err
	}
	var all []manager.Cluster
	for _, context := range contexts {
		one, err := open(context, s.Serve, log)
		if err != nil {
			return nil, fmt.Errorf("context %s: %w", context.Name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func open(context settings.Context, serve settings.Serve, log *slog.Logger) (manager.Cluster, error) {
	from, err := source.Parse(context.State, source.Options{})
	if err != nil {
		return manager.Cluster{}, err
	}
	opened, err := cluster.Open(context, cluster.Options{Log: log.With("cluster", context.Name)})
	if err != nil {
		return manager.Cluster{}, err
	}
	rules := manager.Rules{Active: serve.Active, Interval: serve.Interval, Drift: serve.Drift}
	digest, err := digest(context, rules)
	return manager.Cluster{
		Name: context.Name, Endpoints: context.Endpoints, Environment: context.Environment, Owned: opened.Owned, Source: from,
		Secrets: opened.Secrets, Vault: vault(context.WorkerSecrets), Rules: rules, Digest: digest,
	}, err
}

// vault is how secrets that connectors change themselves reach the workers; nil: there is no way.
func vault(to settings.WorkerSecrets) overlay.Vault {
	place := overlay.Place{Provider: to.Provider, Path: to.Path}
	switch {
	case to.IsZero():
		return nil
	case to.Deliver == settings.DeliverCharm:
		return overlay.Courier{Place: place}
	}
	return overlay.Directory{Place: place, Dir: cmp.Or(to.Dir, to.Path)}
}

// digest is that of all that a cluster is kept by: also of what is in the files that its context names.
func digest(context settings.Context, rules manager.Rules) (string, error) {
	sum := sha256.New()
	if err := json.NewEncoder(sum).Encode([]any{context, rules}); err != nil {
		return "", err
	}
	for _, path := range []string{context.PasswordFile, context.CAFile, context.SecretsDir} {
		if path == "" {
			continue
		}
		if err := addFiles(sum, path); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// largestFile is the most that is read of a file for its digest, in bytes.
const largestFile = 1 << 20

// addFiles adds a file, or all below a directory. What is missing is added as missing: whoever needs it says so.
func addFiles(sum hash.Hash, path string) error {
	return filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			fmt.Fprintf(sum, "%q %v\n", path, err != nil)
			return nil
		}
		found, err := os.Stat(path) // Kubernetes mounts secrets as symbolic links
		if err != nil || !found.Mode().IsRegular() || found.Size() > largestFile {
			fmt.Fprintf(sum, "%q\n", path)
			return nil
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%q %d %v\n%s", path, len(content), err, content)
		return nil
	})
}
