package conformance

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed probe
var probe embed.FS

// WriteCharm writes the probe, with the scenario in it, into a directory.
func (s *Scenario) WriteCharm(dir string) error {
	for _, part := range []string{"probe", "probe/" + s.Substrate} {
		if err := writeFiles(part, dir); err != nil {
			return fmt.Errorf("write the probe: %w", err)
		}
	}
	var lines strings.Builder
	for _, h := range s.Hooks {
		fmt.Fprintf(&lines, "%s\t%s\t%s\n", h.Unit, h.Hook, h.Line)
	}
	if err := os.WriteFile(filepath.Join(dir, "scenario"), []byte(lines.String()), 0o644); err != nil {
		return fmt.Errorf("write the probe: %w", err)
	}
	return nil
}

// writeFiles writes the files of a folder of the probe, not those of folders in it.
func writeFiles(folder, dir string) error {
	entries, err := probe.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		text, err := probe.ReadFile(folder + "/" + entry.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, entry.Name()), text, 0o755)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
