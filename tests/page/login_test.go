package page

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

func TestLoggingInAndOut(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := newTab(t, desktop)
	page.open("http://" + s.address)
	page.until("document.activeElement.id === 'token'")
	page.shot("login")
	page.logIn("open barley")
	page.until("document.querySelector('#login-error').innerText !== ''")
	page.logIn(ada)
	page.reads(".who", "ada")
	page.until("document.activeElement.id === 'title'")
	stored := value[string](page, "document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + location.href")
	assert.NotContains(t, stored, "sesame", "the token is not kept where scripts reach it")

	page.do(chromedp.Reload())
	page.reads(".who", "ada")
	page.click("button", "Log out")
	page.until("document.querySelector('#token')")
	page.do(chromedp.Reload())
	page.until("document.querySelector('#token')")
	assert.NotContains(t, page.text("body"), "wikipedia")
}

func TestASessionThatEndsLeadsToTheLogin(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := s.visit(desktop, ada, "")
	page.accepts("net::ERR_") // connections are refused
	s.stop()
	page.until("document.querySelector('.line.is-lost')")
	s.start() // sessions are not kept over a restart
	page.reads("main", "Your session is over")
	page.logIn(ada)
	page.showsRows("search", "orders", "refunds", "wikipedia-edits", "wikipedia-irc")
}
