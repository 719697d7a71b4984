package cli_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVerbsAreCarriedOutEachByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a", "b", "c")
	b.server.Refuse("b", 500, "it does not work")
	done := b.run("pause", "c", "b", "none", "a")
	assert.Equal(t, 1, done.code)
	assert.Equal(t, "a: paused\nc: paused\n", done.out)
	assert.Contains(t, done.err, "b: ")
	assert.Contains(t, done.err, "it does not work")
	assert.Contains(t, done.err, "none: there is no connector of this name\nconnect-manager: 2 of 4 failed\n")
	assert.Subset(t, b.server.TakeWrites(), []string{"PUT /connectors/a/pause", "PUT /connectors/c/pause"})
}

func TestVerbsWaitAndAreToldAsDocuments(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a", "b")
	assert.Equal(t, "a: stopped\nb: stopped\n", b.ok("stop", "--all", "--wait"))
	assert.Equal(t, "a\nb\n", b.ok("list", "stopped", "-o", "name"))
	assert.JSONEq(t, `[{"context": "default", "name": "a", "did": "resumed"}]`, b.ok("resume", "a", "--wait", "-o", "json"))
	b.server.Fail("a", "no")
	assert.Equal(t, "a: restarted\n", b.ok("restart", "--state", "failed", "--failed", "--wait"))
	assert.Equal(t, "a: restarted\n", b.ok("restart", "a"))
}

func TestAVerbWithoutNamesDoesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a")
	for _, name := range []string{"pause", "resume", "stop", "restart", "delete", "status"} {
		done := b.run(name)
		assert.Equal(t, result{5, "", "connect-manager: which connectors? Name some, or say --match, --owner, --label, --state or --all\n"}, done)
	}
	assert.Equal(t, 5, b.run("restart", "a", "--task", "-2").code)
	assert.Empty(t, b.server.TakeWrites())
}

func TestDeleteAsksAPersonAndElsewhereWantsYes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a", "b")
	assert.Equal(t, result{3, "", "connect-manager: nobody can be asked here: say --yes\n"}, b.run("delete", "a"))
	var question, answer string
	b.program.Ask = func(_ context.Context, text string) (string, error) {
		question = text
		return answer, nil
	}
	assert.Equal(t, result{3, "", "connect-manager: nothing was done\n"}, b.run("delete", "a", "b"))
	assert.Equal(t, "Delete a, b from default? [y/N] ", question)
	assert.Equal(t, []string{"a", "b"}, b.server.Connectors())
	answer = "y"
	assert.Equal(t, "a: deleted\n", b.ok("delete", "a"))
	b.program.Ask = func(context.Context, string) (string, error) { return "", errors.New("asked all the same") }
	assert.Equal(t, "b: deleted\n", b.ok("delete", "b", "--yes"))
	assert.Empty(t, b.server.Connectors())
}

func TestWhatIsProtectedIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("a")
	b.createWith("dear", map[string]string{"connect.manager": "payments", "connect.manager.protected": "true"})
	done := b.run("delete", "--all", "--yes")
	assert.Equal(t, 3, done.code)
	assert.Equal(t, "a: deleted\n", done.out)
	assert.Contains(t, done.err, "dear: it is protected: take that off in the state file of payments, or say --force\n")
	assert.Equal(t, []string{"dear"}, b.server.Connectors())
	assert.Equal(t, "dear: deleted\n", b.ok("delete", "dear", "--yes", "--force"))
}

func TestLoggersAreReadAndSet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	assert.Equal(t, 5, b.run("loggers", "set", "root", "LOUD").code)
	assert.Equal(t, 5, b.run("loggers", "set", "root").code)
	assert.Equal(t, 5, b.run("loggers", "put").code)
}
