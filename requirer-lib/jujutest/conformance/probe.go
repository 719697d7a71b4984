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
	entries, err := probe.ReadDir("probe")
	if err != nil {
		return fmt.Errorf("write the probe: %w", err)
	}
	for _, entry := range entries {
		text, err := probe.ReadFile("probe/" + entry.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, entry.Name()), text, 0o755)
		}
		if err != nil {
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
