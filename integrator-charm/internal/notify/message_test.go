package notify

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/seal"
	"connectcharms/requirer-lib/secret"
)

func newKey(t testing.TB) Key {
	t.Helper()
	key, err := seal.New(make([]byte, seal.Size))
	require.NoError(t, err)
	return Key{key}
}

func newRoutes(t testing.TB, config Config) (*routes, *bytes.Buffer) {
	t.Helper()
	key := newKey(t)
	config.complete("")
	routes, err := resolve(config, key)
	require.NoError(t, err)
	return routes, &bytes.Buffer{}
}

func TestATemplateThatFailsAfterAllIsReplacedByTheUsualOne(t *testing.T) {
	t.Parallel()
	routes, log := newRoutes(t, Config{Templates: Templates{Title: `{{if eq (len .Events) 3}}{{index .Events 5}}{{end}}mine`, Text: "mine {{.Cluster}}"}})
	events := []Event{{Kind: Failed, Connector: "a"}, {Kind: Recovered, Connector: "b"}, {Kind: Failed, Connector: "c"}}
	message := routes.message(slog.New(slog.NewTextHandler(log, nil)), "east", events[:1])
	assert.Equal(t, "mine", message.Title)
	assert.Equal(t, "mine east", message.Text)
	message = routes.message(slog.New(slog.NewTextHandler(log, nil)), "east", events)
	assert.Equal(t, "east: 2 failed, 1 recovered", message.Title)
	assert.Equal(t, "mine east", message.Text)
	assert.Contains(t, log.String(), "template=title")
}

// Whatever a connector is called and its trace says, a title is one line, a text shows no control, and both have an end.
func FuzzMessage(f *testing.F) {
	f.Add("orders", "boom\n\tat x", "by alice", "streams")
	f.Add("a\r\nBcc: x\x1b[0m\u202e\xff", strings.Repeat("\x00é", 3000), "{{.}}", "\n\n.\n")
	routes, log := newRoutes(f, Config{})
	f.Fuzz(func(t *testing.T, name, trace, text, team string) {
		event := Event{Kind: Failed, Connector: name, Cluster: name, Team: team, OnCall: team, Trace: cut(trace, longestTrace), Text: cut(text, longestText)}
		message := routes.message(slog.New(slog.NewTextHandler(log, nil)), name, []Event{event, event})
		log.Reset()
		assert.NotContains(t, message.Title, "\n")
		assert.LessOrEqual(t, len(message.Title), longestLine)
		assert.LessOrEqual(t, len(message.Text), longestBody)
		assert.True(t, utf8.ValidString(message.Title+message.Text))
		assert.NotContains(t, message.Text, "\x1b")
		assert.NotContains(t, message.Text, "\r")
		letter, err := routes.letter(receiver{address: secret.New("a@example.org")}, message)
		require.Error(t, err, "there is no sender")
		assert.Nil(t, letter)
	})
}

func FuzzLetter(f *testing.F) {
	f.Add("title\r\nBcc: a@example.org", "text\r\n.\r\n", "id")
	f.Add("=?utf-8?q?=0d=0aBcc:_x?=", "\x00", "ä")
	routes, _ := newRoutes(f, Config{SMTP: SMTP{Address: "mail:25", From: "m@example.org"}})
	f.Fuzz(func(t *testing.T, title, text, id string) {
		id = oneLine(strings.Map(func(r rune) rune {
			if r < 'a' || r > 'z' {
				return -1 // it is the store's own
			}
			return r
		}, id))
		letter, err := routes.letter(receiver{address: secret.New("a@example.org")}, Message{ID: id, Title: title, Text: printable(text)})
		require.NoError(t, err)
		var out bytes.Buffer
		_, err = letter.WriteTo(&out)
		require.NoError(t, err)
		read, err := mail.ReadMessage(&out)
		require.NoError(t, err)
		assert.Empty(t, read.Header.Get("Bcc"))
		assert.Len(t, read.Header["Subject"], 1)
	})
}

func FuzzReceivers(f *testing.F) {
	f.Add("a@example.org, B <b@example.org>", "https://hooks.example.org/token", "http://user:pw@host/")
	f.Add("\r\nBcc:", "http://[::1]:1/\n", "https://%zz")
	key := newKey(f)
	f.Fuzz(func(t *testing.T, emails, webhook, chat string) {
		all, _ := key.receivers(emails, secret.New(webhook), secret.New(chat))
		for _, to := range all {
			opened, err := key.addressOf(to.name, key.sealedAddress(to))
			require.NoError(t, err)
			assert.Equal(t, to, opened)
			_, err = key.addressOf(to.name+"x", key.sealedAddress(to))
			require.Error(t, err, "it is sealed for its name")
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("Mon, 23 Nov 2026 08:00:00 GMT")
	f.Add("-1")
	f.Fuzz(func(t *testing.T, text string) {
		wait := retryAfter(text, time.Unix(0, 0))
		assert.True(t, wait >= 0 && wait <= longestWait)
	})
}

func TestWhatAReceiverAnswersIsForNowOrForGood(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		status int
		after  string
		final  bool
		wait   time.Duration
	}{
		{429, "30", false, 30 * time.Second},
		{503, "Mon, 23 Nov 2026 08:01:00 GMT", false, time.Minute},
		{503, "999999", false, time.Hour},
		{500, "", false, 0},
		{408, "", false, 0},
		{400, "", true, 0},
		{404, "", true, 0},
		{410, "30", true, 0},
		{302, "", true, 0},
	} {
		err := judgeStatus(&http.Response{StatusCode: test.status, Header: http.Header{"Retry-After": {test.after}}}, now)
		require.Error(t, err)
		assert.Equal(t, test.final, isFinal(err), test.status)
		assert.Equal(t, test.wait, asksToWait(err), test.status)
	}
	require.NoError(t, judgeStatus(&http.Response{StatusCode: 202}, now))
}

func TestOnlyHowItEndedIsTold(t *testing.T) {
	t.Parallel()
	failed, again, recovered, givenUp, changed := Event{Kind: Failed}, Event{Kind: Failed, Again: true}, Event{Kind: Recovered}, Event{Kind: GivenUp}, Event{Kind: Changed}
	for name, test := range map[string]struct{ events, told []Event }{
		"failed":                              {[]Event{failed}, []Event{failed}},
		"recovered":                           {[]Event{recovered}, []Event{recovered}},
		"failed and recovered":                {[]Event{failed, recovered}, nil},
		"still failed and recovered":          {[]Event{again, recovered}, []Event{recovered}},
		"recovered and failed":                {[]Event{recovered, failed}, nil},
		"recovered and failed and recovered":  {[]Event{recovered, failed, recovered}, []Event{recovered}},
		"failed and given up":                 {[]Event{failed, givenUp}, []Event{givenUp}},
		"recovered and given up":              {[]Event{recovered, failed, givenUp}, []Event{givenUp}},
		"failed, recovered and failed":        {[]Event{failed, recovered, failed}, []Event{failed}},
		"what was done is told in any case":   {[]Event{changed, failed, recovered, changed}, []Event{changed, changed}},
		"another connector's health is apart": {[]Event{failed, {Kind: Recovered, Connector: "b"}}, []Event{failed, {Kind: Recovered, Connector: "b"}}},
	} {
		assert.Equal(t, test.told, collapse(test.events), name)
	}
}

func TestMessagesKeepTheirDistance(t *testing.T) {
	t.Parallel()
	config := Config{GroupWait: time.Minute, GroupInterval: time.Hour}
	first := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct{ flushed, due time.Time }{
		"the first":       {time.Time{}, first.Add(time.Minute)},
		"long after one":  {first.Add(-2 * time.Hour), first.Add(time.Minute)},
		"right after one": {first.Add(-time.Minute), first.Add(59 * time.Minute)},
	} {
		assert.Equal(t, test.due, dueAt(first, test.flushed, config), name)
	}
}

func TestBackoffGrowsToTenMinutes(t *testing.T) {
	t.Parallel()
	for attempt, most := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 7: 320 * time.Second, 8: 10 * time.Minute, 1000: 10 * time.Minute} {
		delay := Exponential(attempt)
		assert.LessOrEqual(t, delay, most)
		assert.GreaterOrEqual(t, delay, most*4/5)
	}
}
