package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/source"
	"connectcharms/requirer-lib/secret"
)

const (
	// The example in GitHub's documentation of webhooks: secret, body, signature.
	githubSecret    = "It's a Secret to Everybody"
	githubBody      = "Hello, World!"
	githubSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	// The example in Standard Webhooks.
	standardSecret = "whsec_plJ3nmyCDGBKInavdOK15jsl"
	standardBody   = `{"event_type":"ping","data":{"success":true}}`
	standardMAC    = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
)

// desk is a Receiver with what it was told.
type desk struct {
	Receiver

	pushes []source.Push
	log    bytes.Buffer
}

func newDesk(key string, now time.Time) *desk {
	d := &desk{}
	d.Receiver = Receiver{
		Secret: func() (secret.Value, error) { return secret.New(key), nil },
		Pushed: func(push source.Push) int {
			d.pushes = append(d.pushes, push)
			return 1
		},
		Now: func() time.Time { return now },
		Log: slog.New(slog.NewTextHandler(&d.log, nil)),
	}
	return d
}

func (d *desk) send(header map[string]string, body io.Reader) (status int, message string) {
	request := httptest.NewRequest(http.MethodPost, "/hooks/source", body)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	d.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

// sign is what a sender does who has the secret.
func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func TestSignaturesAreThoseOfTheirPublishedExamples(t *testing.T) {
	t.Parallel()
	require.NoError(t, genuine(http.Header{"X-Hub-Signature-256": {githubSignature}}, []byte(githubBody), secret.New(githubSecret), time.Time{}))
	header := http.Header{
		"Webhook-Id": {"msg_loFOjxBNrRLzqYUf"}, "Webhook-Timestamp": {"1731705121"}, "Webhook-Signature": {"v1,AAAA " + standardMAC},
	}
	require.NoError(t, genuine(header, []byte(standardBody), secret.New(standardSecret), time.Unix(1731705121, 0)))
}

func TestAPushIsTakenFromWhoKnowsTheSecret(t *testing.T) {
	t.Parallel()
	const body = `{"ref": "refs/heads/develop", "repository": {
		"full_name": "octo-org/connectors", "clone_url": "https://github.com/octo-org/connectors.git", "default_branch": "main"}}`
	const gitlab = `{"ref": "refs/heads/develop", "project": {
		"path_with_namespace": "octo-org/connectors", "git_http_url": "https://gitlab.example.org/octo-org/connectors.git", "default_branch": "main"}}`
	form := "payload=" + url.QueryEscape(body)
	cases := map[string]struct {
		header map[string]string
		body   string
	}{
		"GitHub":            {map[string]string{"X-Hub-Signature-256": sign("s", body), "X-GitHub-Event": "push"}, body},
		"GitHub, as a form": {map[string]string{"X-Hub-Signature-256": sign("s", form), "Content-Type": "application/x-www-form-urlencoded"}, form},
		"Bitbucket":         {map[string]string{"X-Hub-Signature": sign("s", body), "X-Event-Key": "repo:push"}, body},
		"GitLab":            {map[string]string{"X-Gitlab-Token": "s", "X-Gitlab-Event": "Push Hook"}, gitlab},
	}
	for name, sent := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := newDesk("s", time.Now())
			status, message := desk.send(sent.header, strings.NewReader(sent.body))
			assert.Equal(t, http.StatusAccepted, status, message)
			require.Len(t, desk.pushes, 1)
			assert.Equal(t, "refs/heads/develop", desk.pushes[0].Ref)
			assert.Equal(t, "main", desk.pushes[0].Default)
			assert.Contains(t, desk.pushes[0].Repositories, "octo-org/connectors")
		})
	}
}

func TestWhoeverCanSignCanPushWithoutABody(t *testing.T) {
	t.Parallel()
	desk := newDesk("s", time.Now())
	status, _ := desk.send(map[string]string{"X-Hub-Signature-256": sign("s", "")}, strings.NewReader(""))
	assert.Equal(t, http.StatusAccepted, status)
	assert.Len(t, desk.pushes, 1)
}

func TestWhatIsNotGenuineIsRefused(t *testing.T) {
	t.Parallel()
	const body = `{"ref":"refs/heads/main"}`
	now := time.Unix(1731705121, 0)
	standardAt := func(at time.Time) map[string]string {
		return map[string]string{
			"Webhook-Id": "msg_loFOjxBNrRLzqYUf", "Webhook-Timestamp": strconv.FormatInt(at.Unix(), 10), "Webhook-Signature": standardMAC,
		}
	}
	cases := map[string]struct {
		key     string
		now     time.Time
		header  map[string]string
		body    string
		status  int
		message string
	}{
		"unsigned":               {"s", now, nil, body, 401, "not signed"},
		"another secret":         {"s", now, map[string]string{"X-Hub-Signature-256": sign("other", body)}, body, 401, "not that of the secret"},
		"another body":           {"s", now, map[string]string{"X-Hub-Signature-256": sign("s", "{}")}, body, 401, "not that of the secret"},
		"half a signature":       {"s", now, map[string]string{"X-Hub-Signature-256": sign("s", body)[:30]}, body, 401, "not that of the secret"},
		"no hex":                 {"s", now, map[string]string{"X-Hub-Signature-256": "sha256=zz"}, body, 401, "not that of the secret"},
		"SHA-1":                  {"s", now, map[string]string{"X-Hub-Signature": "sha1=0123456789"}, body, 401, "not sha256="},
		"another token":          {"s", now, map[string]string{"X-Gitlab-Token": "S"}, body, 401, "the token is not"},
		"a token that is longer": {"s", now, map[string]string{"X-Gitlab-Token": "ss"}, body, 401, "the token is not"},
		"no secret here":         {"", now, map[string]string{"X-Gitlab-Token": ""}, body, 503, "missing here"},
		"an empty HMAC key":      {"", now, map[string]string{"X-Hub-Signature-256": sign("", body)}, body, 503, "missing here"},
		"sent before":            {standardSecret, now.Add(6 * time.Minute), standardAt(now), standardBody, 401, "more than five minutes"},
		"from the future":        {standardSecret, now.Add(-6 * time.Minute), standardAt(now), standardBody, 401, "more than five minutes"},
		"with another time":      {standardSecret, now, standardAt(now.Add(time.Second)), standardBody, 401, "not that of the secret"},
		"without a time":         {standardSecret, now, map[string]string{"Webhook-Signature": standardMAC}, standardBody, 401, "missing"},
		"no JSON":                {"s", now, map[string]string{"X-Hub-Signature-256": sign("s", "{")}, "{", 400, "no JSON object"},
		"JSON of something else": {"s", now, map[string]string{"X-Hub-Signature-256": sign("s", `{"ref":7}`)}, `{"ref":7}`, 400, "no JSON object"},
		"too large":              {"s", now, map[string]string{"X-Gitlab-Token": "s"}, strings.Repeat(" ", largest+1), 413, "too large"},
	}
	for name, sent := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := newDesk(sent.key, sent.now)
			status, message := desk.send(sent.header, strings.NewReader(sent.body))
			assert.Equal(t, sent.status, status)
			assert.Contains(t, message, sent.message)
			assert.Empty(t, desk.pushes)
			if len(sent.key) > 1 {
				assert.NotContains(t, message+desk.log.String(), sent.key)
			}
		})
	}
}

func TestASignedTimeIsGoodForFiveMinutes(t *testing.T) {
	t.Parallel()
	sent := map[string]string{"Webhook-Id": "msg_loFOjxBNrRLzqYUf", "Webhook-Timestamp": "1731705121", "Webhook-Signature": standardMAC}
	for _, off := range []time.Duration{-window, 0, window} {
		desk := newDesk(standardSecret, time.Unix(1731705121, 0).Add(off))
		status, message := desk.send(sent, strings.NewReader(standardBody))
		assert.Equal(t, http.StatusAccepted, status, message)
	}
}

func TestAnEventThatIsNoPushIsReceivedAndNothingIsFetched(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"X-GitHub-Event": "ping", "X-Gitlab-Event": "Issue Hook", "X-Event-Key": "diagnostics:ping"} {
		desk := newDesk("s", time.Now())
		status, _ := desk.send(map[string]string{"X-Hub-Signature-256": sign("s", "{}"), name: kind}, strings.NewReader("{}"))
		assert.Equal(t, http.StatusOK, status)
		assert.Empty(t, desk.pushes)
	}
}

func TestASecretThatCannotBeReadRefusesEverything(t *testing.T) {
	t.Parallel()
	desk := newDesk("s", time.Now())
	desk.Secret = func() (secret.Value, error) { return secret.New("s"), errors.New("the file is gone") }
	status, _ := desk.send(map[string]string{"X-Gitlab-Token": "s"}, strings.NewReader(""))
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, desk.log.String(), "the file is gone")
}

func TestAPushThatBreaksOffIsRefused(t *testing.T) {
	t.Parallel()
	desk := newDesk("s", time.Now())
	status, _ := desk.send(map[string]string{"X-Gitlab-Token": "s"}, io.MultiReader(strings.NewReader("{"), brokenOff{}))
	assert.Equal(t, http.StatusBadRequest, status)
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func FuzzReceiver(f *testing.F) {
	f.Add("X-Hub-Signature-256", githubSignature, githubBody)
	f.Add("Webhook-Signature", standardMAC, standardBody)
	f.Add("X-Gitlab-Token", "s", `{"ref":"refs/heads/main","project":{}}`)
	f.Add("Content-Type", "application/x-www-form-urlencoded", "payload=%7B%7D")
	f.Fuzz(func(t *testing.T, name, value, body string) {
		desk := newDesk("a secret that nobody has", time.Unix(1731705121, 0))
		header := http.Header{}
		header.Set(name, value)
		require.Error(t, genuine(header, []byte(body), secret.New("a secret that nobody has"), time.Unix(1731705121, 0)))
		push, is, err := read(header, []byte(body))
		assert.False(t, err != nil && is)
		if is {
			push.Concerns(anywhere{})
		}
		assert.Empty(t, desk.pushes)
	})
}

type anywhere struct{ source.Source }
