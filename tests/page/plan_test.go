package page

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const deletionsNeedGrace = "  approvals: {rules: [{name: deletions need two eyes more, match: {changes: [delete]}, approvers: 1, who: {users: [grace]}}]}\n"

// waiting is a stage with a plan that waits: refunds is to be deleted.
func waiting(t *testing.T, options ...string) *stage {
	t.Helper()
	s := newStage(t, deletionsNeedGrace+strings.Join(options, ""), map[string]string{"main": some})
	state, _, _ := strings.Cut(some, "  - name: refunds")
	s.write("main", state)
	s.sync("main")
	return s
}

func TestAPlanIsReadAndApproved(t *testing.T) {
	t.Parallel()
	s := waiting(t)
	watches := s.visit(desktop, viola, "#/plan")
	watches.reads(".change", "refunds")
	assert.NotContains(t, watches.buttons(), "Approve…")

	page := s.visit(desktop, grace, "#/plan")
	page.reads(".badge", "2")
	page.reads(".changes", "Delete")
	page.reads(".needs", "deletions need two eyes more")
	page.shot("plan")
	page.click("button", "Approve…")
	page.until("document.querySelector('dialog').open && document.querySelector('dialog').contains(document.activeElement)")
	page.fill("#comment", "<b>fine</b>")
	page.shot("approve")
	page.click("dialog button", "Approve")
	page.reads("[role=status] .bar", "approved")
	page.reads("#main", "Nothing is planned")
	watches.reads("#main", "Nothing is planned")
	assert.NotContains(t, s.clusters["main"].Connectors(), "refunds")

	page.click(".tabs a", "History")
	page.until("document.querySelector('.runs')")
	page.click(".run button", "More")
	page.reads(".run-more", "Report")
	report := value[string](page, "fetch(document.querySelector('.reports a').href).then((answer) => answer.text())")
	assert.Contains(t, report, "grace")
	assert.Contains(t, report, "fine")
	page.shot("history")
}

func TestAPlanIsRejectedAndSaysSo(t *testing.T) {
	t.Parallel()
	s := waiting(t)
	page := s.visit(phone, grace, "#/plan")
	page.click("button", "Reject…")
	page.fill("#comment", "not today")
	page.click("dialog button", "Reject")
	page.reads(".plan-head", "rejected")
	page.reads(".verdicts", "not today")
	assert.Contains(t, s.clusters["main"].Connectors(), "refunds")
}

func TestADiffShowsOldAndNewAndNoSecret(t *testing.T) {
	t.Parallel()
	hold := strings.Replace(deletionsNeedGrace, "[delete]", "[update, create]", 1)
	s := newStage(t, hold, map[string]string{"main": "connectors: []\n"})
	with := func(topic, password string) string {
		return strings.Replace(entries(entry{"a", "data", ""}), "topic: t,", "topic: "+topic+", database.password: "+password+",", 1)
	}
	s.write("main", with("first", "hunter1"))
	s.sync("main")
	page := s.visit(desktop, grace, "#/plan")
	page.reads(".change", "Create")
	page.reads(".keys", "first")
	assert.NotContains(t, page.text("body"), "hunter1")
	page.click("button", "Approve…")
	page.click("dialog button", "Approve")
	page.reads("#main", "Nothing is planned")

	s.write("main", with("second", "hunter2"))
	s.sync("main")
	page.reads(".keys", "secret, changed")
	assert.Equal(t, "first", value[string](page, "document.querySelector('.keys del').textContent"))
	assert.Equal(t, "second", value[string](page, "document.querySelector('.keys ins').textContent"))
	assert.NotContains(t, value[string](page, "document.documentElement.outerHTML"), "hunter")
}

func TestSilencesAreMadeAndEnded(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := s.visit(desktop, ada, "#/silences")
	page.reads("#main", "Nothing is silenced")
	page.click("button", "Silence connectors…")
	page.fill("#silence-connector", "wikipedia-*")
	page.fill("#comment", "it moves")
	page.click("dialog button", "Silence")
	page.reads(".silences", "wikipedia-*")
	page.reads(".silences", "it moves")
	page.click("button", "End it")
	page.reads("#main", "Nothing is silenced")
}

func TestAWrongStateFileIsToldByLine(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some, "other": "connectors: []\n"})
	page := s.visit(desktop, ada, "#/connectors?cluster=main")
	s.write("main", strings.Replace(some, "paused:", "pausedd:", 1))
	page.accepts("400 (Bad Request)")
	page.click("button", "Sync now")
	page.reads(".bar.is-tall", "Cannot find field: pausedd")
	page.reads(".bar.is-tall", "line ")
	page.shot("problems")

	page.choose("#cluster", "other")
	page.reads("#main", "No connectors yet")
	page.shot("empty")
}
