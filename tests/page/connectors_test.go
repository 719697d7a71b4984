package page

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// hostile is what a page would stumble over that took text for markup.
const hostile = `</script><img src=x onerror="document.title='hit'"><b>abc`

const trace = "org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n" +
	"\tat org.apache.kafka.connect.runtime.WorkerTask.run(WorkerTask.java:1)\n" +
	"Caused by: org.apache.kafka.connect.errors.DataException: bad record " + `<script>document.title="hit"</script>` + "\n" +
	"\tat org.apache.kafka.connect.json.JsonConverter.toConnectData(JsonConverter.java:333)\n"

// staysFailed has the manager leave alone what has failed of a connector, however long the test takes.
const staysFailed = "restart: {attempts: 0}"

// some is a state file of three owners' connectors.
var some = entries(
	entry{"wikipedia-irc", "streams", "labels: {tier: gold}"},
	entry{"wikipedia-edits", "streams", "paused: true"},
	entry{"orders", "payments", "state: stopped"},
	entry{"refunds", "payments", staysFailed},
	entry{"search", "</h2><script>1</script>", ""},
)

// entry is one connector of a state file; more is lines of it.
type entry struct{ name, team, more string }

func entries(all ...entry) string {
	var file strings.Builder
	file.WriteString("connectors:\n")
	for _, one := range all {
		fmt.Fprintf(&file, "  - name: %s\n    owner: {team: %q, email: owner@example.org}\n", one.name, one.team)
		fmt.Fprintf(&file, "    config: {connector.class: %s, tasks.max: 1, topic: t, file: /tmp/%s}\n", class, one.name)
		if one.more != "" {
			fmt.Fprintf(&file, "    %s\n", one.more)
		}
	}
	return file.String()
}

// rows are the names of the connectors that are shown.
func (t *tab) rows() []string {
	t.Helper()
	return value[[]string](t, "[...document.querySelectorAll('.row .name')].map((one) => one.textContent)")
}

// buttons are those that there are.
func (t *tab) buttons() []string {
	t.Helper()
	return value[[]string](t, `[...document.querySelectorAll("button")].map((one) => one.textContent.trim())`)
}

func (t *tab) showsRows(names ...string) {
	t.Helper()
	t.until("JSON.stringify([...document.querySelectorAll('.row .name')].map((one) => one.textContent)) === JSON.stringify($)", names)
}

func TestConnectorsAreShownByOwnerAndStateAndFound(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := s.visit(desktop, ada, "")
	page.showsRows("search", "orders", "refunds", "wikipedia-edits", "wikipedia-irc")
	assert.Equal(t, []string{"</h2><script>1</script>", "payments", "streams"},
		value[[]string](page, "[...document.querySelectorAll('.group h2')].map((one) => one.textContent)"))
	page.reads(".chips", "All 5")
	page.reads(".chips", "Running 3")
	page.shot("desktop")

	page.click(".chip", "Paused")
	page.showsRows("wikipedia-edits")
	page.until("location.hash.includes('state=paused')")
	page.click(".chip", "All")
	page.fill("#q", "gold WIKI")
	page.showsRows("wikipedia-irc")
	page.reads(".chips", "All 1")
	page.fill("#q", "nobody has this")
	page.reads("#main", "None of 5 connectors matches")
	page.choose("#owner", "payments")
	page.click("button", "Clear the filters")
	page.until("document.querySelector('#q').value === '' && document.querySelector('#owner').value === ''")

	page.choose("#by", "state")
	page.until("[...document.querySelectorAll('.group h2')].map((one) => one.innerText.trim()).join() === 'Running,Paused,Stopped'")
	page.do(chromedp.Reload())
	page.until("document.querySelectorAll('.group h2').length === 3 && document.querySelector('.group h2').innerText.trim() === 'Running'")
}

func TestAFailedTaskShowsItsCauseAndItsTrace(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	s.clusters["main"].Fail("refunds", trace)
	s.sync("main")
	page := s.visit(desktop, ada, "#/connectors?state=failed")
	page.showsRows("refunds")
	page.until("document.title.startsWith('(1 failed)')")
	page.click(".row-button", "refunds")
	page.reads(".trace-cause", `DataException: bad record <script>document.title="hit"</script>`)
	page.click("summary", "Whole trace")
	page.reads(".trace pre", "JsonConverter.java:333")
	page.reads(".tasks", "Failed")
	page.shot("failing")
	assert.NotEqual(t, "hit", value[string](page, "document.title"))
}

func TestVerbsAreForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := newStage(t, "  drift: report\n", map[string]string{"main": some})
	looks := s.visit(desktop, viola, "#/connectors?q=refunds")
	looks.click(".row-button", "refunds")
	looks.reads(".details", "owner@example.org")
	assert.Equal(t, []string{"Log out", "All 1", "Running 1", "refunds"}, looks.buttons())

	page := s.visit(desktop, ada, "#/connectors?q=refunds")
	page.click(".row-button", "refunds")
	s.clusters["main"].TakeWrites()
	page.click("button", "Pause")
	page.reads("[role=status] .bar", "refunds is being paused")
	page.reads(".row-state", "Paused")
	assert.Equal(t, []string{"PUT /connectors/refunds/pause"}, s.clusters["main"].TakeWrites())
	looks.reads(".row-state", "Paused")
	page.click("button", "Resume")
	page.reads(".row-state", "Running")

	page.click("button", "Delete")
	page.reads("dialog", "Delete this connector?")
	page.shot("delete")
	page.click("dialog button", "Cancel")
	page.until("!document.querySelector('dialog').open")
	page.click("button", "Delete")
	page.click("dialog button", "Delete")
	page.reads(".row-state", "Missing")
	assert.NotContains(t, s.clusters["main"].Connectors(), "refunds")
	page.click("button", "Sync now")
	page.reads("[role=status] .bar", "1 added (refunds)")
	page.reads(".row-state", "Running")
}

func TestOthersNamesAreText(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": entries(entry{"a", hostile, "labels: {x: '<i>label</i>'}"})})
	page := s.visit(desktop, ada, "")
	page.reads(".group h2", "<img src=x")
	page.click(".row-button", "a")
	page.reads(".details", "x=<i>label</i>")
	assert.Zero(t, value[int](page, "document.querySelectorAll('img, b, i').length"))
	assert.NotEqual(t, "hit", value[string](page, "document.title"))
}

func TestAConnectorMayBeCalledAsWhatEveryObjectHas(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": entries(entry{"constructor", "streams", ""})})
	page := s.visit(desktop, ada, "")
	page.click(".row-button", "constructor")
	page.reads(".details", "owner@example.org")
	looks := s.visit(desktop, viola, "#/connectors?state=__proto__")
	looks.reads("#main", "None of 1 connector matches")
}
