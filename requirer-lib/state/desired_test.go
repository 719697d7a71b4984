package state_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// fixed are secrets by what they are referred to.
type fixed map[string]string

var known = fixed{"PASSWORD": "hunter2", "irc/password": "hunter3", "irc/": "hunter4"}

func (f fixed) Env(name string) (secret.Value, bool) {
	value, is := f[name]
	return secret.New(value), is
}

func (f fixed) Secret(name, key string) (secret.Value, error) {
	if name == "locked" {
		return secret.Value{}, errors.New("permission denied")
	}
	value, is := f[name+"/"+key]
	if !is {
		return secret.Value{}, fs.ErrNotExist
	}
	return secret.New(value), nil
}

func TestReferencesBecomeValuesThatAreSecret(t *testing.T) {
	t.Parallel()
	file, err := state.Parse([]byte(`connectors:
  - name: a
    state: stopped
    protected: true
    offsets: [{partition: {p: 1}, offset: {o: 2}}]
    config: {connector.class: X, user: {env: PASSWORD}, a: {secret: irc, key: password}, b: {secret: irc}, theirs: "${file:/p:k}"}
    owner: {chat: {secret: irc}}
`), state.Options{})
	require.NoError(t, err)
	desired, err := file.Desired(known)
	require.NoError(t, err)
	a := desired["a"]
	assert.Equal(t, connect.Settings{"connector.class": "X", "user": "hunter2", "a": "hunter3", "b": "hunter4", "theirs": "${file:/p:k}"}, a.Config)
	assert.Equal(t, []string{"a", "b", "user"}, a.Secret)
	assert.Equal(t, connect.Stopped, a.State)
	assert.True(t, a.Protected)
	assert.Len(t, a.Offsets, 1)
	chat, err := file.Connectors[0].Owner.Chat.Resolve(known)
	require.NoError(t, err)
	assert.Equal(t, "hunter4", chat.Reveal())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		shown := fmt.Sprintf(verb, file)
		assert.NotContains(t, shown, "hunter")
		assert.Contains(t, shown, "{secret: irc, key: password}", verb)
	}
}

func TestReferencesThatLeadNowhereAreToldAtOnce(t *testing.T) {
	t.Parallel()
	file, err := state.Parse([]byte(`defaults:
  config: {shared: {env: SHARED}}
connectors:
  - name: a
    config:
      connector.class: X
      b: {secret: none, key: password}
      c: {secret: locked}
      d: {env: PASSWORD}
    owner:
      webhook: {env: HOOK}
      chat: {env: CHAT}
  - {name: b, config: {connector.class: X, shared: x}}
`), state.Options{Name: "state.yaml"})
	require.NoError(t, err)
	_, err = file.Desired(known)
	require.EqualError(t, err, strings.TrimSpace(`
connector a: config.shared: {env: SHARED} leads nowhere: the variable is not set (line 2, column 12)
connector a: config.b: {secret: none, key: password} leads nowhere: there is no such secret (line 7, column 7)
connector a: config.c: {secret: locked} leads nowhere: permission denied (line 8, column 7)
connector a: owner.webhook: {env: HOOK} leads nowhere: the variable is not set (line 11, column 7)
connector a: owner.chat: {env: CHAT} leads nowhere: the variable is not set (line 12, column 7)`))
	var problems state.Problems
	require.ErrorAs(t, err, &problems)
	assert.Equal(t, "state.yaml", problems[0].File)
	assert.Equal(t, "config.shared", problems[0].Field)
}

func TestNoConnectorsAreAnEmptyMapAndNotNil(t *testing.T) {
	t.Parallel()
	file, err := state.Parse([]byte("connectors: []"), state.Options{})
	require.NoError(t, err)
	desired, err := file.Desired(known)
	require.NoError(t, err)
	assert.Equal(t, connectors.Desired{}, desired)
}

func TestSecretsAreFilesOfADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "irc", "..data"), 0o700))
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	write("irc/..data/password", "hunter2\n")
	write("plain", " two\nlines\r\n")
	write("empty", "")
	write("large", strings.Repeat("x", 1<<20+1))
	require.NoError(t, os.Symlink("..data/password", filepath.Join(dir, "irc", "password")), "as Kubernetes has it")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	secrets := state.Local{Dir: dir}
	for reference, want := range map[[2]string]string{{"irc", "password"}: "hunter2", {"plain", ""}: " two\nlines", {"empty", ""}: ""} {
		value, err := secrets.Secret(reference[0], reference[1])
		require.NoError(t, err)
		assert.Equal(t, want, value.Reveal())
	}
	for reference, says := range map[[2]string]string{
		{"none", ""}: "no such file", {"none", "key"}: "no such file", {"plain", "key"}: "not a directory", {"irc", ""}: "it is not a file",
		{"large", ""}: "longer than", {"pipe", ""}: "it is not a file", {"..", "irc"}: "no secret has this name", {"irc", "../plain"}: "no secret has this name",
		{"", "irc"}: "no secret has this name", {"irc", "."}: "no secret has this name",
	} {
		_, err := secrets.Secret(reference[0], reference[1])
		require.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), dir)
	}
	_, err := secrets.Secret("none", "")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = state.Local{}.Secret("irc", "password")
	require.ErrorContains(t, err, "no directory of secrets is configured")
}

func TestTheManagersOwnVariablesAreNotGivenOut(t *testing.T) {
	t.Setenv("STATE_TEST_PASSWORD", "hunter2")
	t.Setenv("CONNECT_TOKEN", "hunter2")
	t.Setenv("SOURCE_GITHUB_TOKEN", "hunter2")
	value, is := state.Local{}.Env("STATE_TEST_PASSWORD")
	assert.True(t, is)
	assert.Equal(t, "hunter2", value.Reveal())
	for _, name := range []string{"CONNECT_TOKEN", "SOURCE_GITHUB_TOKEN", "STATE_TEST_NONE"} {
		_, is := state.Local{}.Env(name)
		assert.False(t, is, name)
	}
}
