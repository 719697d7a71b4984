package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

// parts is what Python needs to know of what Go has built and started, by name: paths and addresses.
type parts map[string]string

// line is one line of what a run of pytest reports: a case, or a row of the matrix.
type line struct {
	Case    string // the test's name with its parameters
	When    string // setup, call or teardown
	Outcome string // passed, failed or skipped
	Text    string // why it failed
	Row     *row
}

// builtParts builds the charms and the program that is every hook tool.
func builtParts(t *testing.T) parts {
	t.Helper()
	kept, err := cache.Dir()
	require.NoError(t, err)
	built, err := charms.Build(t.Context(), filepath.Join(kept, "charms"))
	require.NoError(t, err)
	tool := filepath.Join(t.TempDir(), "hooktool")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", tool, "connectcharms/requirer-lib/jujutest/hooktool").CombinedOutput()
	require.NoError(t, err, "%s", output)
	return parts{"hooktool": tool, "kafka-connect": built.KafkaConnect, "connect-integrator": built.ConnectIntegrator}
}

// runCases has pytest run the cases of some files, shows each as a subtest, and returns their rows of the matrix.
func runCases(t *testing.T, python string, given parts, files ...string) []row {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.jsonl")
	given = maps.Clone(given)
	given["report"] = report
	document, err := json.Marshal(given)
	require.NoError(t, err)
	arguments := []string{"-m", "pytest", "-q", "-W", "ignore", "--tb=short", "--show-capture=no"}
	command := exec.CommandContext(t.Context(), python, append(arguments, files...)...)
	command.Dir = filepath.Join("python", "cases")
	command.Env = append(os.Environ(), "INTEROP_PARTS="+string(document), "PYTHONDONTWRITEBYTECODE=1")
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // the models end what they have running
	command.WaitDelay = 30 * time.Second
	output, err := command.CombinedOutput()
	lines := readReport(t, report)
	rows, failed := showCases(t, lines)
	if err != nil && !failed {
		assert.Fail(t, "pytest failed and no case did", "%v\n%s", err, output)
	}
	return rows
}

func readReport(t *testing.T, path string) []line {
	t.Helper()
	text, err := os.ReadFile(path)
	if !assert.NoError(t, err, "pytest reported nothing") {
		return nil
	}
	var lines []line
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var read line
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &read))
		lines = append(lines, read)
	}
	require.NoError(t, scanner.Err())
	return lines
}

// showCases makes a subtest of each case, and gathers the rows.
func showCases(t *testing.T, lines []line) (rows []row, failed bool) {
	t.Helper()
	for _, reported := range lines {
		if reported.Row != nil {
			rows = append(rows, *reported.Row)
			continue
		}
		failed = !t.Run(reported.Case, func(t *testing.T) {
			switch reported.Outcome {
			case "failed":
				t.Errorf("%s:\n%s", reported.When, reported.Text)
			case "skipped":
				t.Skip(reported.Text)
			}
		}) || failed
	}
	return rows, failed
}

// withKafka adds a Kafka broker, the distribution that workers run, and a plugin.
func (p parts) withKafka(t *testing.T) parts {
	t.Helper()
	runtime, err := kafka.Fetch(t.Context(), kafka.DefaultVersion, t.Output())
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	p["bootstrap"], p["kafka"], p["plugin"] = broker.Bootstrap(), runtime.Archive, runtime.FilePlugin
	return p
}

// TestCompiledCharmsSpeakWithPythonCharms has the cases in python/cases run, and holds the matrix in docs/interop.md to them.
func TestCompiledCharmsSpeakWithPythonCharms(t *testing.T) {
	t.Parallel()
	program := needPython(t)
	given := builtParts(t).withKafka(t)
	var requirer, provider []row
	whole := t.Run("cases", func(t *testing.T) {
		t.Run("requirer", func(t *testing.T) {
			t.Parallel()
			requirer = runCases(t, program, given, "test_our_requirer.py")
		})
		t.Run("provider", func(t *testing.T) {
			t.Parallel()
			provider = runCases(t, program, given, "test_our_provider.py", "test_our_own.py")
		})
		t.Run("interface", func(t *testing.T) {
			t.Parallel()
			runCases(t, program, given, "test_interface.py")
		})
	})
	if whole {
		holdMatrix(t, append(requirer, provider...))
	}
}
