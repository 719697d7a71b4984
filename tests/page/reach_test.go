package page

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// focused says what has the focus, as somebody would call it, and whether that can be seen.
const focused = `(() => {
  const one = document.activeElement;
  const style = [getComputedStyle(one), getComputedStyle(one, "::after")];
  const seen = style.some((is) => is.outlineStyle !== "none" && parseFloat(is.outlineWidth) >= 2);
  return (one.ariaLabel || one.labels?.[0]?.innerText || one.innerText || one.tagName).trim().split("\n")[0] + (seen ? "" : " (unseen)");
})()`

// tabs presses Tab until something has the focus, and tells what had it on the way.
func (t *tab) tabs(to string) []string {
	t.Helper()
	var way []string
	for range 40 {
		t.press(kb.Tab)
		way = append(way, value[string](t, focused))
		if strings.HasPrefix(way[len(way)-1], to) {
			return way
		}
	}
	require.FailNow(t, "Tab does not lead there", "to %s: %q", to, way)
	return nil
}

func TestAllIsDoneByKeyboard(t *testing.T) {
	t.Parallel()
	s := newStage(t, "  drift: report\n", map[string]string{"main": some})
	page := newTab(t, desktop)
	page.open("http://" + s.address + "/#/connectors?q=refunds")
	page.logIn(ada)
	page.showsRows("refunds")
	page.do(chromedp.Reload())
	page.showsRows("refunds")

	way := page.tabs("refunds")
	assert.Equal(t, "Skip to content", way[0])
	assert.NotContains(t, strings.Join(way, "\n"), "(unseen)", "the focus shows wherever it is")
	assert.Equal(t, []string{
		"Skip to content", "Log out", "Connectors", "Plan", "Connections", "History", "Silences", "Sync now", "Search", "Owner", "Group by", "All", "Running", "refunds",
	}, way)
	page.press(kb.Enter)
	page.reads(".details", "owner@example.org")
	page.tabs("Delete")
	page.press(kb.Enter)
	page.until("document.querySelector('dialog').open")
	for range 5 {
		page.press(kb.Tab)
		page.until("document.querySelector('dialog').contains(document.activeElement) || document.activeElement === document.body")
	}
	page.press(kb.Escape)
	page.until("!document.querySelector('dialog').open && document.activeElement.innerText.startsWith('Delete')")

	page.do(chromedp.Reload())
	page.showsRows("refunds")
	page.press(kb.Tab, kb.Enter)
	page.until("document.activeElement.id === 'main'")
	assert.Equal(t, "Sync now", page.tabs("Sync now")[0])
}

// beyond are the elements that reach over the right edge.
const beyond = `[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.tagName + "." + one.className + " " + one.getBoundingClientRect().right + " " + one.textContent.slice(0, 20))`

// small are the things to press that are lower than a finger is broad.
const small = `[...document.querySelectorAll("button, .tabs a, select, input")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 32).map((one) => one.textContent || one.id)`

func TestAPhoneShowsAllWithoutPushingSideways(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a-name-of-many-words-", 10) + "end"
	s := newStage(t, deletionsNeedGrace, map[string]string{"main": entries(entry{long, strings.Repeat("team", 30), ""}, entry{"b", "data", ""})})
	s.clusters["main"].Fail(long, strings.Repeat("x", 5000)+"\n"+trace)
	s.write("main", entries(entry{long, "data", "paused: true"}))
	s.sync("main")
	page := s.visit(phone, ada, "")
	fits := func(where string) {
		t.Helper()
		page.shot("phone " + where)
		for _, width := range []int64{320, phone.width} {
			page.do(chromedp.EmulateViewport(width, phone.height))
			page.until("innerWidth === $", width)
			if value[int64](page, "document.documentElement.scrollWidth") > width {
				assert.Empty(t, value[[]string](page, beyond), "%s at %d", where, width)
			}
		}
	}
	page.click(".row-button", "a-name")
	page.until("document.querySelector('.details .facts')")
	fits("connectors")
	for view, shows := range map[string]string{"Plan": ".change", "Connections": ".row", "History": ".run", "Silences": ".lead"} {
		page.click(".tabs a", view)
		page.until("document.querySelector($)", shows)
		fits(view)
	}
	assert.Empty(t, value[[]string](page, small), "too small for a finger")
}

func TestScreenReadersAreToldWhatIsWhat(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	s.clusters["main"].Fail("refunds", trace)
	s.sync("main")
	page := s.visit(desktop, ada, "")
	page.click(".row-button", "refunds")
	page.reads(".trace-cause", "DataException")
	tree, err := chromedp.Call(page.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	require.NoError(t, err)
	told := map[string]bool{}
	for _, node := range tree.Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		role, name := text(node.Role), text(node.Name)
		told[role+" "+name] = true
		if strings.Contains("button link textbox searchbox combobox heading dialog table", role) {
			assert.NotEmpty(t, name, "%s without a name: %s", role, node.NodeID)
		}
	}
	for _, wanted := range []string{
		"banner ", "navigation Views", "main ", "search Find connectors", "heading Connectors", "heading payments", "link Plan", "searchbox Search",
		"combobox Owner", "button refunds", "button Pause refunds", "button Delete refunds", "table Tasks of refunds", "columnheader Worker",
		"region Why task 0 failed", "status ", "button Failed 1",
	} {
		assert.True(t, told[wanted], "%s is not told", wanted)
	}
}

func text(value *accessibility.Value) string {
	if value == nil {
		return ""
	}
	return strings.Trim(fmt.Sprint(string(value.Value)), `"`)
}
