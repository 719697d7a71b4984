package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"connectcharms/requirer-lib/connection"
)

const (
	// longestAnswer is how much of an answer is read, in bytes: what is asked for is short.
	longestAnswer = 1 << 20
	// longestHeader is the same for its header.
	longestHeader = 64 << 10
)

// rest asks one server over HTTP, once for each request: what fails is told, and not tried again.
type rest struct {
	client *http.Client
	// base is the URL that paths are added to.
	base   string
	header http.Header // who we are; nil: nobody
	at     *progress
}

// newREST makes one; close ends its connections. Requests go by the proxy that the environment names, as those of package
// connect do.
func newREST(base string, verify *tls.Config, header http.Header) *rest {
	at := &progress{}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer{reached: at.reached}.dialToAsk,
		DialTLSContext:         dialer{tls: verify, reached: at.reached}.dialToAsk,
		TLSClientConfig:        verify, // behind a proxy
		MaxResponseHeaderBytes: longestHeader,
	}
	// A redirect would take the request, and maybe the credentials, to a place that nobody named.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &rest{
		client: &http.Client{Transport: transport, CheckRedirect: stay},
		base:   strings.TrimRight(base, "/"), header: header, at: at,
	}
}

func (r *rest) close() { r.client.CloseIdleConnections() }

// get asks for a path, and has the answer read.
func (r *rest) get(ctx context.Context, path string, read func(io.Reader) error) *failure {
	return r.ask(ctx, http.MethodGet, path, nil, read)
}

// post sends a form to the base.
func (r *rest) post(ctx context.Context, form url.Values, read func(io.Reader) error) *failure {
	return r.ask(ctx, http.MethodPost, "", form, read)
}

func (r *rest) ask(ctx context.Context, method, path string, form url.Values, read func(io.Reader) error) *failure {
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return &failure{phase: connection.PhaseRequest, text: "its URL is not one"}
	}
	maps.Copy(request.Header, r.header)
	request.Header.Set("Accept", "application/json")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := r.client.Do(request)
	if err != nil {
		return asFailure(withoutURL(err), r.at.now())
	}
	defer response.Body.Close()
	body := &io.LimitedReader{R: response.Body, N: longestAnswer}
	if response.StatusCode != http.StatusOK {
		return judgeStatus(response, body)
	}
	if err := read(body); err != nil {
		return unread(err, body)
	}
	return nil
}

// withoutURL takes off the wrapping that repeats the URL.
func withoutURL(err error) error {
	if wrapped, is := errors.AsType[*url.Error](err); is {
		return wrapped.Err
	}
	return err
}

// unread judges an answer that could not be understood.
func unread(err error, body *io.LimitedReader) *failure {
	switch {
	case body.N <= 0:
		return &failure{phase: connection.PhaseRequest, text: fmt.Sprintf("its answer is longer than %d bytes: it is not what the connection takes it for", longestAnswer)}
	case isLate(err):
		return &failure{phase: connection.PhaseRequest, text: "its answer did not end in time", transient: true}
	case isCutOff(err):
		return &failure{phase: connection.PhaseRequest, text: "its answer is cut short", transient: true}
	}
	return &failure{phase: connection.PhaseRequest, text: "its answer is not understood: it is not what the connection takes it for"}
}

// judgeStatus says what an answer other than 200 means.
func judgeStatus(response *http.Response, body io.Reader) *failure {
	said := complaintIn(body)
	judged := &failure{phase: connection.PhaseRequest, text: fmt.Sprintf("it answers %d", response.StatusCode), word: said.word()}
	if text := said.text(); text != "" {
		judged.text += ": " + text
	}
	switch code := response.StatusCode; {
	case code == http.StatusUnauthorized:
		judged.phase, judged.refused = connection.PhaseAuthenticate, true
	case code == http.StatusForbidden:
		judged.phase = connection.PhaseAuthorize
	case code/100 == 3:
		judged.text = fmt.Sprintf("it answers %d, which sends to %s: that is not followed", code, hostOf(response.Header.Get("Location")))
	case code/100 == 5 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout:
		judged.transient = true
	}
	return judged
}

// hostOf leaves out what in a URL may be secret.
func hostOf(location string) string {
	parsed, err := url.Parse(location)
	if err != nil || parsed.Host == "" {
		return "another path"
	}
	return parsed.Host
}

// complaint is what servers of this kind say beside a status other than 200.
type complaint struct {
	Message     string `json:"message"` // Kafka Connect, Schema Registry
	Error       any    `json:"error"`   // OAuth: a word
	Description string `json:"error_description"`
	Errors      []struct {
		Detail string `json:"detail"`
	} `json:"errors"` // Confluent Cloud
}

// complaintIn is empty where there is none.
func complaintIn(body io.Reader) (said complaint) {
	if json.NewDecoder(body).Decode(&said) != nil {
		return complaint{}
	}
	return said
}

func (c complaint) word() string {
	word, _ := c.Error.(string)
	return word
}

func (c complaint) text() string {
	detail := ""
	if len(c.Errors) > 0 {
		detail = c.Errors[0].Detail
	}
	return cmp.Or(detail, c.Message, c.Description, c.word())
}

// decode has an answer read as JSON.
func decode(into any) func(io.Reader) error {
	return func(body io.Reader) error { return json.NewDecoder(body).Decode(into) }
}

// basic is a header for HTTP's Basic authentication.
func (v *vault) basic(username, password string) http.Header {
	pair := base64.StdEncoding.EncodeToString([]byte(username + ":" + password))
	v.hides(password, pair)
	return http.Header{"Authorization": {"Basic " + pair}}
}
