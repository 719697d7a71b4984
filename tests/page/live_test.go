package page

import (
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePageFollowsWhatHappens(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": entries(entry{"a", "data", ""})})
	page := s.visit(desktop, ada, "")
	page.showsRows("a")
	page.click(".row-button", "a")
	value[chromedp.Void](page, "void document.querySelector('.details .button').focus()")

	s.write("main", entries(entry{"a", "data", "paused: true"}, entry{"b", "data", staysFailed}))
	s.sync("main")
	page.showsRows("a", "b")
	page.reads(".row-state", "Paused")
	page.until("/a is paused; b is new/.test(document.querySelector('#said').textContent)")
	assert.Equal(t, "Resume a", value[string](page, "document.activeElement.textContent"), "the focus stays where somebody works")

	s.clusters["main"].Fail("b", trace)
	s.sync("main")
	page.until("document.title.startsWith('(1 failed)')")
	page.reads(".row-cause", "DataException: bad record")
}

func TestThePageSaysWhenItIsNotLive(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := s.visit(desktop, ada, "")
	page.accepts("net::ERR_")
	offline := func(is bool) {
		_, err := chromedp.Call(page.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Offline: is, DownloadThroughput: -1, UploadThroughput: -1}},
		})
		require.NoError(t, err)
		_, err = chromedp.Call(page.ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{
			Offline: is, DownloadThroughput: -1, UploadThroughput: -1,
		})
		require.NoError(t, err)
	}
	offline(true)
	page.reads(".line", "Offline")
	page.reads(".bar.is-warn", "Offline")
	page.shot("offline")
	assert.Contains(t, page.rows(), "refunds", "what was heard last stays")
	offline(false)
	page.reads(".line", "Live")
	page.until("!document.querySelector('.bar.is-warn')")

	s.stop()
	page.reads(".line", "Not live")
	page.reads(".bar.is-warn", "What you see may be out of date")
}
