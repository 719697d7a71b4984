// Package probe_test holds package probe of requirer-lib to real systems: brokers, workers behind the charm's gateway, and a
// Schema Registry.
package probe_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/probe"
	"connectcharms/requirer-lib/secret"
)

// secrets are what references lead to, by their names.
type secrets map[string]string

// Env has none.
func (secrets) Env(string) (secret.Value, bool) { return secret.Value{}, false }

// Secret is one by its name.
func (s secrets) Secret(name, _ string) (secret.Value, error) {
	if s[name] == "" {
		return secret.Value{}, fs.ErrNotExist
	}
	return secret.New(s[name]), nil
}

// ask asks again where something has not come in time: on a busy machine that says nothing.
func ask(t *testing.T, part connection.Part, spec connection.Spec, secrets secrets) connection.Result {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		result := askWithin(t, probe.Deadline, part, spec, secrets)
		if !isLate(result) || time.Now().After(deadline) {
			return result
		}
	}
}

const late = " in time"

func isLate(result connection.Result) bool {
	for _, one := range result.Errors {
		if strings.Contains(one.Message, late) {
			return true
		}
	}
	return false
}

func askWithin(t *testing.T, limit time.Duration, part connection.Part, spec connection.Spec, secrets secrets) connection.Result {
	t.Helper()
	require.NoError(t, spec.Validate())
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return probe.Probe(ctx, part, spec, secrets)
}

// life is a connection as it goes on.
type life struct {
	spec   connection.Spec
	status connection.Status
}

func begin(spec connection.Spec) *life {
	now := time.Now()
	return &life{spec, connection.New(spec, 1, now).Begin(spec, 1, now)}
}

// after asks, and goes on with what comes of it.
func (l *life) after(t *testing.T, part connection.Part, secrets secrets) {
	t.Helper()
	l.with(ask(t, part, l.spec, secrets))
}

// until asks until the state is that: a broker takes up a change of its accounts and rules in a moment of its own.
func (l *life) until(t *testing.T, part connection.Part, secrets secrets, state connection.State) {
	t.Helper()
	require.Eventually(t, func() bool {
		l.after(t, part, secrets)
		return l.status.Part(part).State == state
	}, time.Minute, 50*time.Millisecond, "never %s", state)
}

func (l *life) with(result connection.Result) {
	result.Generation = 1
	l.status = l.status.After(result, time.Now())
}

// has holds what is said now: the state, and what of a phase.
func (l *life) has(t *testing.T, part connection.Part, state connection.State, phase connection.Phase, says string) {
	t.Helper()
	is := l.status.Part(part)
	require.NotNil(t, is)
	assert.Equal(t, state, is.State, "%v", is.Errors)
	assert.Contains(t, is.Errors[phase].Message, says, "%v", is.Errors)
	if state == connection.Success {
		assert.Empty(t, is.Errors)
	}
}

// isLate holds that something has not come in time: how far a process gets that is stopped is not known.
func (l *life) isLate(t *testing.T, part connection.Part) {
	t.Helper()
	is := l.status.Part(part)
	require.Len(t, is.Errors, 1)
	for phase, one := range is.Errors {
		l.has(t, part, connection.Failed, phase, late)
		assert.True(t, one.IsTransient)
	}
}
