package notify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/requirer-lib/secret"
)

func TestWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	file := filepath.Join(t.TempDir(), "hmac")
	require.NoError(t, os.WriteFile(file, []byte("hush\n"), 0o600))
	d := newDesk(t, quick+"secret-file: "+file)
	d.run()
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	h.await(t, 1)
	request := h.got()[0]
	mac := hmac.New(sha256.New, []byte("hush"))
	mac.Write([]byte(request.header.Get(notify.TimestampHeader) + "."))
	mac.Write(request.body)
	assert.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), request.header.Get(notify.SignatureHeader))
	assert.Equal(t, "application/json", request.header.Get("Content-Type"))
}

func TestAChatGetsTextInWhichNothingIsALinkOrAMention(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	d.run()
	d.know(notify.Subject{Connector: "a <!channel> & <https://evil.example.org|ok>", Chat: secret.New(h.URL)})
	d.observe(notify.Seen{Connector: "a <!channel> & <https://evil.example.org|ok>", Health: notify.Ill, Trace: strings.Repeat("<@U1>\n", 10_000)})
	d.settled()
	var sent map[string]any
	require.NoError(t, json.Unmarshal(h.got()[0].body, &sent))
	text, is := sent["text"].(string)
	require.True(t, is)
	assert.Contains(t, text, "east: a &lt;!channel&gt; &amp; &lt;https://evil.example.org|ok&gt; has failed")
	assert.NotContains(t, text, "<")
	assert.Less(t, len(text), 10_000)
	assert.Equal(t, false, sent["unfurl_links"])
	assert.NotEmpty(t, h.got()[0].header.Get(notify.IdempotencyHeader))
}
