package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// largestBody is the most that is read of a request, in bytes.
const largestBody = 64 << 10

// read takes the body of a request: one JSON object with the fields that there are, or nothing at all.
func read(r request, into any) error {
	if kind := r.Header.Get("Content-Type"); kind != "" && !strings.HasPrefix(kind, "application/json") && r.ContentLength != 0 {
		return refusal{http.StatusUnsupportedMediaType, "want Content-Type: application/json"}
	}
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, largestBody))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(into); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return bodyProblem(err)
	}
	switch _, err := decoder.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return bodyProblem(err)
	}
	return badRequest("the body goes on after its JSON object")
}

func bodyProblem(err error) error {
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", largestBody)}
	}
	return badRequest("the body is not the JSON object that is wanted: " + strings.TrimPrefix(err.Error(), "json: "))
}

// longestQuoted is how much is repeated of what a client has sent, in bytes.
const longestQuoted = 100

func quoted(text string) string {
	return fmt.Sprintf("%.*q", longestQuoted, text)
}
