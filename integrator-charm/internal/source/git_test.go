package source

import (
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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

// leavesContentsOut has the server do so when it is asked, as the large hosts' do.
func (r repository) leavesContentsOut(t *testing.T) {
	t.Helper()
	r.git(t, "", "config", "uploadpack.allowFilter", "true")
	r.git(t, "", "config", "uploadpack.allowAnySHA1InWant", "true")
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
		repository.leavesContentsOut(t)
		server := tlsServer(t, askFor("me", gitToken, &cgi.Handler{
			Path:   backend,
			Env:    []string{"GIT_PROJECT_ROOT=" + filepath.Dir(repository.dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null"},
			Stderr: io.Discard,
		}))
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

func local(t *testing.T, r repository, path, ref string) (Document, error) {
	t.Helper()
	return (&stand{address: "git+file://" + r.dir + "//" + path + "?ref=" + ref}).fetch(t, "")
}

// overSSH sets up a source that reads this repository through a server.
func overSSH(t *testing.T, r repository, path, ref string) *stand {
	t.Helper()
	dir := t.TempDir()
	key, host := newKey(t, dir, "key", ""), newKey(t, dir, "host", "")
	server := newSSHServer(t, host, key.PublicKey())
	env := map[string]string{
		"SOURCE_GIT_SSH_KEY_FILE":     filepath.Join(dir, "key"),
		"SOURCE_GIT_KNOWN_HOSTS_FILE": knownHosts(t, dir, "known", server, host.PublicKey()),
	}
	return &stand{address: "git+ssh://" + server + r.dir + "//" + path + ref, env: env}
}

func TestARefIsABranchATagACommitOrTheDefault(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	one := r.commit(t, "main", map[string]string{"state.yaml": "one"})
	r.git(t, "", "update-ref", "refs/tags/light", one)
	two := r.commit(t, "team/develop", map[string]string{"state.yaml": "two"})
	tag := r.git(t, "object "+two+"\ntype commit\ntag v1\ntagger a <a@example.org> 0 +0000\n\nabout\n", "mktag")
	r.git(t, "", "update-ref", "refs/tags/v1", tag)
	three := r.commit(t, "main", map[string]string{"state.yaml": "three"})
	r.git(t, "", "config", "uploadpack.allowReachableSHA1InWant", "true")
	for ref, expected := range map[string]struct{ text, commit string }{
		"":                     {"three", three},
		"?ref=HEAD":            {"three", three},
		"?ref=main":            {"three", three},
		"?ref=refs/heads/main": {"three", three},
		"?ref=heads/main":      {"three", three},
		"?ref=team/develop":    {"two", two},
		"?ref=v1":              {"two", two},
		"?ref=refs/tags/light": {"one", one},
		"?ref=" + one:          {"one", one},
	} {
		document, err := overSSH(t, r, "state.yaml", ref).fetch(t, "")
		require.NoError(t, err, ref)
		assert.Equal(t, expected.text, string(document.Data), ref)
		assert.Equal(t, expected.commit, string(document.Revision), ref)
		document, err = (&stand{address: "git+file://" + r.dir + "//state.yaml" + ref}).fetch(t, "")
		require.NoError(t, err, ref)
		assert.Equal(t, expected.commit, string(document.Revision), ref)
	}
	for _, ref := range []string{"?ref=develop", "?ref=" + strings.Repeat("0", 39) + "1"} {
		s := overSSH(t, r, "state.yaml", ref)
		_, err := s.fetch(t, "")
		s.failsFor(t, err, Gone)
		s.address = "git+file://" + r.dir + "//state.yaml" + ref
		_, err = s.fetch(t, "")
		s.failsFor(t, err, Gone)
	}
}

func TestLinksAreFollowedWithinARepository(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(t, "main", map[string]string{
		"state.yaml": "-> env/production/state.yaml", "env/production/state.yaml": "-> ../shared.yaml", "env/shared.yaml": first,
		"out": "-> ../../etc/passwd", "absolute": "-> /etc/passwd", "circle": "-> circle", "nowhere": "-> env/none",
	})
	document, err := local(t, r, "state.yaml", "main")
	require.NoError(t, err)
	assert.Equal(t, first, string(document.Data))
	for path, reason := range map[string]Reason{
		"out": BadAddress, "absolute": BadAddress, "circle": BadAddress, "env": BadAddress, "nowhere": Gone, "env/none": Gone,
	} {
		_, err := local(t, r, path, "main")
		(&stand{}).failsFor(t, err, reason)
	}
}

func TestARepositoryWithoutCommitsOrNoneSaysSo(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	s := overSSH(t, r, "state.yaml", "")
	_, err := s.fetch(t, "")
	s.failsFor(t, err, Gone)
	require.ErrorContains(t, err, "the repository is empty")
	s = overSSH(t, repository{r.dir + "-none"}, "state.yaml", "")
	_, err = s.fetch(t, "")
	s.failsFor(t, err, Gone)
	require.ErrorContains(t, err, "no such repository")
	_, err = local(t, repository{r.dir + "-none"}, "state.yaml", "main")
	s.failsFor(t, err, Gone)
}

func TestACommitThatIsTooLargeIsNotRead(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(t, "main", map[string]string{"state.yaml": first, "film.mp4": noise(300 << 10)})
	s := overSSH(t, r, "state.yaml", "")
	limits := s.limits()
	limits.Pack = 100 << 10
	_, err := s.source(t, limits).Fetch(t.Context(), "")
	s.failsFor(t, err, TooLarge)
	require.ErrorContains(t, err, "one commit of the repository is more than")
}

func TestOfALargeRepositoryOnlyWhatMattersIsTransferred(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.leavesContentsOut(t)
	r.commit(t, "main", map[string]string{
		"state.yaml": "-> env/production.yaml", "env/production.yaml": "-> shared.yaml", "env/shared.yaml": first,
		"film.mp4": noise(300 << 10), "env/other.yaml": noise(300 << 10),
	})
	s := overSSH(t, r, "state.yaml", "")
	limits := s.limits()
	limits.Pack = 2 << 10
	document, err := s.source(t, limits).Fetch(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, first, string(document.Data))
}

func TestOnlyTheLastCommitIsTransferred(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(t, "main", map[string]string{"state.yaml": noise(300 << 10)})
	before := r.git(t, "", "rev-parse", "main")
	tree := r.git(t, "100644 blob "+r.git(t, first, "hash-object", "-w", "--stdin")+"\tstate.yaml\n", "mktree")
	r.git(t, "", "update-ref", "refs/heads/main", r.git(t, "smaller\n", "commit-tree", tree, "-p", before))
	s := overSSH(t, r, "state.yaml", "")
	limits := s.limits()
	limits.Pack = 10 << 10
	_, err := s.source(t, limits).Fetch(t.Context(), "")
	require.NoError(t, err)
}

func TestAPathIsOneWordOnTheServer(t *testing.T) {
	t.Parallel()
	r := repository{filepath.Join(t.TempDir(), "it's $(touch here)!.git")}
	gitRun(t, "", "init", "--quiet", "--bare", "--initial-branch=main", r.dir)
	r.put(t, first)
	s := overSSH(t, r, "deploy/state.yaml", "")
	s.address = strings.NewReplacer(" ", "%20", "!", "%21").Replace(s.address)
	document, err := s.fetch(t, "")
	require.NoError(t, err)
	assert.Equal(t, first, string(document.Data))
}

func TestAWebSiteIsNoRepository(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("001e# service=git-upload-pack\n"))
	}))
	t.Cleanup(server.Close)
	s := &stand{address: "git+" + server.URL + "/state.git//state.yaml"}
	_, err := s.fetch(t, "")
	s.failsFor(t, err, Unexpected)
}
