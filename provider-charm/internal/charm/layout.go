package charm

import (
	"errors"
	"os"
	"path/filepath"

	"connectcharms/provider-charm/internal/secretfiles"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/atomicfile"
)

// layout is where a unit's files lie, as the charm sees them or as its services do: the two differ where the services
// live in a container of their own. What the charm opens is the first, what it writes down for a service the second.
type layout struct {
	data string
}

// program is this charm's own binary, which is the gateway as well: a copy of the one in the charm, for the services do not
// see that one. In a pod it is in another container; on a machine Juju makes the directories around it with modes that
// differ from unit to unit, at times for root alone.
func (l layout) program() string { return filepath.Join(l.data, "bin", "kafka-connect") }

func (l layout) kafkaDir() string   { return filepath.Join(l.data, "kafka") }
func (l layout) pluginsDir() string { return filepath.Join(l.data, "plugins") }
func (l layout) workerDir() string  { return filepath.Join(l.data, "worker") }
func (l layout) logsDir() string    { return filepath.Join(l.workerDir(), worker.LogsName) }
func (l layout) secretsDir() string { return secretfiles.In(l.workerDir()) }
func (l layout) propertiesFile() string {
	return filepath.Join(l.workerDir(), worker.PropertiesName)
}
func (l layout) certificateFile() string { return filepath.Join(l.gatewayDir(), "certificate.pem") }
func (l layout) requestFile() string     { return filepath.Join(l.data, "certificate-request.pem") }
func (l layout) identityDir() string     { return filepath.Join(l.data, "identity") }
func (l layout) gatewayDir() string      { return filepath.Join(l.data, "gateway") }
func (l layout) accountsFile() string    { return filepath.Join(l.gatewayDir(), "accounts.json") }
func (l layout) gatewayFile() string     { return filepath.Join(l.gatewayDir(), "gateway.json") }
func (l layout) controlFile() string     { return filepath.Join(l.gatewayDir(), "control.socket") }
func (l layout) auditFile() string       { return filepath.Join(l.gatewayDir(), "audit.log") }
func (l layout) pebbleDir() string       { return filepath.Join(l.data, "pebble") }
func (l layout) servicesFile() string    { return filepath.Join(l.data, "services") }
func (l layout) waitFile() string        { return filepath.Join(l.data, "wait.json") }
func (l layout) appsFile() string        { return filepath.Join(l.data, "applications.json") }
func (l layout) failingFile() string     { return filepath.Join(l.data, "failing") }
func (l layout) jmxDir() string          { return filepath.Join(l.workerDir(), "jmx-exporter") }
func (l layout) leavingFile() string     { return filepath.Join(l.data, "leaving") }

// make makes the directories. Only plugins and Kafka are for all to read. Those of the services belong to their group, 0
// where they run as the charm does: files in them get that group too.
//
// On a machine the charm is root, and a plugin is anybody's code in the worker. So where services may write, the charm makes no
// directory and follows no name: in worker/ they may write to the logs alone.
func (l layout) make(group int) error {
	for _, dir := range []struct {
		path string
		mode os.FileMode
	}{
		{l.data, 0o755},
		{l.workerDir(), 0o750},
		{l.logsDir(), 0o770},
		{l.secretsDir(), 0o750},
		{l.gatewayDir(), 0o770},
		{l.identityDir(), 0o750},
	} {
		if err := makeDir(dir.path, dir.mode); err != nil {
			return err
		}
		if group == 0 || dir.path == l.data {
			continue
		}
		if err := errors.Join(os.Chown(dir.path, ownerOfDirs(), group), os.Chmod(dir.path, dir.mode|os.ModeSetgid)); err != nil {
			return err
		}
	}
	return nil
}

// makeDir also replaces what is no directory: earlier versions of the charm let the services write beside it, so that a link may lead
// elsewhere.
func makeDir(path string, mode os.FileMode) error {
	if found, err := os.Lstat(path); err == nil && !found.IsDir() {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.MkdirAll(path, mode)
}

// ownerOfDirs is who has the directories, whoever made them; -1 where the charm cannot say so.
func ownerOfDirs() int {
	if os.Geteuid() == 0 {
		return 0
	}
	return -1
}

// shareProgram puts the charm's program where the services find it. One that runs goes on as it was.
func (l layout) shareProgram(from string) error {
	ours, err := os.Stat(from)
	if err != nil {
		return err
	}
	shared, err := os.Stat(l.program())
	if err == nil && shared.Size() == ours.Size() && shared.ModTime().Equal(ours.ModTime()) {
		return nil
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return errors.Join(
		os.MkdirAll(filepath.Dir(l.program()), 0o755),
		atomicfile.Write(l.program(), content, 0o755),
		os.Chtimes(l.program(), ours.ModTime(), ours.ModTime()),
	)
}
