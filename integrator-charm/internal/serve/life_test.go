package serve_test

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/store"
)

const beside = "state: state.yaml"

func TestAConfigurationIsReadAgainWhereItIsRight(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("state.yaml", stateFile("one"))
	s.configure(beside, "active: false")
	s.begin()
	s.until(func() bool { status, _ := s.ask(http.MethodGet, "/health/ready"); return status == http.StatusOK })
	assert.Empty(t, s.connect.Connectors(), "a standby changes nothing")
	status, _ := s.ask(http.MethodPost, "/connectors/sync")
	assert.Equal(t, http.StatusConflict, status)

	for _, each := range []struct {
		serve string
		want  int
	}{
		{"active: maybe", http.StatusBadRequest},
		{"approvals: {rules: [{}]}", http.StatusBadRequest},
		{"notify: {default: {email: [nobody]}}", http.StatusBadRequest},
		{"control: {brokers: ['127.0.0.1:1'], tls: true, ca-file: missing}", http.StatusBadRequest},
		{"control: {brokers: ['127.0.0.1:1'], context: other}, contexts: [main]", http.StatusBadRequest},
		{"tls: {cert-file: a, key-file: b}", http.StatusConflict},
	} {
		s.configure(beside, each.serve)
		status, body := s.ask(http.MethodPost, "/api/v1/reload")
		assert.Equal(t, each.want, status, "%s: %s", each.serve, body)
	}
	s.configure("password-file: missing, username: a, "+beside, "active: true")
	status, body := s.ask(http.MethodPost, "/api/v1/reload")
	assert.Equal(t, http.StatusBadRequest, status, body)
	assert.Empty(t, s.connect.Connectors(), "what was in force stays so")

	s.configure(beside, "active: true")
	status, body = s.ask(http.MethodPost, "/api/v1/reload")
	assert.Equal(t, http.StatusOK, status, body)
	s.until(func() bool { return len(s.connect.Connectors()) == 1 })
	s.configure("password-file: missing, username: a, "+beside, "active: false")
	s.hangUp()
	s.until(func() bool { return strings.Contains(s.log.String(), "the settings from before stay in force") })
	s.configure(beside, "active: false")
	s.hangUp()
	s.until(func() bool {
		status, _ := s.ask(http.MethodPost, "/connectors/sync")
		return status == http.StatusConflict
	})
}

func TestASecretThatChangesIsCarriedOutByAReload(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	require.NoError(t, os.MkdirAll(s.path("secrets/irc"), 0o700))
	s.write("secrets/irc/password", "hunter2")
	s.write("state.yaml", `connectors:
- name: one
  config:
    connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector
    topics: t
    irc.password: {secret: irc, key: password}
`)
	s.configure(beside+", secrets-dir: secrets", "active: true")
	s.begin()
	s.until(func() bool { return len(s.connect.TakeWrites()) == 1 })
	s.write("secrets/irc/password", "hunter3")
	status, body := s.ask(http.MethodPost, "/api/v1/reload")
	require.Equal(t, http.StatusOK, status, body)
	s.until(func() bool {
		return assert.ObjectsAreEqual([]string{"PUT /connectors/one/config"}, s.connect.TakeWrites())
	})
	_, said := s.ask(http.MethodGet, "/api/v1/history")
	assert.NotContains(t, said+s.log.String(), "hunter")
}

func TestTheSocketIsItsOwnersAloneAndReplacesOneThatIsLeft(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("state.yaml", stateFile("one"))
	s.configure(beside, "active: true")
	left, err := net.Listen("unix", s.path("socket")) // it is closed at once
	require.NoError(t, err)
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, left.Close())
	s.begin()
	found, err := os.Stat(s.path("socket"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), found.Mode().Perm())
	_, me := s.ask(http.MethodGet, "/api/v1/me")
	assert.Contains(t, me, `"approver"`)
}

func TestASecondDaemonOnTheSameDataSaysSo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write("state.yaml", stateFile("one"))
	s.configure(beside, "active: true")
	s.begin()
	other := *s
	other.start()
	require.ErrorIs(t, <-other.ended, store.ErrInUse)
}
