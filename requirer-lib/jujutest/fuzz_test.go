package jujutest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzReceiveList feeds the tools' socket with anything: it must give a list or an error, and a list must survive the way.
func FuzzReceiveList(f *testing.F) {
	var request bytes.Buffer
	require.NoError(f, sendList(&request, []string{"id", "/dir", "relation-get", "0", "", "-r", "1"}))
	f.Add(request.Bytes())
	f.Add([]byte{0, 0, 0, 1, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, input []byte) {
		list, err := receiveList(bytes.NewReader(input))
		if err != nil {
			return
		}
		var again bytes.Buffer
		require.NoError(t, sendList(&again, list))
		assert.True(t, bytes.HasPrefix(input, again.Bytes()))
	})
}

// FuzzCommandLines runs every tool with any words: none may panic.
func FuzzCommandLines(f *testing.F) {
	f.Add("relation-get", "-r\n0\n-\na/0")
	f.Add("secret-add", "a#file=/dev/null\n--expire\n1h")
	f.Add("open-port", "80-90/tcp\n--endpoints=a,b")
	m, err := New(Options{})
	require.NoError(f, err)
	f.Cleanup(func() { m.Close() }) // told by other tests
	charm := FromFunc([]byte("name: a\nprovides: {b: {interface: c}}\npeers: {d: {interface: e}}\nstorage: {data: {type: filesystem}}\n"), nil)
	require.NoError(f, m.Deploy("a", charm, DeployOptions{}))
	u := m.units["a/0"]
	u.installed = true
	m.enterScopes(u)
	f.Fuzz(func(t *testing.T, tool, args string) {
		for _, word := range strings.Split(args, "\n") {
			if word == "-o" || strings.HasPrefix(word, "-o") || strings.HasPrefix(word, "--output") {
				return // it would write files anywhere
			}
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		c := &toolCall{
			hookContext: m.newContext(u, hookInfo{kind: kindUpdateStatus}), dir: t.TempDir(), tool: tool,
			args: strings.Split(args, "\n"), hasStdin: true,
		}
		code, err := c.run()
		assert.NoError(t, err)
		assert.Equal(t, code != 0, c.stderr.Len() > 0 && strings.Contains(c.stderr.String(), "ERROR "))
	})
}

func TestTheSecretURIPatternTakesJujusForms(t *testing.T) {
	t.Parallel()
	id := newSecretID()
	uuid := newUUID()
	for text, want := range map[string]secretURI{
		id: {id: id}, "secret:" + id: {id: id}, "secret://" + uuid + "/" + id: {model: uuid, id: id},
	} {
		got, err := parseSecretURI(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{"", "secret:", "secret:" + id + "0", "http:" + id, "secret://x/" + id, "secret:" + strings.ToUpper(id)} {
		_, err := parseSecretURI(text)
		assert.Error(t, err, text)
	}
}
