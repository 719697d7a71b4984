package api_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/state"
)

func TestListsAreArraysOfNamesInTheFilesOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for state, want := range map[string]string{
		"running": `["replicate-topic","elasticsearch-ksqldb"]`, "paused": `["wikipedia-irc"]`, "failed": `["broken"]`,
		"stopped": `[]`, "unassigned": `[]`,
	} {
		response := s.ask(http.MethodGet, "/connectors/"+state, "", sesame)
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
		assert.Equal(t, want+"\n", text(t, response))
	}
	assert.Equal(t, http.StatusNotFound, s.ask(http.MethodGet, "/connectors/broken", "", sesame).StatusCode)
}

func TestASyncAnswersItsLists(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	response := s.ask(http.MethodPost, "/connectors/sync?cluster=main", "", sesame)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Contains(t, text(t, response), `"paused":["wikipedia-irc"]`)
	assert.Equal(t, []string{"sync main by ada"}, s.manager.take())
}

func TestValidateSaysWhatIsWrongWordForWord(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	valid := s.ask(http.MethodGet, "/validate", "", sesame)
	assert.Equal(t, http.StatusOK, valid.StatusCode)
	assert.Equal(t, "The state file is valid.\n", text(t, valid))
	s.manager.hints = state.Problems{{Line: 4, Column: 7, Message: "connector a: its plugin does not know task.max", Nearest: "tasks.max"}}
	assert.Equal(t, "The state file is valid.\nLook at: connector a: its plugin does not know task.max (line 4, column 7; did you mean \"tasks.max\"?)\n",
		text(t, s.ask(http.MethodGet, "/validate", "", sesame)))

	problems := state.Problems{{
		Line: 9, Column: 5, Message: "Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition", Nearest: "paused",
	}}
	s.manager.fail("validate", problems)
	for accept, want := range map[string]string{
		"*/*": "Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition (line 9, column 5; did you mean \"paused\"?)\n",
		"application/json": `{"message":"Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition (line 9, column 5; did you mean \"paused\"?)",` +
			`"problems":[{"line":9,"column":5,"message":"Cannot find field: pausedd in message com.massmutual.streaming.model.SPConnectorDefinition","nearest":"paused"}]}` + "\n",
	} {
		wrong := s.ask(http.MethodGet, "/validate", "", sesame, "Accept: "+accept)
		assert.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		assert.Equal(t, want, text(t, wrong))
	}
}

func TestErrorsHaveTheirStatus(t *testing.T) {
	t.Parallel()
	for _, each := range []struct {
		err  error
		want int
	}{
		{manager.ErrWhichCluster, http.StatusBadRequest},
		{manager.ErrNotFound, http.StatusNotFound},
		{manager.ErrStandby, http.StatusConflict},
		{manager.ErrConflict, http.StatusConflict},
		{manager.ErrInvalid, http.StatusBadRequest},
		{manager.ErrSource, http.StatusBadGateway},
		{manager.ErrCluster, http.StatusBadGateway},
		{manager.ErrEnding, http.StatusServiceUnavailable},
		{&connect.APIError{Status: http.StatusForbidden}, http.StatusBadGateway},
		{errors.New("disk full"), http.StatusInternalServerError},
	} {
		s := newStage(t)
		s.manager.fail("sync", each.err)
		response := s.ask(http.MethodPost, "/connectors/sync", "", sesame)
		require.Equal(t, each.want, response.StatusCode, each.err)
		assert.Contains(t, text(t, response), each.err.Error())
	}
}
