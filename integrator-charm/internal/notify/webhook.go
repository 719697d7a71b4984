package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What a webhook is sent beside the message.
const (
	IdempotencyHeader = "Idempotency-Key"                 // Message.ID
	TimestampHeader   = "X-Connect-Manager-Timestamp"     // seconds since 1970
	SignatureHeader   = "X-Connect-Manager-Signature-256" // sha256=HEX: the HMAC of the timestamp, a dot, and the body
)

// longestWait is the most that a receiver can ask for with Retry-After.
const longestWait = time.Hour

// newClient follows no redirect: the address is a secret, and is told to nobody else.
func newClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (r *routes) sendWebhook(ctx context.Context, to receiver, message Message) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	header := http.Header{IdempotencyHeader: {message.ID}}
	if !r.signing.IsZero() {
		stamp := strconv.FormatInt(time.Now().Unix(), 10)
		header.Set(TimestampHeader, stamp)
		header.Set(SignatureHeader, "sha256="+signature(r.signing.Reveal(), stamp, body))
	}
	return r.post(ctx, to, header, body)
}

func signature(key, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// chatEscapes: what stands between these is a link or a mention, and a connector's name is neither.
var chatEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

const longestChat = 30_000 // characters; Slack cuts at 40,000

func (r *routes) sendChat(ctx context.Context, to receiver, message Message) error {
	body, err := json.Marshal(map[string]any{
		"text":         chatEscapes.Replace(message.Title + "\n\n" + cut(message.Text, longestChat)),
		"mrkdwn":       false,
		"unfurl_links": false, "unfurl_media": false,
	})
	if err != nil {
		return err
	}
	return r.post(ctx, to, http.Header{IdempotencyHeader: {message.ID}}, body)
}

func (r *routes) post(ctx context.Context, to receiver, header http.Header, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.address.Reveal(), bytes.NewReader(body))
	if err != nil {
		return &refusal{why: "its address is no URL", final: true} // the error has the address in it
	}
	request.Header = header
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "connect-manager")
	response, err := r.client.Do(request)
	if err != nil {
		return withoutAddress(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	return judgeStatus(response, time.Now())
}

// withoutAddress takes out the URL that package http puts before each error.
func withoutAddress(err error) error {
	if wrapped, is := errors.AsType[*url.Error](err); is {
		return fmt.Errorf("no answer: %w", wrapped.Err)
	}
	return err
}

func judgeStatus(response *http.Response, now time.Time) error {
	status := response.StatusCode
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return &refusal{why: fmt.Sprintf("it answers %d", status), after: retryAfter(response.Header.Get("Retry-After"), now)}
	case status >= 300 && status < 400:
		return &refusal{why: fmt.Sprintf("it answers %d: another address, which is not followed", status), final: true}
	}
	return &refusal{why: fmt.Sprintf("it answers %d", status), final: true}
}

// retryAfter reads the header in both its forms (RFC 9110, 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestWait)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), longestWait)
	}
	return 0
}
