package source

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// coarse is the age from which a Last-Modified, which has seconds, tells versions apart (RFC 9110, 8.8.2.2).
const coarse = time.Minute

// version is what the server calls this version of the document; empty where it has no good name for it. It is never asked for what came
// after a Last-Modified: a file that is rolled back to an older one would not be seen. The two are compared here.
func version(header http.Header) Revision {
	if tag := header.Get("ETag"); strings.HasSuffix(tag, `"`) {
		return Revision(tag)
	}
	modified, err := http.ParseTime(header.Get("Last-Modified"))
	now, errNow := http.ParseTime(header.Get("Date"))
	if err == nil && errNow == nil && now.Sub(modified) >= coarse {
		return Revision("modified:" + header.Get("Last-Modified") + "," + header.Get("Content-Length"))
	}
	return ""
}

// accept says whether the answer is a document, whole and another one, or to be read.
func accept(response *http.Response, have Revision) error {
	code := response.StatusCode
	switch {
	case have != "" && (code == http.StatusNotModified || code == http.StatusOK && version(response.Header) == have):
		return ErrUnchanged
	case code == http.StatusOK:
		return acceptBody(response)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return failed(Refused, "the server refuses (%s); give credentials that may read it, or look at those that are given", statusText(code))
	case code == http.StatusNotFound, code == http.StatusGone:
		return failed(Gone, "there is nothing at this address (%s)", statusText(code))
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		busy := failed(Busy, "the server wants to be asked later (%s)", statusText(code))
		busy.Later = later(response.Header)
		return busy
	case code >= http.StatusInternalServerError:
		return failed(Unreachable, "the server has a fault (%s)", statusText(code))
	default:
		return failed(Unexpected, "the server answers %s", statusText(code))
	}
}

func acceptBody(response *http.Response) error {
	encoding := response.Header.Get("Content-Encoding")
	switch {
	case encoding != "" && encoding != "identity":
		return failed(Unexpected, "the server encodes the file (%q), which was not asked for", shorten(encoding))
	case strings.HasPrefix(response.Header.Get("Content-Type"), "text/html"):
		return failed(Unexpected,
			"the server answers with a web page, not with a file; perhaps it wants a login, or the address is of a page about the file")
	case response.ContentLength < 0 && response.ProtoMajor < 2 && len(response.TransferEncoding) == 0:
		return failed(Unexpected, "the server does not say how long the file is: one that is cut short could not be told from a whole one")
	default:
		return nil
	}
}

func readBody(response *http.Response, limits Limits) ([]byte, error) {
	if response.ContentLength > limits.Size {
		return nil, tooLarge(limits)
	}
	data, err := readAll(response.Body, limits)
	var failure *Error
	if err != nil && !errors.As(err, &failure) {
		return nil, failed(Unfinished, "the transfer broke off")
	}
	return data, err
}

func statusText(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

// later reads Retry-After, in seconds or as a time; zero where it is not there.
func later(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
