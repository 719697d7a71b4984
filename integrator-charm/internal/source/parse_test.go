package source

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func environment(pairs map[string]string) Options {
	return Options{Env: func(name string) (string, bool) {
		value, there := pairs[name]
		return value, there
	}}
}

func TestOneTextNamesAnySource(t *testing.T) {
	t.Parallel()
	forks := environment(map[string]string{"SOURCE_GITHUB_USER": "me", "SOURCE_GITHUB_TOKEN": "hunter2"})
	shown := map[string]string{
		"state.yaml":                      "state.yaml",
		" ./a//state.yaml\n":              "a/state.yaml",
		"/etc/100%/state.yaml":            "/etc/100%/state.yaml",
		"file:///etc/a%20b/state.yaml":    "/etc/a b/state.yaml",
		"file://localhost/etc/state.yaml": "/etc/state.yaml",
		"github://octo-org/Connectors/state/state.json?ref=develop":                           "github://octo-org/Connectors/state/state.json?ref=develop",
		"github:///kafka-connect-manager/state/connector/state.json":                          "github://me/kafka-connect-manager/state/connector/state.json",
		"github://o/r/p?api=https://github.example.org/api/v3":                                "github://o/r/p?api=https%3A%2F%2Fgithub.example.org%2Fapi%2Fv3",
		"s3://bucket/deploy/state.yaml?region=eu-north-1":                                     "s3://bucket/deploy/state.yaml",
		"s3://bucket/k?endpoint=https://s3.example.org:9000&access-key-file=/a":               "s3://bucket/k?endpoint=https://s3.example.org:9000",
		"git+https://git.example.org/team/state.git//a/b.yaml?ref=main&ca-file=/ca":           "git+https://git.example.org/team/state.git//a/b.yaml?ref=main",
		"git+https://me:hunter2@git.example.org/state//b.yaml":                                "git+https://git.example.org/state//b.yaml",
		"git+ssh://git@git.example.org:2222/team/state.git//b.yaml?key-file=/k":               "git+ssh://git.example.org:2222/team/state.git//b.yaml",
		"git+file:///srv/state.git//b.yaml?ref=v1":                                            "git+file:///srv/state.git//b.yaml?ref=v1",
		"git+http://127.0.0.1:3000/state.git//b.yaml":                                         "git+http://127.0.0.1:3000/state.git//b.yaml",
		"HTTPS://me:hunter2@example.org/state.yaml?X-Amz-Signature=hunter2#ca-file=/hunter2":  "https://example.org/state.yaml?…",
		"http://localhost:8080/state.yaml":                                                    "http://localhost:8080/state.yaml",
		"http://[::1]:8080/state.yaml":                                                        "http://[::1]:8080/state.yaml",
		"https://example.org/state.yaml#user=me&password-file=/run/secrets/p%26q&ca-file=/ca": "https://example.org/state.yaml",
	}
	for text, name := range shown {
		source, err := Parse(text, forks)
		if assert.NoError(t, err, text) {
			assert.Equal(t, name, source.String())
		}
	}
}

func TestATextThatNamesNoSourceSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	said := map[string]string{
		"":                                   "none is named; name a file",
		"  \n":                               "none is named",
		"ftp://example.org/state.yaml":       "ftp:// is not known; there are file://, github://",
		"https://exa mple.org/hunter2":       "is not a URL; special characters in it are written as %XX",
		"https://me:hunter2@example.org:x/s": "is not a URL",
		"http://example.org/state.yaml":      "http is not encrypted, and only allowed to this machine; use https",
		"http://127.0.0.1.example.org/state.yaml":  "http is not encrypted",
		"https:///state.yaml":                      "the address names no host",
		"https://example.org/s#token=hunter2":      `there is no setting "token"; there are: user, password-file, token-file, ca-file`,
		"https://example.org/s#ca-file=":           "the setting ca-file is empty",
		"https://example.org/s#ca-file=a&ca-file=": "the setting ca-file is there more than once",
		"https://example.org/s#%zz":                "is not a URL",
		"file://etc/state.yaml":                    "a file of this machine has three strokes",
		"file://":                                  "file:// names no file",
		"file:///etc/state.yaml?ref=main":          "a file has no settings",
		"github://owner/repository":                "write github://owner/repository/path/of/the/file?ref=branch",
		"github:///repository/path":                "write github://owner/repository/path",
		"github://owner/repository/../path":        "write github://owner/repository/path",
		"github://me:hunter2@owner/repository/p":   "write github://owner/repository/path",
		"github://o/r/p?branch=main":               `there is no setting "branch"; there are: ref, api, token-file, ca-file`,
		"github://o/r/p?api=http://example.org":    "http is not encrypted",
		"github://o/r/p?api=%3A":                   "the setting api is no address",
		"s3://bucket":                              "write s3://bucket/key",
		"s3://key:hunter2@bucket/key":              "keys for access do not belong in the address",
		"s3://b/key":                               "Bucket name cannot be shorter than 3 characters",
		"s3://bkt/k?endpoint=https://h/path":       "the setting endpoint is no address of a server",
		"s3://bkt/k?endpoint=http://example.org":   "http is not encrypted",
		"s3://bkt/k?path-style=yes":                "the setting path-style is true or false",
		"git+https://git.example.org/state.git":    "two strokes divide the repository from the path",
		"git+https://git.example.org//path":        "two strokes divide",
		"git+https://git.example.org/s.git//../p":  "two strokes divide",
		"git+http://git.example.org/s.git//p":      "http is not encrypted",
		"git+ssh:///state.git//p":                  "the address names no host",
		"git+ssh://me:hunter2@h/state.git//p":      "SSH takes a key here, not a password",
		"git+file://srv/state.git//p":              "a repository of this machine has three strokes",
		"git+ssh://git@h/s.git//p?token-file=/t":   `there is no setting "token-file"; there are: ref, key-file, passphrase-file, known-hosts-file`,
		"git@github.com:octo-org/state.git":        "for git over SSH, write git+ssh://user@host/repository.git//path",
	}
	for text, message := range said {
		_, err := Parse(text, environment(nil))
		var failure *Error
		if assert.ErrorAs(t, err, &failure, text) {
			assert.Equal(t, BadAddress, failure.Reason, text)
			assert.Contains(t, err.Error(), message, text)
			assert.NotContains(t, err.Error(), "hunter2")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("state.yaml")
	f.Add("https://me:hunter2@example.org/state.yaml?s=hunter2#ca-file=/ca")
	f.Add("git+https://me:hunter2@example.org/s.git//p?ref=hunter")
	f.Add("github://o/r/p?api=https://h/api/v3&ref=%2e")
	f.Add("s3://bkt/k?endpoint=https://[::1]:9")
	f.Fuzz(func(t *testing.T, text string) {
		source, err := Parse(text, environment(nil))
		if err != nil {
			var failure *Error
			require.ErrorAs(t, err, &failure)
			return
		}
		Push{Repositories: []string{text}, Ref: text}.Concerns(source)
		assert.NotEmpty(t, source.String())
	})
}
