package connection_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connection"
)

func cloud(state connection.State) *connection.PartStatus {
	return &connection.PartStatus{
		State: state, User: &connection.User{ID: "u-1"}, RequiresAuthenticationAt: later, LastTransitionTime: began,
		Errors: connection.Errors{connection.PhaseAuthenticate: {Message: "no"}},
	}
}

// TestTheOlderFormOfEachState is the whole mapping: what is told of each state, and what is left out.
func TestTheOlderFormOfEachState(t *testing.T) {
	t.Parallel()
	user, errors := &connection.User{ID: "u-1"}, connection.Errors{connection.PhaseAuthenticate: {Message: "no"}}
	for state, want := range map[connection.State]connection.Authentication{
		connection.None:       {Status: connection.NoToken, User: user},
		connection.Attempting: {Status: connection.NoToken, User: user},
		connection.Success:    {Status: connection.ValidToken, User: user, RequiresAuthenticationAt: later},
		connection.Expired:    {Status: connection.InvalidToken, User: user, Errors: errors},
		connection.Failed:     {Status: connection.AuthenticationFailed, User: user, Errors: errors},
	} {
		status := connection.Status{CCloud: cloud(state)}
		assert.Equal(t, want, *status.WithAuthentication().Authentication, state)
		assert.Nil(t, status.Authentication, "it is told only where it is asked for")
	}
}

func TestTheOlderFormIsOfTheCloudOrElseOfWhatIsWorstOff(t *testing.T) {
	t.Parallel()
	states := func(kafka, registry connection.State) connection.Status {
		return connection.Status{
			KafkaCluster: &connection.PartStatus{State: kafka}, SchemaRegistry: &connection.PartStatus{State: registry},
		}
	}
	for _, one := range []struct {
		status connection.Status
		want   connection.AuthenticationStatus
	}{
		{connection.Status{}, connection.NoToken},
		{states(connection.Success, connection.Success), connection.ValidToken},
		{states(connection.Success, connection.None), connection.NoToken},
		{states(connection.Attempting, connection.Success), connection.NoToken},
		{states(connection.Expired, connection.Attempting), connection.InvalidToken},
		{states(connection.Expired, connection.Failed), connection.AuthenticationFailed},
		{connection.Status{Local: &connection.PartStatus{State: connection.Success}}, connection.ValidToken},
	} {
		assert.Equal(t, one.want, one.status.WithAuthentication().Authentication.Status)
	}
	both := states(connection.Failed, connection.Failed)
	both.CCloud = cloud(connection.Success)
	assert.Equal(t, connection.ValidToken, both.WithAuthentication().Authentication.Status)
}

// TestThePublishedExamples are those of the published text. Its second one shows SUCCESS for a status that has it not: a slip.
func TestThePublishedExamples(t *testing.T) {
	t.Parallel()
	spec := connection.Spec{ID: "c", Type: connection.CCloud, CCloud: &connection.CCloudConfig{Credentials: &connection.Credentials{Type: connection.APIKey}}}
	status := connection.New(spec, 1, began)
	requireAuthentication(t, `{"status": "NO_TOKEN"}`, status)

	status = status.Begin(spec, 1, began).After(connection.Result{
		Part: connection.PartCCloud, Generation: 1, OK: true, User: &connection.User{Username: "ada"}, RequiresAuthenticationAt: later,
	}, later)
	requireAuthentication(t, `{"status": "VALID_TOKEN", "user": {"username": "ada"}, "requires_authentication_at": "2026-11-23T08:01:00Z"}`, status)
	text, err := json.Marshal(status)
	require.NoError(t, err)
	require.JSONEq(t, `{"ccloud": {"state": "SUCCESS", "user": {"username": "ada"}, "requires_authentication_at": "2026-11-23T08:01:00Z",
	  "last_transition_time": "2026-11-23T08:01:00Z", "last_success_time": "2026-11-23T08:01:00Z", "last_attempt_time": "2026-11-23T08:01:00Z",
	  "observed_generation": 1}}`, string(text))
}

func requireAuthentication(t *testing.T, want string, status connection.Status) {
	t.Helper()
	text, err := json.Marshal(status.WithAuthentication().Authentication)
	require.NoError(t, err)
	require.JSONEq(t, want, string(text))
}
