package serve_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connecttest"
)

const deadline = time.Minute

// commit puts a state file into a repository.
func commit(t *testing.T, dir, text string) {
	t.Helper()
	repository, err := gogit.PlainOpen(dir)
	if err != nil {
		repository, err = gogit.PlainInit(dir, false)
	}
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state.yaml"), []byte(text), 0o600))
	tree, err := repository.Worktree()
	require.NoError(t, err)
	_, err = tree.Add("state.yaml")
	require.NoError(t, err)
	_, err = tree.Commit("a change", &gogit.CommitOptions{Author: &object.Signature{Name: "ada", When: time.Now()}})
	require.NoError(t, err)
}

func stateFile(names ...string) string {
	var file strings.Builder
	file.WriteString("connectors:\n")
	for _, name := range names {
		fmt.Fprintf(&file, "- {name: %s, config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, topics: t}}\n", name)
	}
	return file.String()
}

// begin runs a manager that looks once an hour, and gives what asks it through its socket.
func begin(t *testing.T, state, key string) (connect *connecttest.Server, manager *http.Client) {
	t.Helper()
	s := newStage(t)
	s.write("webhook-secret", key+"\n")
	s.configure(fmt.Sprintf("state: %q", state), "webhook-secret-file: webhook-secret")
	s.begin()
	return s.connect, s.client
}

// push tells the manager of a push, signed with a key.
func push(t *testing.T, manager *http.Client, key, body string) (status int, message string) {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, body)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://manager/hooks/source", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("X-GitHub-Event", "push")
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	response, err := manager.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func TestAPushHasTheStateFileFetchedAndCarriedOut(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	commit(t, repository, stateFile("one"))
	connect, manager := begin(t, "git+file://"+repository+"//state.yaml", "a secret")
	runs := func(names ...string) func() bool {
		return func() bool { return assert.ObjectsAreEqual(names, connect.Connectors()) }
	}
	require.Eventually(t, runs("one"), deadline, 10*time.Millisecond)

	commit(t, repository, stateFile("one", "two"))
	status, message := push(t, manager, "another secret", `{"ref":"refs/heads/master"}`)
	assert.Equal(t, http.StatusUnauthorized, status, message)
	status, message = push(t, manager, "a secret", `{"ref":"refs/heads/master"}`)
	assert.Equal(t, http.StatusAccepted, status, message)
	require.Eventually(t, runs("one", "two"), deadline, 10*time.Millisecond, "nobody looks for an hour otherwise")
}
