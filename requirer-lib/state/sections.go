package state

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	ownerFields     = []string{"team", "email", "webhook", "chat", "on-call"}
	restartFields   = []string{"attempts", "backoff", "max-backoff", "reset-after"}
	referenceFields = []string{"env", "secret", "key"}
)

var (
	address  = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	webURL   = regexp.MustCompile(`^https?://[!-~]+$`)
	labelKey = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
)

func (r reader) ownerField(e entry, about string) any {
	if !slices.Contains(ownerFields, e.key) {
		r.unknown(e, inOwner, inOwner, ownerFields)
		return nil
	}
	isURL := e.key == "webhook" || e.key == "chat"
	if isURL && e.value.kind == mapping {
		return r.reference(e.value, about)
	}
	if !r.is(e.value, about, text) {
		return nil
	}
	switch {
	case isURL && !webURL.MatchString(e.value.value):
		r.wrong(e.value.place, about, "must be a URL that begins with http:// or https://")
		return nil
	case e.key == "email" && !address.MatchString(e.value.value):
		r.wrong(e.value.place, about, "must be one address such as data@example.org")
		return nil
	}
	return Text(e.value.value)
}

// isReserved says whether a key of a configuration is not the file's to set: Kafka Connect sets the name, and the manager
// what marks a connector as its own.
func isReserved(key string) bool {
	return key == "name" || strings.HasPrefix(key, "connect.manager")
}

func (r reader) configKey(e entry, about string) any {
	switch {
	case isReserved(e.key):
		r.wrong(e.place, about, "is reserved: leave it out")
	case e.value.kind == mapping:
		return r.reference(e.value, about)
	case e.value.kind == list:
		r.wrong(e.value.place, about, "must not be a list: write it as Kafka Connect does, a,b,c")
	default:
		return Text(e.value.value)
	}
	return nil
}

// reference reads {env: NAME} or {secret: NAME, key: KEY}.
func (r reader) reference(n *node, about string) any {
	parts := map[string]string{}
	for _, e := range n.entries {
		switch {
		case !slices.Contains(referenceFields, e.key):
			r.unknown(e, about, "a reference: it is {env: NAME} or {secret: NAME, key: KEY}", referenceFields)
			return nil
		case !r.is(e.value, about+"."+e.key, text):
			return nil
		case e.key == "env" && !envName.MatchString(e.value.value):
			r.wrong(e.value.place, about, "must name a variable with letters, digits and underscores")
			return nil
		case e.key != "env" && !isSecretPart(e.value.value):
			r.wrong(e.value.place, about, "must name a secret, and its key, with letters, digits, dots, dashes and underscores")
			return nil
		}
		parts[e.key] = e.value.value
	}
	if (parts["env"] == "") == (parts["secret"] == "") || parts["env"] != "" && parts["key"] != "" {
		r.wrong(n.place, about, "must be {env: NAME} or {secret: NAME, key: KEY}")
		return nil
	}
	return From(Reference{Env: parts["env"], Secret: parts["secret"], Key: parts["key"]})
}

func (r reader) label(e entry, about string) any {
	switch {
	case !labelKey.MatchString(e.key):
		r.wrong(e.place, about, "must be named with letters, digits, dots, dashes, underscores and slashes")
	case !e.value.isScalar():
		r.wrong(e.value.place, about, "must be a text, and is %s", e.value.kind)
	default:
		return Text(e.value.value)
	}
	return nil
}

// What a duration may be.
const (
	shortestWait = time.Millisecond
	longestWait  = 30 * 24 * time.Hour
)

// duration is what the schema takes too; Go's own has more.
var duration = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// mostAttempts bounds what attempts may be.
const mostAttempts = 1_000_000

func (r reader) restartField(e entry, about string) any {
	if !slices.Contains(restartFields, e.key) {
		r.unknown(e, inRestart, inRestart, restartFields)
		return nil
	}
	if e.key == "attempts" {
		attempts, err := strconv.Atoi(e.value.value)
		if e.value.kind != number || err != nil || attempts < 0 || attempts > mostAttempts || strconv.Itoa(attempts) != e.value.value {
			r.wrong(e.value.place, about, "must be a whole number from 0 to %d", mostAttempts)
			return nil
		}
		return attempts
	}
	wait, err := time.ParseDuration(e.value.value)
	if e.value.kind != text || !duration.MatchString(e.value.value) || err != nil || wait < shortestWait || wait > longestWait {
		r.wrong(e.value.place, about, "must be a time such as 10s, 5m or 1h30m, from 1ms to 720h")
		return nil
	}
	return wait
}
