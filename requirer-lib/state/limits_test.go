package state_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/state"
)

// TestTextsMadeToHurtAreRefused has texts that would take a lot of memory or time.
func TestTextsMadeToHurtAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ says, text string }{
		{"has 52428800 bytes: 8388608 at most", strings.Repeat("a", 50<<20)},
		{"too many entries", "{" + strings.Repeat("a,", 1<<21)},
		{"nested more than 32 deep", strings.Repeat("[", 1<<19)},
		{"nested more than 32 deep", strings.Repeat("- ", 1<<19)},
		{"nested more than 32 deep", strings.Repeat("[", 9000) + strings.Repeat("]", 9000)},
		{"nested more than 32 deep", strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000)},
	} {
		_, err := state.Parse([]byte(test.text), state.Options{})
		require.ErrorContains(t, err, test.says)
	}
}

// TestWhatComesToTooMuchIsRefused has files that are small as they are written, and huge when they are merged.
func TestWhatComesToTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	repeated := func(format string, count int) string {
		var text strings.Builder
		for i := range count {
			fmt.Fprintf(&text, format, i)
		}
		return text.String()
	}
	connectors := "connectors: [" + repeated("{name: a%d, config: {connector.class: X}},", 20_000) + "]\n"
	for _, text := range []string{
		connectors + "defaults: {config: {" + repeated("k%d: v,", 20_000) + "}}",
		connectors + "environments: {" + repeated("e%d: {},", 20_000) + "}",
		connectors + "environments: {e: {defaults: {config: {" + repeated("k%d: v,", 20_000) + "}}}}",
	} {
		_, err := state.Parse([]byte(text), state.Options{})
		require.EqualError(t, err, "the file comes to too much: its connectors, with their defaults, in all its environments")
	}
	for says, text := range map[string]string{
		"the file has no connector b0":   connectors + "environments: {e: {connectors: {" + repeated("b%d: {},", 20_000) + "}}}",
		"config.n0 is not set: there is": "connectors: [{name: a, config: {connector.class: X}}]\ndefaults: {config: {" + repeated("k%d: v,", 4000) + "}}\nenvironments: {e: {connectors: {a: {config: {" + repeated("n%d: null,", 50_000) + "}}}}}",
	} {
		_, err := state.Parse([]byte(text), state.Options{})
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "there is more wrong")
	}
}

func TestSoMuchIsToldAndNoMore(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("connectors:\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "  - {name: c%d, pausedd: true, config: {connector.class: X}}\n", i)
	}
	_, err := state.Parse([]byte(text.String()), state.Options{})
	var problems state.Problems
	require.ErrorAs(t, err, &problems)
	assert.Len(t, problems, 1001)
	assert.Equal(t, "there is more wrong: the first 1000 are told", problems[1000].Error())
}

func TestNamesInMessagesAreNotEndless(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"connectors: []\n? %s\n: x\n", "connectors: []\nenvironments: {%s: 5}\n", "connectors: [{name: %s, config: {connector.class: X}}]",
		"connectors: [{name: a, config: {? %s : []}}]", "connectors: []\nenvironments: {a: {connectors: {? %[1]s : x}, defaults: {config: {? %[1]s : null}}}}",
		"connectors: []\n? %[1]s\n: 1\n? %[1]s\n: 2\n",
	} {
		_, err := state.Parse(fmt.Appendf(nil, text, strings.Repeat("n", 100_000)), state.Options{})
		require.Error(t, err)
		assert.Less(t, len(err.Error()), 1000)
	}
}

// thousands is a file of many connectors.
func thousands(count int) []byte {
	var text bytes.Buffer
	text.WriteString("defaults: {owner: {team: data}, config: {tasks.max: 1, errors.tolerance: none}}\nconnectors:\n")
	for i := range count {
		fmt.Fprintf(&text, "  - name: connector-%d\n    owner: {team: t%d}\n    labels: {tier: gold}\n    config:\n      connector.class: FileStreamSource\n", i, i%50)
		for key := range 15 {
			fmt.Fprintf(&text, "      some.key.of.the.plugin.%d: a value, with commas and %d\n", key, i)
		}
		text.WriteString("      password: {secret: irc, key: password}\n")
	}
	text.WriteString("environments: {production: {defaults: {config: {errors.tolerance: all}}}}\n")
	return text.Bytes()
}

func BenchmarkParse(b *testing.B) {
	yaml := thousands(5000)
	file, err := state.Parse(yaml, state.Options{})
	require.NoError(b, err)
	json, err := file.Export(state.JSON)
	require.NoError(b, err)
	for name, text := range map[string][]byte{"YAML": yaml, "JSON": json} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				file, err := state.Parse(text, state.Options{Environment: map[string]string{"YAML": "production"}[name]})
				require.NoError(b, err)
				require.Len(b, file.Connectors, 5000)
			}
		})
	}
}
