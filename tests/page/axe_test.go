package page

import (
	"archive/zip"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/kafka"
)

// axeJar has axe-core, which holds pages to the rules of WCAG.
var axeJar = kafka.Artifact{
	Coordinates: "org.webjars.npm:axe-core:4.6.3",
	SHA256:      "c339ddad238886211644ff2b58f8c395bf42de4a1d7742c98af7aa01a9675ac3",
}

// findings runs axe in the page, and tells each rule that is broken and where.
const findings = `axe.run(document, { resultTypes: ["violations"] }).then((found) =>
  found.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ": " + node.target.join(" ") + "\n" + node.failureSummary)))`

// accessible holds what the page shows now to axe's rules, contrast among them.
func (t *tab) accessible(axe, where string) {
	t.Helper()
	t.do(chromedp.Evaluate[chromedp.Void](axe + "; void 0"))
	found := value[[]string](t, findings)
	assert.Empty(t, found, "%s:\n%s", where, strings.Join(found, "\n"))
	t.shot(where)
}

func TestThePageKeepsTheRulesOfAccessibility(t *testing.T) {
	t.Parallel()
	s := waiting(t, declared)
	s.emits("wikipedia-irc", `{"topic": ["a", "list"]}`, http.StatusUnprocessableEntity)
	s.clusters["main"].Fail("refunds", trace)
	s.sync("main")
	axe := axe(t)
	for _, screen := range []screen{desktop, night, {375, 812, "dark"}} {
		name := fmt.Sprintf("%s %d ", screen.scheme, screen.width)
		page := newTab(t, screen)
		page.open("http://" + s.address)
		page.until("document.querySelector('#token')")
		page.accessible(axe, name+"login")
		page.logIn(ada)
		page.click(".row-button", "refunds")
		page.reads(".trace-cause", "DataException")
		page.click(".row-button", "wikipedia-irc")
		page.until("document.querySelectorAll('.trace').length === 2")
		page.accessible(axe, name+"connectors")
		page.click(".tabs a", "Plan")
		page.until("document.querySelector('.change')")
		page.accessible(axe, name+"plan")
		page.click(".tabs a", "Connections")
		page.click(".row-button", "Kafka of orders")
		page.accessible(axe, name+"connections")
		page.click(".tabs a", "History")
		page.click(".run button", "More")
		page.accessible(axe, name+"history")
		page.click(".tabs a", "Silences")
		page.click("button", "Silence connectors")
		page.until("document.querySelector('dialog').open")
		page.accessible(axe, name+"dialog")
	}
}

// axe is axe-core's text.
func axe(t *testing.T) string {
	t.Helper()
	jar, err := kafka.FetchArtifact(t.Context(), axeJar, os.Stderr)
	require.NoError(t, err)
	files, err := zip.OpenReader(jar)
	require.NoError(t, err)
	defer files.Close()
	script, err := files.Open("META-INF/resources/webjars/axe-core/4.6.3/axe.min.js")
	require.NoError(t, err)
	defer script.Close()
	text, err := io.ReadAll(script)
	require.NoError(t, err)
	return string(text)
}
