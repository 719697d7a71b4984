package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
)

// largestBody is the most that is read of a request, in bytes.
const largestBody = 64 << 10

var errWantJSON = refusal{http.StatusUnsupportedMediaType, "want Content-Type: application/json"}

// read takes the body of a request: one JSON object with the fields that there are, or nothing at all.
func read(r request, into any) error {
	if !isJSON(r) {
		return errWantJSON
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

// readWhole takes the body as it is.
func readWhole(r request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if err != nil {
		return nil, bodyProblem(err)
	}
	return body, nil
}

// isJSON takes a body that does not say what it is for JSON, which is what most programs mean that send one without a word.
func isJSON(r request) bool { return r.ContentLength == 0 || isOf(r, "", "application/json") }

// isOf says whether a body is of one of the kinds.
func isOf(r request, kinds ...string) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") == "" {
		kind, err = "", nil
	}
	return err == nil && slices.Contains(kinds, kind)
}

func bodyProblem(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return refusal{http.StatusRequestTimeout, "the body took too long"}
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", tooLarge.Limit)}
	}
	return badRequest("the body is not the JSON object that is wanted: " + strings.TrimPrefix(err.Error(), "json: "))
}

// longestQuoted is how much is repeated of what a client has sent, in bytes.
const longestQuoted = 100

func quoted(text string) string {
	return fmt.Sprintf("%.*q", longestQuoted, text)
}
