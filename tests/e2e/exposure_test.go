package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/permissions"
)

// opened has the integrator's managers listen at a port, with TLS and whatever else of them is secret; its source may change its file.
func (s *stage) opened(app, input, output string, ca *authority) {
	s.t.Helper()
	config := map[string]any{"state": s.renewing(app, input, output), "manager-port": 8093}
	for option, content := range map[string]map[string]string{
		"manager-tokens":        {"deployer": "operator,approver:" + rand.Text()},
		"manager-tls":           ca.secretFor("127.0.0.1"),
		"source-webhook-secret": {"secret": rand.Text()},
	} {
		uri, err := s.AddSecret(option, content)
		require.NoError(s.t, err)
		require.NoError(s.t, s.GrantSecret(uri, app))
		config[option] = uri
	}
	require.NoError(s.t, s.SetConfig(app, config))
}

// requireClosed holds all that lies on a unit to the table: nothing else, nothing more open, and no value of a secret in what is not marked so.
func (s *stage) requireClosed(unit, charm string, secrets map[string]string) {
	s.t.Helper()
	table, err := permissions.Of(charm)
	require.NoError(s.t, err)
	data := s.data(unit)
	require.NoError(s.t, filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // gone meanwhile
		}
		name, err := filepath.Rel(data, path)
		require.NoError(s.t, err)
		info, err := entry.Info()
		if err != nil || name == "." {
			return nil //nolint:nilerr // gone meanwhile
		}
		row, is := table.At(name)
		if !assert.True(s.t, is, "%s is not in docs/files.md: %s", name, info.Mode()) {
			return nil
		}
		if info.Mode().Type() != fs.ModeSymlink {
			assert.Zero(s.t, info.Mode().Perm()&^fs.FileMode(row.Mode&0o777), "%s of %s is more open than docs/files.md says: %s", name, unit, info.Mode())
			assert.Zero(s.t, info.Mode()&(fs.ModeSetuid|fs.ModeDevice), name)
		}
		if info.Mode().IsRegular() && filepath.Ext(name) != ".jar" && !row.Secret {
			content, _ := os.ReadFile(path)
			requireNone(s.t, secrets, string(content), name)
		}
		return nil
	}))
}

// requireNone looks for values of secrets in a text.
func requireNone(t *testing.T, secrets map[string]string, text, where string) {
	t.Helper()
	for name, value := range secrets {
		assert.False(t, strings.Contains(text, value), "%s has the secret %s", where, name)
	}
}

// public are keys of secrets that anybody may read.
var public = []string{"username", "certificate", "ca-certificate", "tls", "tls-ca", "version"}

// values are all that Juju keeps secret of this model. Of a key in PEM it is its first line.
func (s *stage) values() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	for _, info := range s.Secrets() {
		content, err := s.RevealSecret(info.URI)
		require.NoError(s.t, err)
		for key, value := range content {
			var files map[string]string
			switch {
			case slices.Contains(public, key):
			case key == "files" && json.Unmarshal([]byte(value), &files) == nil:
				for file, value := range files {
					all[info.Label+" "+file] = value
				}
			case strings.HasPrefix(value, "-----BEGIN CERTIFICATE"):
			case strings.HasPrefix(value, "-----BEGIN "):
				all[info.Label+" "+key] = strings.Split(value, "\n")[1]
			case len(value) > 15:
				_, token, is := strings.Cut(value, ":")
				if !is || strings.HasPrefix(value, "{") {
					token = value
				}
				all[info.Label+" "+key] = token
			}
		}
	}
	return all
}

// requireNoneElsewhere looks into what others see: processes, the model's log, databags.
func (s *stage) requireNoneElsewhere(secrets map[string]string) {
	s.t.Helper()
	seen := 0
	all, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(s.t, err)
	for _, process := range all {
		command, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		environment, _ := os.ReadFile(filepath.Join(process, "environ"))
		if !strings.Contains(string(command)+string(environment), s.Dir()) {
			continue // another test's
		}
		seen++
		requireNone(s.t, secrets, string(command), "the command "+strings.ReplaceAll(string(command), "\x00", " "))
		requireNone(s.t, secrets, string(environment), "the environment of "+strings.ReplaceAll(string(command), "\x00", " "))
	}
	assert.Greater(s.t, seen, 6, "workers, gateways, managers and who runs them")
	for _, run := range s.HookLog() {
		requireNone(s.t, secrets, run.Output, "the log of "+run.Unit)
	}
	for _, relation := range s.Relations() {
		for _, app := range []string{provider, "one", "self-signed-certificates"} {
			for _, name := range append(s.Units(app), app) {
				bag, _ := s.RelationData(relation.ID, name)
				requireNone(s.t, secrets, fmt.Sprint(bag), fmt.Sprintf("the databag of %s in relation %d", name, relation.ID))
			}
		}
	}
}
