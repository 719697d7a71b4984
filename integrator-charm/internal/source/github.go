package source

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Where github.com's API is. A GitHub Enterprise Server has its own, https://HOST/api/v3.
const (
	githubHost = "api.github.com"
	githubAPI  = "https://" + githubHost
)

// github is a file in a repository on GitHub, read through the API: one request, for a file in a repository of any size, and one that does
// not count against the rate limit while the file is as it was.
// https://docs.github.com/en/rest/repos/contents#get-repository-content
type github struct {
	owner, repository, path, ref string
	api                          *url.URL
	token                        credential
	caFile                       string
	options                      Options
}

func parseGitHub(address *url.URL, options Options) (Source, *Error) {
	set, err := readSettings(address.RawQuery, "ref", "api", "token-file", "ca-file")
	if err != nil {
		return nil, err
	}
	api, err := apiGitHub(cmp.Or(set["api"], githubAPI))
	if err != nil {
		return nil, err
	}
	// One text for everybody's fork: without an owner, it is whoever asks.
	user, _ := options.Env("SOURCE_GITHUB_USER")
	owner := cmp.Or(address.Host, user)
	repository, path, _ := strings.Cut(strings.Trim(address.Path, "/"), "/")
	if owner == "" || repository == "" || !isPath(path) || address.User != nil {
		return nil, failed(BadAddress, "write github://owner/repository/path/of/the/file?ref=branch")
	}
	return &github{
		owner: owner, repository: repository, path: path, ref: set["ref"],
		api: api, token: options.credential(set["token-file"], "SOURCE_GITHUB_TOKEN"), caFile: set["ca-file"], options: options,
	}, nil
}

func apiGitHub(text string) (*url.URL, *Error) {
	api, err := url.Parse(text)
	if err != nil || api.User != nil || api.RawQuery != "" {
		return nil, failed(BadAddress, "the setting api is no address of an API; one looks like https://github.example.org/api/v3")
	}
	api.Path = cmp.Or(api.Path, "/") // what is joined to none has no stroke before it
	return api, checkServer(api, "https")
}

func (g *github) String() string {
	shown := url.URL{Scheme: "github", Host: g.owner, Path: "/" + g.repository + "/" + g.path}
	query := url.Values{}
	if g.ref != "" {
		query.Set("ref", g.ref)
	}
	if g.api.Host != githubHost {
		query.Set("api", g.api.String())
	}
	shown.RawQuery = query.Encode()
	return shown.String()
}

func (g *github) Fetch(ctx context.Context, have Revision) (Document, error) {
	return g.options.fetch(ctx, g.String(), have, func(ctx context.Context, have Revision) (Document, error) {
		header := http.Header{}
		header.Set("Accept", "application/vnd.github.raw+json")
		header.Set("X-GitHub-Api-Version", "2022-11-28")
		if err := (account{token: g.token}).authorize(header); err != nil {
			return Document{}, err
		}
		return g.options.ask(ctx, question{url: g.contents(), header: header, have: have, caFile: g.caFile, refusal: g.refusal})
	})
}

// contents is the address at which the API has the file.
func (g *github) contents() *url.URL {
	contents := g.api.JoinPath("repos", url.PathEscape(g.owner), url.PathEscape(g.repository), "contents")
	for step := range strings.SplitSeq(g.path, "/") {
		contents = contents.JoinPath(url.PathEscape(step))
	}
	if g.ref != "" {
		contents.RawQuery = url.Values{"ref": {g.ref}}.Encode()
	}
	return contents
}

// refusal knows what GitHub means by its answers.
func (g *github) refusal(response *http.Response) *Error {
	kind := response.Header.Get("Content-Type")
	switch code := response.StatusCode; {
	case code == http.StatusOK && strings.HasPrefix(kind, "application/json"):
		// What is no file has no raw form, and comes as JSON.
		return failed(BadAddress, "is a directory or a submodule; name the file in it")
	case code == http.StatusForbidden || code == http.StatusTooManyRequests:
		return g.forbidden(response)
	case code == http.StatusUnauthorized:
		return failed(Refused, "GitHub does not know the token (%s); is it complete, and has it not expired?", g.given())
	case code == http.StatusNotFound && g.token.isZero():
		return failed(Gone, "GitHub has no such file on that ref, or it is private: then set SOURCE_GITHUB_TOKEN")
	case code == http.StatusNotFound:
		return failed(Gone, "GitHub has no such file on that ref, or the token (%s) may not read that repository's contents", g.given())
	default:
		return nil
	}
}

func (g *github) given() string { return cmp.Or(g.token.what, "none is given") }

// withoutWord is what passes where GitHub limits the rate and does not say until when.
const withoutWord = time.Minute

// forbidden tells a rate limit, which passes, from a refusal, which does not.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
func (g *github) forbidden(response *http.Response) *Error {
	said := message(response)
	pause := later(response.Header)
	if response.Header.Get("X-RateLimit-Remaining") == "0" && pause == 0 {
		reset, err := strconv.ParseInt(response.Header.Get("X-RateLimit-Reset"), 10, 64)
		if err == nil {
			pause = max(time.Until(time.Unix(reset, 0)), time.Second)
		}
	}
	limited := pause > 0 || response.StatusCode == http.StatusTooManyRequests || strings.Contains(strings.ToLower(said), "rate limit")
	if !limited {
		return failed(Refused, "GitHub refuses (%s): %s", g.given(), said)
	}
	advice := ""
	if g.token.isZero() {
		advice = "; with SOURCE_GITHUB_TOKEN the limit is far higher"
	}
	pause = cmp.Or(pause, withoutWord)
	busy := failed(Busy, "GitHub's rate limit is reached, and over in %s%s", pause.Round(time.Second), advice)
	busy.Later = pause
	return busy
}

// message is what GitHub says in the body of a refusal.
func message(response *http.Response) string {
	var body struct{ Message string }
	err := json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&body)
	if err != nil || body.Message == "" {
		return statusText(response.StatusCode)
	}
	return strconv.Quote(shorten(body.Message))
}
