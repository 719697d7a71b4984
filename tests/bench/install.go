package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/charms"
)

// Installs compares a plugin's installation with the tools at hand. What it measures is internal to the provider's module,
// whose own benchmark is run.
func Installs(ctx context.Context, s *Stage) (report.Section, error) {
	root, err := charms.Repository()
	if err != nil {
		return report.Section{}, err
	}
	command := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "InstallAgainst", "-benchtime", Pick(s, "1x", "5x"),
		"-count", Pick(s, "1", "5"), "./internal/plugins")
	command.Dir, command.Env = filepath.Join(root, "provider-charm"), append(os.Environ(), "GOWORK=off")
	said, err := command.CombinedOutput()
	if err != nil {
		return report.Section{}, fmt.Errorf("the benchmark of provider-charm/internal/plugins: %w: %s", err, said)
	}
	ours := metric(said, "install")
	if len(ours) == 0 {
		return report.Section{}, fmt.Errorf("the benchmark of provider-charm/internal/plugins says nothing of its installations: %s", said)
	}
	row := func(peer, metricOf string) report.Row {
		return report.Row{What: "download, check and unpack", Ours: ours, Peer: metric(said, metricOf), PeerName: peer, Unit: report.Seconds}
	}
	return report.Section{
		Title: "A plugin's installation", Question: "How long does it take to have a plugin on the disk?",
		Tables: []report.Table{{
			Rows: []report.Row{row("`curl | tar`", "bare"), row("`curl | tee | tar`, `sha256sum`, `sync`", "sync")},
			Method: "Debezium's JDBC connector, 29 MB, from a server on the same machine; one made to be like it where Maven cannot get that one. Ours has limits of size " +
				"and time, takes no links, devices or paths that lead out, hashes, is on the disk when it is done, and never half there. Each round is the median of five.",
		}},
	}, nil
}

// metric is what benchmarks have said in ms/NAME, in seconds.
func metric(said []byte, name string) (sample report.Sample) {
	for _, found := range regexp.MustCompile(`([\d.e+]+) ms/`+name+`\b`).FindAllSubmatch(said, -1) {
		if number, err := strconv.ParseFloat(string(found[1]), 64); err == nil {
			sample = append(sample, number/1000)
		}
	}
	return sample
}
