package source

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
)

// everyWay shows a thing as logs, programs and careless people do, and its causes.
func everyWay(thing any) []string {
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s"} {
		shown = append(shown, fmt.Sprintf(verb, thing))
	}
	if text, err := json.Marshal(thing); err == nil {
		shown = append(shown, string(text))
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("shown", "thing", thing)
	shown = append(shown, log.String())
	if err, is := thing.(error); is && errors.Unwrap(err) != nil {
		shown = append(shown, everyWay(errors.Unwrap(err))...)
	}
	return shown
}

// disguises are the forms in which a secret goes over a wire.
func disguises(secret string) []string {
	return []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))}
}
