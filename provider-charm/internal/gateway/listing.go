package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// errListing says that the worker's list of connectors could not be filtered, and so is not passed on.
var errListing = errors.New("the worker's list of connectors cannot be passed on")

// filterListing takes the connectors out of an answer to GET /connectors that its reader must not see.
func (v *visit) filterListing(answer *http.Response) error {
	if v.route.access != listing || answer.StatusCode >= http.StatusMultipleChoices {
		return nil
	}
	if encoding := answer.Header.Get("Content-Encoding"); encoding != "" {
		return fmt.Errorf("%w: it is encoded as %s", errListing, encoding)
	}
	list, err := io.ReadAll(io.LimitReader(answer.Body, v.config.MaxListing+1))
	if err != nil {
		return err
	}
	if int64(len(list)) > v.config.MaxListing {
		return fmt.Errorf("%w: it has more than %d bytes (max_listing)", errListing, v.config.MaxListing)
	}
	list, err = without(list, v.hides)
	if err != nil {
		return fmt.Errorf("%w: %w", errListing, err)
	}
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(list))
	answer.ContentLength = int64(len(list))
	answer.TransferEncoding, answer.Trailer = nil, nil
	answer.Header.Set("Content-Length", strconv.Itoa(len(list)))
	return nil
}

// without gives the list, an array of names or an object by name (?expand), without the hidden connectors.
func without(list []byte, hides func(string) bool) ([]byte, error) {
	switch trimmed := bytes.TrimSpace(list); {
	case bytes.HasPrefix(trimmed, []byte("[")):
		var names []string
		if err := json.Unmarshal(list, &names); err != nil {
			return nil, err
		}
		return namesWithout(names, hides)
	case bytes.HasPrefix(trimmed, []byte("{")):
		var connectors map[string]json.RawMessage
		if err := json.Unmarshal(list, &connectors); err != nil {
			return nil, err
		}
		for name := range connectors {
			if hides(name) {
				delete(connectors, name)
			}
		}
		return encode(connectors)
	default:
		return nil, errors.New("it is neither an array nor an object")
	}
}

func namesWithout(names []string, hides func(string) bool) ([]byte, error) {
	kept := make([]string, 0, len(names))
	for _, name := range names {
		if !hides(name) {
			kept = append(kept, name)
		}
	}
	return encode(kept)
}

// encode leaves <, > and & as they are, as the worker does.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}
