package page

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// emits has a connector send a control message with a config.
func (s *stage) emits(connector, config string, status ...int) {
	s.Helper()
	message := fmt.Sprintf(`{"type": "CONNECTOR_CONFIG", "emitted_at": %d, "connectorConfig": {"config": %s}}`, time.Now().UnixMilli(), config)
	request, err := http.NewRequestWithContext(s.Context(), http.MethodPost, "http://"+s.address+"/connectors/"+connector+"/control", strings.NewReader(message))
	require.NoError(s, err)
	request.Header.Set("Authorization", ada)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(s, err)
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	require.NoError(s, err)
	require.Contains(s, status, answer.StatusCode, "%s", said)
}

func TestWhatAConnectorHasChangedItselfIsShownAndTakenBack(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := s.visit(desktop, ada, "#/connectors?q=refunds")
	page.click(".row-button", "refunds")
	s.emits("refunds", `{"topic": "<b>renewed</b>"}`, http.StatusOK, http.StatusAccepted)
	page.reads(".overlay", "<b>renewed</b>")
	page.until("!document.querySelector('.details .note.is-warn')") // it is applied
	assert.Equal(t, "<b>renewed</b>", s.clusters["main"].Config("refunds")["topic"])
	page.shot("overlay")
	s.sync("main")
	assert.Equal(t, "<b>renewed</b>", s.clusters["main"].Config("refunds")["topic"], "a sync does not undo it")

	looks := s.visit(desktop, viola, "#/connectors?q=refunds")
	looks.click(".row-button", "refunds")
	looks.reads(".overlay", "topic")
	assert.NotContains(t, strings.Join(looks.buttons(), " "), "Take it back")

	page.click("button", "Take it back")
	page.reads("dialog", "Take back what it has changed?")
	page.shot("take back")
	page.click("dialog button", "Take it back")
	page.reads("[role=status] .bar", "refunds has its configuration from the state file again")
	page.until("!document.querySelector('.overlay')")
	page.wait(func() bool { return s.clusters["main"].Config("refunds")["topic"] == "t" }, "the state file's topic is back")
}

func TestAConnectorThatDoesNotConformStandsOut(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := s.visit(desktop, ada, "")
	page.showsRows("search", "orders", "refunds", "wikipedia-edits", "wikipedia-irc")
	s.emits("refunds", `{"topic": ["a", "list"]}`, http.StatusUnprocessableEntity)
	page.reads(".mark.is-halted", "does not conform")
	page.reads(".chips", "Does not conform 1")
	page.click(".chip", "Does not conform")
	page.showsRows("refunds")
	page.reads(".row-state", "Stopped")
	page.click(".row-button", "refunds")
	page.reads(".trace", "topic")
	page.shot("halted")
	page.click("button", "Resume")
	page.reads("#main", "None of 5 connectors matches")
	page.click("button", "Clear the filters")
	page.reads(".chips", "Running 3")
}
