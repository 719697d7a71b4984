package bench

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/charms"
)

// Size compares how large packed charms are, and how long it takes to make them.
func Size(ctx context.Context, s *Stage) (report.Section, error) {
	section := report.Section{
		Title:    "Size and build of a charm",
		Question: "What does Juju's controller keep and each unit fetch, and how long does it take to make?",
		Notes: []string{
			"The packed ops charm is a zip of its files with what pip brings into the directory venv beside them, as charmcraft's plugin for charms in Python lays it out; it is not charmcraft itself.",
			"A charm on ops needs the machine's Python besides; one in Go nothing. kafka-connect and connect-integrator bring Pebble, and connect-integrator brings Connect Manager.",
			"Warm: Go's build cache has all that has not changed, pip's cache has the packages. Cold: both caches are empty; Go's modules are there, pip fetches its packages.",
		},
	}
	sizes, err := sizes(ctx, s)
	if err != nil {
		return section, err
	}
	times, err := buildTimes(ctx, s)
	section.Tables = []report.Table{sizes, times}
	return section, err
}

func sizes(ctx context.Context, s *Stage) (report.Table, error) {
	table := report.Table{Title: "Size", Method: "asker does the same in both languages: see the section on hooks. All are zip files, for amd64."}
	own := filepath.Join(s.Dir, "asker")
	if err := layOutAsker(ctx, own); err != nil {
		return table, err
	}
	packed, err := packedAndNot(own)
	if err != nil {
		return table, err
	}
	python, missing := fetchOps(ctx)
	var peer [2]report.Sample
	note := ""
	if missing != nil {
		note = missing.Error()
	} else if peer, err = packedAndNot(python.dir); err != nil {
		return table, err
	}
	add := func(what string, ours, peer report.Sample) {
		table.Rows = append(table.Rows, report.Row{What: what, Ours: ours, Peer: peer, PeerName: "ops, asker", Unit: report.Bytes, Note: note})
	}
	add("asker, packed", packed[0], peer[0])
	add("asker, unpacked", packed[1], peer[1])
	archives, err := charms.Pack(ctx, filepath.Join(s.Dir, "packed"), runtime.GOARCH)
	if err != nil {
		return table, err
	}
	for _, archive := range archives {
		add(archive.Charm+", packed", report.Sample{float64(archive.Size)}, peer[0])
	}
	return table, nil
}

// layOutAsker is the charm asker: its files, and its program.
func layOutAsker(ctx context.Context, to string) error {
	root, err := charms.Repository()
	if err != nil {
		return err
	}
	for _, name := range []string{"metadata.yaml", "dispatch"} {
		text, err := os.ReadFile(filepath.Join(root, "tests/bench/asker", name))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(to, "bin"), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o755); err != nil {
			return err
		}
	}
	return buildIn(ctx, "tests", "./bench/asker", filepath.Join(to, "bin", "asker"))
}

// packedAndNot is the size of a directory as a zip file, and of its files.
func packedAndNot(dir string) (sizes [2]report.Sample, err error) {
	packed := dir + ".charm"
	defer os.Remove(packed)
	if err := zipped(dir, packed); err != nil {
		return sizes, err
	}
	info, err := os.Stat(packed)
	if err != nil {
		return sizes, err
	}
	whole := int64(0)
	err = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := entry.Info()
		if err == nil {
			whole += file.Size()
		}
		return err
	})
	return [2]report.Sample{{float64(info.Size())}, {float64(whole)}}, err
}

// zipped packs a directory as charms are packed.
func zipped(dir, to string) error {
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	if err := archive.AddFS(os.DirFS(dir)); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return file.Close()
}

// buildTimes builds in turns: ours, and what a charm on ops takes to be brought together.
func buildTimes(ctx context.Context, s *Stage) (report.Table, error) {
	table := report.Table{Title: "Build", Method: "Ours is the program of asker with -trimpath -ldflags=-s -w as it goes into a charm, and all three charms packed; the peer's is pip, and the zip file."}
	root, err := charms.Repository()
	if err != nil {
		return table, err
	}
	// Not as programs of charms are built: it has to find the source tree.
	packer := filepath.Join(s.Dir, "build-charms")
	if _, err := timed(ctx, filepath.Join(root, "tests"), ownModule(), []string{"go", "build", "-o", packer, "./cmd/build-charms"}); err != nil {
		return table, err
	}
	_, missing := fetchOps(ctx)
	builds := builds{stage: s, root: root, packer: packer}
	if missing != nil {
		builds.missing = missing.Error()
	}
	for _, state := range Pick(s, []string{"warm"}, []string{"warm", "cold"}) {
		if err := builds.run(ctx, state, &table); err != nil {
			return table, err
		}
	}
	return table, nil
}

// builds are what is built, of this tree.
type builds struct {
	stage        *Stage
	root, packer string
	missing      string // why there is no peer; empty: there is
}

// run measures all of them with caches in one state.
func (b builds) run(ctx context.Context, state string, table *report.Table) error {
	var asker, whole, peer report.Sample
	rounds := 1
	if state == "warm" {
		rounds = Pick(b.stage, 1, 3)
	}
	for round := range rounds {
		place := filepath.Join(b.stage.Dir, fmt.Sprintf("%s-%d", state, round))
		environment := ownModule()
		if state == "cold" {
			environment = append(environment, "GOCACHE="+filepath.Join(place, "cache"), "PIP_NO_CACHE_DIR=1")
		}
		build := func(sample *report.Sample, dir string, command ...string) error {
			took, err := timed(ctx, filepath.Join(b.root, dir), environment, command)
			*sample = append(*sample, took.Seconds())
			return err
		}
		err := errors.Join(
			build(&asker, "tests", "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(place, "asker"), "./bench/asker"),
			build(&whole, "", b.packer, "-arch", runtime.GOARCH, "-o", filepath.Join(b.stage.Dir, "packed-"+state)))
		if err == nil && b.missing == "" {
			err = build(&peer, "", "sh", "-c", pipAndZip, "sh", filepath.Join(b.root, "tests/bench/testdata/asker"), filepath.Join(place, "ops"))
		}
		if err != nil {
			return err
		}
	}
	table.Rows = append(table.Rows,
		report.Row{What: "asker, " + state, Ours: asker, Peer: peer, PeerName: "ops, asker", Unit: report.Seconds, Note: b.missing},
		report.Row{What: "the three charms, " + state, Ours: whole, Unit: report.Seconds})
	return nil
}

// ownModule is the environment in which a module is built by itself, as charms are.
func ownModule() []string { return append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0") }

// pipAndZip makes a charm of the directory $1 below $2.
const pipAndZip = `set -e
mkdir -p "$2" && cp -r "$1/." "$2"
python3 -m pip install --quiet --disable-pip-version-check --target "$2/venv" -r "$2/requirements.txt" 2>/dev/null
cd "$2" && python3 -m zipfile -c ../ops.charm .`

func timed(ctx context.Context, dir string, environment, command []string) (time.Duration, error) {
	process := exec.CommandContext(ctx, command[0], command[1:]...)
	process.Dir, process.Env = dir, environment
	began := time.Now()
	if said, err := process.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", strings.Join(command[:2], " "), err, said)
	}
	return time.Since(began), nil
}
