package bench

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"connectcharms/tests/bench/report"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

// versionPatience is how long a program may take to say its version.
const versionPatience = 10 * time.Second

// versions are those of what takes part in most benchmarks. What is not there has none.
func versions(ctx context.Context) []report.Version {
	ctx, cancel := context.WithTimeout(ctx, versionPatience)
	defer cancel()
	all := []report.Version{{Name: "commit", Version: commit(ctx)}, {Name: "Go", Version: strings.TrimPrefix(runtime.Version(), "go")}}
	var kernel unix.Utsname
	if unix.Uname(&kernel) == nil {
		all = append(all, report.Version{Name: "Linux", Version: unix.ByteSliceToString(kernel.Release[:])})
	}
	all = append(all, report.Version{Name: "Kafka", Version: kafka.DefaultVersion})
	for _, program := range []struct {
		name    string
		command []string
	}{
		{"Java", []string{"java", "-version"}},
		{"Python", []string{"python3", "--version"}},
		{"nginx", []string{"nginx", "-v"}},
	} {
		all = append(all, report.Version{Name: program.name, Version: versionOf(ctx, program.command)})
	}
	return all
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+\S*`)

func versionOf(ctx context.Context, command []string) string {
	said, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return "(not there)"
	}
	return strings.Trim(versionNumber.FindString(string(said)), `"`)
}

// commit is what is measured, and whether the tree has something beside.
func commit(ctx context.Context) string {
	root, err := charms.Repository()
	if err != nil {
		return "unknown"
	}
	git := func(arguments ...string) string {
		said, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, arguments...)...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(said))
	}
	hash := git("rev-parse", "--short=12", "HEAD")
	switch {
	case hash == "":
		return "unknown"
	case git("status", "--porcelain", "--", ":!docs") != "":
		return hash + " with changes"
	default:
		return hash
	}
}

// machine is its processors and memory.
func machine() string {
	var memory unix.Sysinfo_t
	size := "unknown memory"
	if unix.Sysinfo(&memory) == nil {
		size = report.Bytes.Text(float64(memory.Totalram) * float64(memory.Unit))
	}
	return fmt.Sprintf("%d × %s, %s", runtime.NumCPU(), processor(), size)
}

func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// load is how many processes want a processor, on the average of the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
