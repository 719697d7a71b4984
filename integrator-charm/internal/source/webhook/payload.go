package webhook

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"connectcharms/integrator-charm/internal/source"
)

// payload is what is read of a push: GitHub's, Gitea's and Forgejo's have a repository, GitLab's a project. All else is skipped.
type payload struct {
	Ref        string
	Repository struct {
		FullName      string `json:"full_name"`
		CloneURL      string `json:"clone_url"`
		SSHURL        string `json:"ssh_url"`
		HTMLURL       string `json:"html_url"`
		DefaultBranch string `json:"default_branch"`
	}
	Project struct {
		Path          string `json:"path_with_namespace"`
		HTTPURL       string `json:"git_http_url"`
		SSHURL        string `json:"git_ssh_url"`
		DefaultBranch string `json:"default_branch"`
	}
}

// kinds are the headers by which senders name an event, and which of theirs may change a file.
var kinds = map[string][]string{
	"X-Github-Event": {"push"}, "X-Gitea-Event": {"push"}, "X-Forgejo-Event": {"push"},
	"X-Gitlab-Event": {"Push Hook", "Tag Push Hook"},
	"X-Event-Key":    {"repo:push", "repo:refs_changed"}, // Bitbucket
}

// read gives the push, or false for another kind of event.
func read(header http.Header, body []byte) (push source.Push, is bool, err error) {
	for name, pushes := range kinds {
		if kind := header.Get(name); kind != "" && !slices.Contains(pushes, kind) {
			return source.Push{}, false, nil
		}
	}
	document, err := document(header, body)
	if err != nil || len(document) == 0 {
		return source.Push{}, err == nil, err
	}
	var told payload
	if json.Unmarshal(document, &told) != nil {
		return source.Push{}, false, &refusal{
			http.StatusBadRequest, "the push is no JSON object of a push; send what GitHub or GitLab send, or nothing",
		}
	}
	push = source.Push{
		Repositories: []string{
			told.Repository.FullName, told.Repository.CloneURL, told.Repository.SSHURL, told.Repository.HTMLURL,
			told.Project.Path, told.Project.HTTPURL, told.Project.SSHURL,
		},
		Ref:     told.Ref,
		Default: told.Repository.DefaultBranch + told.Project.DefaultBranch,
	}
	return push, true, nil
}

// document takes the JSON out of a body; GitHub can send it as a form.
func document(header http.Header, body []byte) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return nil, nil
	case err == nil && kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil || form.Get("payload") == "" {
			return nil, &refusal{http.StatusBadRequest, "the form has no payload; set the content type application/json where it is sent from"}
		}
		return []byte(form.Get("payload")), nil
	default:
		return body, nil
	}
}
