package page

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var shots = flag.String("shots", "", "write what the page looks like into this directory")

const (
	patience = 2 * time.Minute
	tick     = 30 * time.Millisecond
)

// browser is the one Chromium of all tests; each has a window of its own in it, with its own cookies.
var browser = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium()), chromedp.WSURLReadTimeout(patience))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has none for root
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ending = append(ending, end)
	ctx, cancel := chromedp.NewContext(allocator)
	ending = append(ending, cancel)
	return ctx, chromedp.Do(ctx)
})

// ending ends what tests share.
var ending []func()

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	for i := len(ending) - 1; i >= 0; i-- {
		ending[i]()
	}
	os.Exit(code)
}

// chromium is where the browser is; empty where there is none.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// tab is a window of the browser.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	said     []string
	accepted []string // see accepts
}

// screen is what a window is looked at with.
type screen struct {
	width, height int64
	scheme        string
}

var (
	desktop = screen{1200, 900, "light"}
	night   = screen{1200, 900, "dark"}
	phone   = screen{375, 812, "light"}
)

// newTab opens a window. Nothing that a page writes to the console, throws or is refused by its policy is accepted in it,
// unless the test says so by accepts.
func newTab(t *testing.T, screen screen) *tab {
	t.Helper()
	if chromium() == "" {
		t.Skip("there is no Chromium here: apt-get install chromium")
	}
	shared, err := browser()
	require.NoError(t, err, "start Chromium")
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	// That somebody is not logged in yet is no error, nor that a container has started on the machine.
	opened := &tab{T: t, ctx: ctx, accepted: []string{"401 (Unauthorized)", "ERR_NETWORK_CHANGED"}}
	messages := chromedp.Console(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			opened.hear(message)
		}
	})
	t.Cleanup(func() {
		cancel()
		reading.Wait()
		assert.Empty(t, opened.errors(), "in the browser's console")
	})
	opened.do(chromedp.EmulateViewport(screen.width, screen.height), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		features := []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: screen.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
	return opened
}

func (t *tab) hear(message chromedp.ConsoleMessage) {
	if message.Type == "debug" || message.Type == "info" || strings.HasPrefix(message.Text, "Canvas2D") { // the last is axe's own
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = append(t.said, fmt.Sprintf("%s: %s (%s)", message.Type, message.Text, message.URL))
}

// open loads a page. Where the machine's interfaces change in the meantime, as when a container starts, Chromium gives up
// what it loads.
func (t *tab) open(address string) {
	t.Helper()
	t.do(chromedp.Navigate(address))
	loaded := func() bool { return value[bool](t, "document.querySelector('main') !== null") }
	for deadline := time.Now().Add(patience); !loaded(); time.Sleep(tick) {
		require.True(t, time.Now().Before(deadline), "the page is not drawn")
		if value[bool](t, "document.readyState === 'complete' && performance.now() > 20000") {
			t.do(chromedp.Reload())
		}
	}
}

// accepts is of what the console may say in this test, whenever it gets here.
func (t *tab) accepts(words string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accepted = append(t.accepted, words)
}

// errors are what was heard and is not accepted.
func (t *tab) errors() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.said), func(one string) bool {
		return slices.ContainsFunc(t.accepted, func(words string) bool { return strings.Contains(one, words) })
	})
}

func (t *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	require.NoError(t, chromedp.Do(ctx, steps...))
}

// value is what an expression is in the page.
func value[T any](t *tab, expression string, arguments ...any) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	for _, argument := range arguments {
		text, err := json.Marshal(argument)
		require.NoError(t, err)
		expression = strings.Replace(expression, "$", string(text), 1)
	}
	is, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(t, err, expression)
	return is
}

// until waits for a condition in the page.
func (t *tab) until(condition string, arguments ...any) {
	t.Helper()
	t.wait(func() bool { return value[bool](t, "Boolean("+condition+")", arguments...) }, "%s %v", condition, arguments)
}

func (t *tab) wait(is func() bool, what string, arguments ...any) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			t.shot("failed " + t.Name())
			require.FailNow(t, "this did not come: "+fmt.Sprintf(what, arguments...), "on the page:\n%s", t.text("body"))
		}
		time.Sleep(tick)
	}
}

// text is what can be read of an element.
func (t *tab) text(selector string) string {
	t.Helper()
	return value[string](t, "document.querySelector($)?.innerText ?? ''", selector)
}

// reads waits until an element has a text somewhere in it.
func (t *tab) reads(selector, text string) {
	t.Helper()
	t.until(`document.querySelector($)?.textContent.replace(/\s+/g, " ").includes($)`, selector, text)
}

// found is the middle of the first element that can be seen and begins with a text, as a person would point at it.
const found = `(async () => {
  const all = [...document.querySelectorAll($)].filter((one) => one.textContent.trim().startsWith($) && one.checkVisibility());
  if (all.length === 0) return null;
  all[0].scrollIntoView({ block: "center" });
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const { x, y, width, height } = all[0].getBoundingClientRect();
  const at = [x + width / 2, y + height / 2];
  return all[0].contains(document.elementFromPoint(...at)) ? at : null;
})()`

// click points at an element by its text, and clicks.
func (t *tab) click(selector, text string) {
	t.Helper()
	var at []float64
	t.wait(func() bool { // a page that is being drawn still moves
		before := at
		at = value[[]float64](t, found, selector, text)
		return at != nil && slices.Equal(before, at)
	}, "%s %q", selector, text)
	t.do(chromedp.MouseClickXY(at[0], at[1]))
}

// fill puts a text into a field, in place of what is there.
func (t *tab) fill(selector, text string) {
	t.Helper()
	t.until("document.querySelector($)", selector)
	value[chromedp.Void](t, "void document.querySelector($).select()", selector)
	t.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// choose takes one of a field's options.
func (t *tab) choose(selector, option string) {
	t.Helper()
	t.until("[...document.querySelector($).options].some((one) => one.value === $)", selector, option)
	value[chromedp.Void](t, `void ((field) => { field.value = $; field.dispatchEvent(new Event("change")); })(document.querySelector($))`, option, selector)
}

func (t *tab) press(keys ...string) {
	t.Helper()
	for _, key := range keys {
		t.do(chromedp.KeyEvent(key))
	}
}

// shot keeps what the page looks like, where -shots has asked for it.
func (t *tab) shot(name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	picture, err := chromedp.Run(t.ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(*shots, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(*shots, strings.ReplaceAll(name, "/", "-")+".png"), picture, 0o644))
}
