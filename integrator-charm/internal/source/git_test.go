package source

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// program is git, which these tests hold the package to.
func program(t *testing.T) string {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is missing: install it (apt-get install git)")
	}
	return git
}

// repository is a bare one, made by git.
type repository struct{ dir string }

func newRepository(t *testing.T) repository {
	t.Helper()
	repository := repository{filepath.Join(t.TempDir(), "state.git")}
	gitRun(t, "", "init", "--quiet", "--bare", "--initial-branch=main", repository.dir)
	return repository
}

func gitRun(t *testing.T, input string, args ...string) string {
	t.Helper()
	command := exec.Command(program(t), args...)
	command.Stdin = strings.NewReader(input)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, output)
	return strings.TrimSpace(string(output))
}

func (r repository) git(t *testing.T, input string, args ...string) string {
	t.Helper()
	return gitRun(t, input, append([]string{"-C", r.dir}, args...)...)
}

// commit puts a commit on a branch that has these files, and no others.
func (r repository) commit(t *testing.T, branch string, files map[string]string) string {
	t.Helper()
	index := filepath.Join(t.TempDir(), "index")
	var entries strings.Builder
	for path, text := range files {
		mode := "100644"
		if target, isLink := strings.CutPrefix(text, "-> "); isLink {
			mode, text = "120000", target
		}
		entries.WriteString(mode + " " + r.git(t, text, "hash-object", "-w", "--stdin") + "\t" + path + "\n")
	}
	t.Helper()
	env := "GIT_INDEX_FILE=" + index
	r.gitWith(t, env, entries.String(), "update-index", "--add", "--index-info")
	tree := r.gitWith(t, env, "", "write-tree")
	commit := r.git(t, "a change\n", "commit-tree", tree)
	r.git(t, "", "update-ref", "refs/heads/"+branch, commit)
	return commit
}

func (r repository) gitWith(t *testing.T, env, input string, args ...string) string {
	t.Helper()
	command := exec.Command("env", append([]string{env, program(t), "-C", r.dir}, args...)...)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, output)
	return strings.TrimSpace(string(output))
}

func (r repository) put(t *testing.T, text string) {
	r.commit(t, "main", map[string]string{"deploy/state.yaml": text, "README": "about"})
}

func (r repository) remove(t *testing.T) { r.commit(t, "main", map[string]string{"README": "about"}) }

func gitLocalKind(t *testing.T) func(t *testing.T) *stand {
	program(t)
	return func(t *testing.T) *stand {
		repository := newRepository(t)
		return &stand{
			address: "git+file://" + repository.dir + "//deploy/state.yaml?ref=main",
			put:     repository.put, remove: repository.remove,
		}
	}
}

const gitToken = "hunter5-token"

// gitWebKind is git's own server program, behind net/http, which looks at who asks.
func gitWebKind(t *testing.T) func(t *testing.T) *stand {
	backend := filepath.Join(gitRun(t, "", "--exec-path"), "git-http-backend")
	return func(t *testing.T) *stand {
		repository := newRepository(t)
		server := httptest.NewTLSServer(askFor("me", gitToken, &cgi.Handler{
			Path: backend,
			Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(repository.dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null"},
		}))
		t.Cleanup(server.Close)
		wire, address := newWire(t, server.URL)
		env := map[string]string{"SOURCE_GIT_USER": "me", "SOURCE_GIT_TOKEN": gitToken, "SOURCE_CA_FILE": authority(t, server)}
		return &stand{
			address: "git+" + address + "/state.git//deploy/state.yaml?ref=main", env: env, wire: wire,
			secrets: append(disguises(gitToken), "hunter4"),
			put:     repository.put, remove: repository.remove,
			strangers: map[string]stranger{
				"no token":           {env: without(env, "SOURCE_GIT_TOKEN")},
				"another token":      {env: with(env, "SOURCE_GIT_TOKEN", "hunter4")},
				"an unknown CA":      {env: without(env, "SOURCE_CA_FILE")},
				"another repository": {address: "git+" + address + "/other.git//deploy/state.yaml", env: env},
			},
		}
	}
}

func askFor(user, password string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, word, _ := r.BasicAuth(); name != user || word != password {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
