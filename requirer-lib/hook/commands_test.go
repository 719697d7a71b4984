package hook_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

// These tests set the process's environment: they run one after the other.

// scripts is a directory on PATH with hook tools that are shell scripts, which find it in $DIR.
type scripts struct{ dir string }

func newScripts(t *testing.T) (scripts, *hook.Hook) {
	t.Helper()
	s := scripts{dir: t.TempDir()}
	t.Setenv("PATH", s.dir+":/usr/bin:/bin")
	t.Setenv("DIR", s.dir)
	t.Setenv("TMPDIR", s.temp(t))
	t.Setenv("JUJU_UNIT_NAME", "app/0")
	t.Setenv("JUJU_DISPATCH_PATH", "hooks/start")
	h, err := hook.FromEnvironment()
	require.NoError(t, err)
	h.Tools = h.WithTimeout(time.Hour) // the machine may have much else to do
	return s, h
}

// temp is the directory for temporary files.
func (s scripts) temp(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(s.dir, "temp")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	return dir
}

func (s scripts) write(t *testing.T, tool, script string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, tool), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

func (s scripts) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	require.NoError(t, err)
	return string(text)
}

// hangs is how a tool ends that shall hang from then on: it says so, with its number.
const hangs = `echo $$ > "$DIR/new"; mv "$DIR/new" "$DIR/hangs"; exec sleep 600`

// cancelled makes a call of a tool that hangs, and ends the call's context when it does.
func (s scripts) cancelled(t *testing.T, call func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- call(ctx) }()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(s.dir, "hangs"))
		return err == nil
	}, time.Minute, time.Millisecond)
	cancel()
	return <-ended
}

// record is a tool that notes its argv and its standard input.
const record = `printf '%s\n' "$@" > "$DIR/argv"; cat > "$DIR/stdin"`

// recordFile also notes what is in the file behind --file, its mode and that of its directory.
const recordFile = record + `
while [ "$1" != --file ]; do shift; done
echo "$2" > "$DIR/path"; cat "$2" > "$DIR/content"; stat -c %a "$2" "$(dirname "$2")" > "$DIR/modes"; echo secret:made`

func TestDatabagsAndStateGoByStandardInput(t *testing.T) {
	s, h := newScripts(t)
	s.write(t, "relation-set", record)
	s.write(t, "state-set", record)
	require.NoError(t, h.RelationSetApp(t.Context(), 7, hook.Databag{"password": "s3cret"}))
	assert.Equal(t, "-r\n7\n--app\n--file\n-\n", s.read(t, "argv"))
	assert.JSONEq(t, `{"password":"s3cret"}`, s.read(t, "stdin"))
	require.NoError(t, h.StateSet(t.Context(), hook.State{"password": "s3cret"}))
	assert.Equal(t, "--file\n-\n", s.read(t, "argv"))
	assert.JSONEq(t, `{"password":"s3cret"}`, s.read(t, "stdin"))
}

func TestSecretContentGoesByAFileThatOnlyThisUserReads(t *testing.T) {
	s, h := newScripts(t)
	s.write(t, "secret-add", recordFile)
	s.write(t, "secret-set", recordFile)
	secret := content(map[string]string{"password": "s3cret"})
	check := func() {
		assert.NotContains(t, s.read(t, "argv"), "s3cret")
		assert.Empty(t, s.read(t, "stdin"))
		assert.JSONEq(t, `{"password":"s3cret"}`, s.read(t, "content"))
		assert.Equal(t, "600\n700\n", s.read(t, "modes"))
		assert.NoFileExists(t, strings.TrimSpace(s.read(t, "path")))
		left, err := os.ReadDir(s.temp(t))
		require.NoError(t, err)
		assert.Empty(t, left)
	}
	uri, err := h.SecretAdd(t.Context(), secret, hook.SecretOptions{Label: "user"})
	require.NoError(t, err)
	assert.Equal(t, "secret:made", uri)
	check()
	require.NoError(t, h.SecretSet(t.Context(), uri, secret, hook.SecretOptions{}))
	check()

	s.write(t, "secret-set", recordFile+"; echo ERROR no >&2; exit 1")
	err = h.SecretSet(t.Context(), uri, secret, hook.SecretOptions{})
	require.EqualError(t, err, "secret-set: no (exit code 1)")
	check()

	s.write(t, "secret-add", recordFile+"\n"+hangs)
	err = s.cancelled(t, func(ctx context.Context) error {
		_, err := h.SecretAdd(ctx, secret, hook.SecretOptions{})
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
	check()

	t.Chdir(s.dir)
	t.Setenv("TMPDIR", "temp")
	s.write(t, "secret-add", recordFile)
	_, err = h.SecretAdd(t.Context(), secret, hook.SecretOptions{})
	require.NoError(t, err)
	assert.True(t, filepath.IsAbs(strings.TrimSpace(s.read(t, "path"))), "the agent reads the file, and works elsewhere")
	check()

	t.Setenv("TMPDIR", filepath.Join(s.dir, "missing"))
	_, err = h.SecretAdd(t.Context(), secret, hook.SecretOptions{})
	require.ErrorContains(t, err, "secret-add: no place for the secret's content")
}

func TestAnErrorCarriesTheToolsOwnMessage(t *testing.T) {
	s, h := newScripts(t)
	for script, want := range map[string]hook.ToolError{
		`echo "ERROR not today" >&2; exit 3`:         {ExitCode: 3, Message: "not today"},
		`echo "plain words" >&2; exit 1`:             {ExitCode: 1, Message: "plain words"},
		`echo out; echo "ERROR a: b\nc" >&2; exit 2`: {ExitCode: 2, Message: "a: b\nc"},
		`exit 7`:                           {ExitCode: 7, Message: "it failed without a word"},
		`echo "ERROR bye" >&2; kill -9 $$`: {ExitCode: -1, Message: "bye"},
	} {
		s.write(t, "is-leader", script)
		want.Tool = "is-leader"
		_, err := h.IsLeader(t.Context())
		assert.Equal(t, &want, err, script)
		assert.True(t, hook.Says(err, want.Message))
		assert.False(t, hook.IsNotFound(err))
	}
	s.write(t, "is-leader", `head -c 1000000 /dev/zero | tr '\0' x >&2; exit 1`)
	_, err := h.IsLeader(t.Context())
	assert.Len(t, err.Error(), 64<<10+len("is-leader:  (exit code 1)"), "a message is bounded")
	assert.False(t, hook.Says(errors.New("not found"), "not found"))
}

func TestAToolThatHangsIsKilled(t *testing.T) {
	s, h := newScripts(t)
	s.write(t, "is-leader", hangs)
	err := s.cancelled(t, func(ctx context.Context) error {
		_, err := h.IsLeader(ctx)
		return err
	})
	require.EqualError(t, err, "is-leader: context canceled")
	require.ErrorIs(t, err, context.Canceled)
	pid, err := strconv.Atoi(strings.TrimSpace(s.read(t, "hangs")))
	require.NoError(t, err)
	assert.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)

	h.Tools = h.WithTimeout(20 * time.Millisecond)
	_, err = h.IsLeader(t.Context())
	require.EqualError(t, err, "is-leader: no answer from the unit's agent within 20ms: context deadline exceeded")
	require.ErrorIs(t, err, context.DeadlineExceeded)

	s.write(t, "is-leader", "sleep 5 & wait") // a child holds the tool's output open
	_, err = h.IsLeader(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestAnEndedContextRunsNothing(t *testing.T) {
	s, h := newScripts(t)
	s.write(t, "is-leader", record)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the hook is over")
	cancel(cause)
	_, err := h.IsLeader(ctx)
	require.ErrorIs(t, err, cause)
	assert.NoFileExists(t, filepath.Join(s.dir, "argv"))
}

func TestAMissingToolIsNamed(t *testing.T) {
	_, h := newScripts(t)
	_, err := h.IsLeader(t.Context())
	require.ErrorIs(t, err, exec.ErrNotFound)
	assert.ErrorContains(t, err, "run hook tool is-leader: it is not on PATH")
}

func TestAToolThatCannotStartIsNamed(t *testing.T) {
	s, h := newScripts(t)
	s.write(t, "is-leader", "")
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "is-leader"), []byte("\x7fnot a program"), 0o755))
	_, err := h.IsLeader(t.Context())
	assert.ErrorContains(t, err, "run hook tool is-leader: ")
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	s, h := newScripts(t)
	s.write(t, "relation-get", "exec yes")
	_, err := h.RelationGet(t.Context(), 1, "app")
	assert.EqualError(t, err, "run hook tool relation-get: it says more than 32 MiB")
}

func TestALargeAnswerIsRead(t *testing.T) {
	s, h := newScripts(t)
	s.write(t, "relation-get", `printf '{"a":"'; head -c 4000000 /dev/zero | tr '\0' x; printf '"}'`)
	bag, err := h.RelationGet(t.Context(), 1, "app")
	require.NoError(t, err)
	assert.Len(t, bag["a"], 4000000)
}

func TestHalfAnAnswerIsAnError(t *testing.T) {
	s, h := newScripts(t)
	for _, answer := range []string{`{"a":`, `{"a":7}`, `[]`, `{"a":"b"}{"`, `True`} {
		s.write(t, "relation-get", "cat <<'END'\n"+answer+"\nEND")
		_, err := h.RelationGet(t.Context(), 1, "app")
		require.ErrorContains(t, err, "relation-get: its answer is not the JSON expected", answer)
	}
}

func TestTheEnvironmentIsThatOfTheProcess(t *testing.T) {
	_, h := newScripts(t)
	assert.Equal(t, "app/0", h.Unit)
	t.Setenv("JUJU_UNIT_NAME", "")
	_, err := hook.FromEnvironment()
	assert.ErrorIs(t, err, hook.ErrNotInHook)
}
