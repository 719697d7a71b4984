package source

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// Parse reads the text that names a source:
//
//	state.yaml, /etc/state.yaml, file:///etc/state.yaml
//	github://owner/repository/path?ref=branch
//	s3://bucket/key?endpoint=https://…&region=…
//	git+https://host/repository.git//path?ref=branch   (git+ssh, git+file)
//	https://host/path#token-file=…
//
// What can be set in each is in docs/sources.md. It asks nobody: whether the source is there, Fetch finds out. Its errors are
// *Error.
func Parse(text string, options Options) (Source, error) {
	options = options.withDefaults()
	source, err := parse(strings.TrimSpace(text), options)
	if err != nil {
		err.Source = "source of the state file"
		return nil, err
	}
	return source, nil
}

// scp is git's short way of writing an SSH address.
var scp = regexp.MustCompile(`^[\w.-]+@[\w.-]+:`)

func parse(text string, options Options) (Source, *Error) {
	scheme, _, isURL := strings.Cut(text, "://")
	switch {
	case text == "":
		return nil, failed(BadAddress, "none is named; name a file, or a URL such as github://owner/repository/path")
	case scp.MatchString(text):
		return nil, failed(BadAddress, "for git over SSH, write git+ssh://user@host/repository.git//path")
	case !isURL:
		return newFile(filepath.Clean(text), options), nil
	}
	// url.Parse repeats the text in its errors, and with it a password.
	address, err := url.Parse(text)
	if err != nil {
		return nil, failed(BadAddress, "what begins with %s:// is not a URL; special characters in it are written as %%XX", shorten(scheme))
	}
	switch address.Scheme {
	case "file":
		return parseFile(address, options)
	case "https", "http":
		return parseHTTPS(address, options)
	case "git+https", "git+http", "git+ssh", "git+file":
		return parseGit(address, options)
	case "s3":
		return parseS3(address, options)
	case "github":
		return parseGitHub(address, options)
	default:
		return nil, failed(BadAddress, "%s:// is not known; there are file://, github://, s3://, git+https://, git+ssh://, git+file://, https://",
			shorten(address.Scheme))
	}
}

// shorten keeps a foreign text in a message to a size that can be read.
func shorten(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}
