package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"connectcharms/requirer-lib/secret"
)

// The headers by which senders show that they know the secret.
const (
	// GitHub's, and Gitea's, Forgejo's: sha256= and the HMAC of the body in hex. Whoever can compute that can send it.
	signature256 = "X-Hub-Signature-256"
	// Bitbucket's has the same in it; old senders' has SHA-1, which is not taken.
	signature = "X-Hub-Signature"
	// GitLab sends the secret itself.
	token = "X-Gitlab-Token"
	// Standard Webhooks (standardwebhooks.com), which signs the time too.
	standardID, standardTime, standardSignature = "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"
)

// window is how far the time that was signed may be from the clock here: a request that was recorded is worth nothing afterwards.
const window = 5 * time.Minute

// genuine refuses a request whose sender does not show that it knows the secret.
func genuine(header http.Header, body []byte, key secret.Value, now time.Time) error {
	switch {
	case header.Get(standardSignature) != "":
		return standard(header, body, key, now)
	case header.Get(signature256) != "":
		return signed(header.Get(signature256), body, key)
	case header.Get(signature) != "":
		return signed(header.Get(signature), body, key)
	case header.Get(token) != "":
		return known(header.Get(token), key)
	default:
		return unauthorized("the push is not signed; set the secret where it is sent from")
	}
}

func unauthorized(message string) error { return &refusal{http.StatusUnauthorized, message} }

const notOurs = "the signature is not that of the secret here; compare the secret where it is sent from"

func signed(sent string, body []byte, key secret.Value) error {
	text, is256 := strings.CutPrefix(sent, "sha256=")
	if !is256 {
		return unauthorized("the signature is not sha256=…")
	}
	mac, err := hex.DecodeString(text)
	if err != nil || !hmac.Equal(mac, sum([]byte(key.Reveal()), body)) {
		return unauthorized(notOurs)
	}
	return nil
}

// known compares digests, which have one length whatever was sent.
func known(sent string, key secret.Value) error {
	theirs, ours := sha256.Sum256([]byte(sent)), sha256.Sum256([]byte(key.Reveal()))
	if subtle.ConstantTimeCompare(theirs[:], ours[:]) != 1 {
		return unauthorized("the token is not the secret here; compare the secret where it is sent from")
	}
	return nil
}

func standard(header http.Header, body []byte, key secret.Value, now time.Time) error {
	sentAt, err := strconv.ParseInt(header.Get(standardTime), 10, 64)
	if err != nil {
		return unauthorized("the time that is signed (" + standardTime + ") is missing or no number of seconds")
	}
	mac := sum(standardKey(key), []byte(header.Get(standardID)+"."+header.Get(standardTime)+"."), body)
	if !anyIs(header.Get(standardSignature), mac) {
		return unauthorized(notOurs)
	}
	if age := now.Sub(time.Unix(sentAt, 0)); age > window || age < -window {
		return unauthorized("the push was signed more than five minutes away from the time here; is a clock wrong, or was it sent before?")
	}
	return nil
}

// standardKey is the bytes behind whsec_, as that standard writes secrets, or the text itself.
func standardKey(key secret.Value) []byte {
	if text, is := strings.CutPrefix(key.Reveal(), "whsec_"); is {
		if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			return decoded
		}
	}
	return []byte(key.Reveal())
}

// anyIs looks through signatures of several keys, as there are while one is replaced.
func anyIs(signatures string, mac []byte) bool {
	for sent := range strings.FieldsSeq(signatures) {
		text, isV1 := strings.CutPrefix(sent, "v1,")
		decoded, err := base64.StdEncoding.DecodeString(text)
		if isV1 && err == nil && hmac.Equal(decoded, mac) {
			return true
		}
	}
	return false
}

func sum(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}
