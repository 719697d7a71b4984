package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// writeSecrets lays values out as state.Local reads them, for their owner alone. A file that is there with another value is
// left, and is an error: nobody's secret is overwritten.
func writeSecrets(dir string, values map[state.Reference]secret.Value) error {
	for reference, value := range values {
		path := filepath.Join(dir, reference.Secret, reference.Key)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("write the secrets: %w", err)
		}
		line := value.Reveal() + "\n" // which is no part of the secret
		found, err := os.ReadFile(path)
		if err == nil && string(found) != line {
			return fmt.Errorf("write the secrets: %s is there already, with another value", path)
		}
		if err := atomicfile.Write(path, []byte(line), 0o600); err != nil {
			return fmt.Errorf("write the secrets: %w", err)
		}
	}
	return nil
}
