package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// gitWeb is a remote over HTTPS, with what git calls the smart protocol: gitprotocol-http(5).
type gitWeb struct {
	address *url.URL // without user and password
	account account
	caFile  string
	options Options
}

func parseGitWeb(address *url.URL, options Options) (settings, remote, *Error) {
	if err := checkServer(address, "https"); err != nil {
		return nil, nil, err
	}
	set, err := readSettings(address.RawQuery, "ref", "user", "token-file", "ca-file")
	if err != nil {
		return nil, nil, err
	}
	user, _ := options.Env("SOURCE_GIT_USER")
	who := account{user: cmp.Or(set["user"], user), token: options.credential(set["token-file"], "SOURCE_GIT_TOKEN")}
	if address.User != nil {
		who.user = cmp.Or(address.User.Username(), who.user)
		who.password = inAddress(address.User)
	}
	if who.user == "" && !who.token.isZero() {
		who.user = "git" // servers that have tokens look at nothing else, but basic authentication has a name
	}
	bare := &url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path}
	return set, &gitWeb{address: bare, account: who, caFile: set["ca-file"], options: options}, nil
}

func (g *gitWeb) converse(ctx context.Context) (conversation, error) {
	transport, err := g.options.transport(g.caFile)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	header.Set("User-Agent", "git/"+userAgent) // some servers hand out web pages to all that is not git
	if err := g.account.authorize(header); err != nil {
		return nil, err
	}
	client := &http.Client{Transport: transport, CheckRedirect: g.options.Limits.redirect}
	return &webTalk{ctx: ctx, remote: g, client: client, header: header, base: g.address}, nil
}

// webTalk is a conversation of two requests.
type webTalk struct {
	ctx    context.Context // of this one conversation
	remote *gitWeb
	client *http.Client
	header http.Header
	base   *url.URL // where redirects of the first request led
}

// maxRefs is what hundreds of thousands of refs stay below.
const maxRefs = 64 << 20

func (t *webTalk) refs() (*packp.AdvRefs, error) {
	address := t.base.JoinPath("info/refs")
	address.RawQuery = "service=git-upload-pack"
	response, err := t.send(http.MethodGet, address, "application/x-git-upload-pack-advertisement", nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if err := t.follow(response.Request.URL); err != nil {
		return nil, err
	}
	refs := packp.NewAdvRefs()
	return refs, refs.Decode(io.LimitReader(response.Body, maxRefs))
}

// follow has the second request go to where the first one was redirected; with credentials only to the server that they are for.
func (t *webTalk) follow(reached *url.URL) error {
	path, found := strings.CutSuffix(reached.Path, "/info/refs")
	if !found {
		return failed(Unexpected, "the server redirects to what is not a git repository")
	}
	if !sameServer(reached, t.base) {
		t.header.Del("Authorization")
	}
	t.base = &url.URL{Scheme: reached.Scheme, Host: reached.Host, Path: path}
	return nil
}

func (t *webTalk) request(asked *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	var body bytes.Buffer
	if err := encode(&body, asked); err != nil {
		return nil, err
	}
	response, err := t.send(http.MethodPost, t.base.JoinPath("git-upload-pack"), "application/x-git-upload-pack-result", &body)
	if err != nil {
		return nil, err
	}
	return decode(response.Body, asked)
}

func (t *webTalk) send(method string, address *url.URL, wanted string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(t.ctx, method, address.String(), body)
	if err != nil {
		return nil, failed(BadAddress, "the repository's address cannot be asked for")
	}
	request.Header = t.header.Clone()
	request.Header.Set("Accept", wanted)
	if body != nil {
		request.Header.Set("Content-Type", "application/x-git-upload-pack-request")
	}
	response, err := t.client.Do(request)
	if err != nil {
		return nil, networkError(err)
	}
	if err := acceptGit(response, wanted); err != nil {
		_ = response.Body.Close() // err says more
		return nil, err
	}
	return response, nil
}

func acceptGit(response *http.Response, wanted string) error {
	var failure *Error
	err := accept(response, "")
	switch {
	case err == nil && response.Header.Get("Content-Type") != wanted:
		return failed(Unexpected, "the server answers, and not as a git repository does; is the address right?")
	case errors.As(err, &failure) && failure.Reason == Gone:
		return failed(Gone, "there is no such repository, or it takes a token to see it (SOURCE_GIT_TOKEN, or token-file)")
	case errors.As(err, &failure) && failure.Reason == Refused:
		return failed(Refused, "the server refuses (%s): set SOURCE_GIT_TOKEN, or token-file, or look at the one that is given",
			statusText(response.StatusCode))
	default:
		return err
	}
}

func (t *webTalk) close() { t.client.CloseIdleConnections() }
