package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connecttest"
)

// completing has bash complete the last word of each line. The first function stands for the package bash-completion.
const completing = `
_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; }
compopt() { :; }
source <(connect-manager completion bash)
complete_line() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMPREPLY=()
  __start_connect-manager
  echo "${COMPREPLY[@]}"
}
complete_line connect-manager sto
complete_line connect-manager wait --for pa
complete_line connect-manager pause ""
complete_line connect-manager pause orders ""
complete_line connect-manager --context ""
`

func TestBashCompletesCommandsAndNames(t *testing.T) {
	t.Parallel()
	server := connecttest.NewServer()
	t.Cleanup(server.Close)
	program, err := built()
	require.NoError(t, err)
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte("contexts: {real: {endpoints: ['"+server.URL()+"'], state: state.yaml}}\n"), 0o600))
	class := "{connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, topic: t}"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "state.yaml"),
		[]byte("defaults: {config: "+class+"}\nconnectors: [{name: lines, config: {}}, {name: orders, config: {}}]\n"), 0o600))
	environ := []string{"HOME=" + dir, "CONNECT_MANAGER_CONFIG=" + config, "PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH")}

	sync := exec.CommandContext(t.Context(), program, "sync")
	sync.Env = environ
	said, err := sync.CombinedOutput()
	require.NoError(t, err, "%s", said)
	bash := exec.CommandContext(t.Context(), "bash", "--norc", "-c", completing)
	bash.Env = environ
	completed, err := bash.CombinedOutput()
	require.NoError(t, err, "%s", completed)
	assert.Equal(t, "stop\npaused\nlines orders\nlines\nreal\n", string(completed))
}
