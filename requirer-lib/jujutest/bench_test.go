package jujutest_test

import (
	"os"
	"path/filepath"
	"testing"

	"connectcharms/requirer-lib/jujutest"
)

// BenchmarkHookTool measures one start of one hook tool, seen from a shell charm: run with -benchtime=1000x.
func BenchmarkHookTool(b *testing.B) {
	m, err := jujutest.New(jujutest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "charmcraft.yaml"), []byte(clientMetadata), 0o644); err != nil {
		b.Fatal(err)
	}
	loop := "#!/bin/sh\n[ \"$JUJU_DISPATCH_PATH\" = hooks/update-status ] || exit 0\ni=0; while [ $i -lt 100 ]; do is-leader >/dev/null; i=$((i+1)); done\n"
	if err := os.WriteFile(filepath.Join(dir, "dispatch"), []byte(loop), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := m.Deploy("client", jujutest.FromDir(dir), jujutest.DeployOptions{}); err != nil {
		b.Fatal(err)
	}
	if err := m.Settle(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := m.UpdateStatus("client/0"); err != nil {
			b.Fatal(err)
		}
		if err := m.Settle(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	runs := m.HookLog()
	var cpu float64
	for _, run := range runs[len(runs)-b.N:] {
		cpu += float64((run.User + run.System).Microseconds())
	}
	b.ReportMetric(cpu/float64(b.N)/100, "CPU-µs/tool")
}
