package option_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/option"
)

func TestValuesStayAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	configs, err := option.Parse(`
# comments are no matter
lines:
  connector.class: FileStreamSource
  version: 1.10
  enabled: true
  agreed: yes
  octal: 0o17
  hex: 0x1F
  grouped: 1_000
  exponent: 1e3
  day: 2024-01-02
  quoted: "1.10 \u00e9"
  single: 'it''s'
  empty: ""
  spaced:   a  b   # comment
  list: a,b,c
  reference: ${file:/etc/p:pw}
  block: |
    one
    two
  "odd key": v
other: {"connector.class": "X", "n": 1.10, "t": true}
`)
	require.NoError(t, err)
	assert.Equal(t, option.Configs{
		"lines": {
			"connector.class": "FileStreamSource", "version": "1.10", "enabled": "true", "agreed": "yes", "octal": "0o17", "hex": "0x1F",
			"grouped": "1_000", "exponent": "1e3", "day": "2024-01-02", "quoted": "1.10 é", "single": "it's", "empty": "", "spaced": "a  b",
			"list": "a,b,c", "reference": "${file:/etc/p:pw}", "block": "one\ntwo\n", "odd key": "v",
		},
		"other": {"connector.class": "X", "n": "1.10", "t": "true"},
	}, configs)
}

func TestJSONIsRead(t *testing.T) {
	t.Parallel()
	configs, err := option.Parse("{\n\t\"lines\": {\n\t\t\"connector.class\": \"a\\/b\",\n\t\t\"n\": 1.10, \"big\": 12345678901234567890, \"no\": false\n\t}\n}\n")
	require.NoError(t, err)
	assert.Equal(t, option.Configs{"lines": {"connector.class": "a/b", "n": "1.10", "big": "12345678901234567890", "no": "false"}}, configs)
}

func TestNoTextIsNoConnectors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n  \n", "{}", "# none yet\n", "---\n"} {
		configs, err := option.Parse(text)
		require.NoError(t, err, "%q", text)
		assert.Empty(t, configs, "%q", text)
	}
}

func TestWhatIsWrongIsToldWithItsLine(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, says string }{
		"a list":                    {"- a\n", "line 1: the text is not a mapping"},
		"a text":                    {"lines", "line 1: the text is not a mapping"},
		"not YAML":                  {"a: {b: 1\nc: 2", "line "},
		"two documents":             {"a: {connector.class: X}\n---\nb: {connector.class: X}\n", "more than one document"},
		"a connector that is text":  {"a: {connector.class: X}\nb: hunter2\n", "line 2: connector b is not a mapping"},
		"no class":                  {"a:\n  b: hunter2\n", "line 1: connector a has no connector.class"},
		"an empty class":            {"a:\n  connector.class: ''\n", "line 1: connector a has no connector.class"},
		"an empty connector":        {"a: {}\n", "line 1: connector a has no connector.class"},
		"a connector without value": {"a:\n", "line 1: connector a is not a mapping"},
		"a name with a slash":       {"a/b: {connector.class: X}\n", `line 1: connector name "a/b": want letters`},
		"a name of dots":            {"..: {connector.class: X}\n", "line 1: connector name"},
		"a name twice":              {"a: {connector.class: X}\n\na: {connector.class: X}\n", `line 3: the text: "a" is there already, in line 1`},
		"a key twice":               {"a:\n  connector.class: X\n  b: hunter2\n  'b': 2\n", `line 4: connector a: "b" is there already, in line 3`},
		"a nested mapping":          {"a:\n  connector.class: X\n  b: {c: hunter2}\n", `line 3: connector a: "b" is not a single value`},
		"a list as value":           {"a:\n  connector.class: X\n  b: [hunter2]\n", `line 3: connector a: "b" is not a single value`},
		"no value":                  {"a:\n  connector.class: X\n  b:\n", `line 3: connector a: "b" has no value; write ""`},
		"null":                      {"a:\n  connector.class: X\n  b: ~\n", `line 3: connector a: "b" has no value`},
		"an anchor":                 {"a: &x {connector.class: X}\n", "line 1: the text: write it out"},
		"an alias":                  {"a:\n  connector.class: X\n  b: &x hunter2\n  c: *x\n", "line 3: connector a: write it out"},
		"an alias of nothing":       {"a:\n  b: *hunter2\n", "line 2: unknown anchor"},
		"a merge":                   {"a: {connector.class: X}\nb:\n  <<: {connector.class: X}\n", `line 3: connector b: "<<" is not a single value`},
		"a tag":                     {"a:\n  connector.class: X\n  b: !!binary aHVudGVyMg==\n", "line 3: connector a: tags"},
		"the reserved key":          {"a:\n  connector.class: X\n  name: b\n", "line 3: connector a: leave out the key name"},
		"a key that is a list":      {"a:\n  connector.class: X\n  [b]: c\n", "line 3: connector a: a key must be a text"},
		"an empty key":              {"a:\n  connector.class: X\n  '': c\n", "line 3: connector a: a key must be a text"},
		"too much":                  {strings.Repeat("#", option.MaxSize+1), "at most 1048576 are read"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := option.Parse(test.text)
			require.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestATextMadeToHurtIsRefusedSoon(t *testing.T) {
	t.Parallel()
	var bomb strings.Builder
	bomb.WriteString("a: &a [x,x,x,x,x,x,x,x,x]\n")
	for c := 'b'; c < 'k'; c++ {
		bomb.WriteString(strings.Repeat(string(c), 1) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "]\n")
	}
	for _, text := range []string{bomb.String(), "a: " + strings.Repeat("[", 1<<19), strings.Repeat("{a: ", 1<<17), strings.Repeat("- ", 1<<18)} {
		_, err := option.Parse(text)
		assert.Error(t, err)
	}
}

func TestTheExampleInTheCharmsDescriptionIsRead(t *testing.T) {
	t.Parallel()
	charmcraft, err := os.ReadFile("../../charmcraft.yaml")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(charmcraft), "For example\n\n")
	require.True(t, found)
	example, _, found := strings.Cut(rest, "    plugin-url:")
	require.True(t, found)
	configs, err := option.Parse(example)
	require.NoError(t, err)
	assert.Contains(t, configs, "lines-source")
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a: {connector.class: X}", "{\"a\": {\"connector.class\": \"X\", \"n\": 1.0}}", "a:\n- b", "&a *a", "? [x]\n: y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		configs, err := option.Parse(text)
		if err != nil {
			return
		}
		for name, config := range configs {
			if name == "" || config[option.Class] == "" {
				t.Fatalf("%q: a connector without name or class", text)
			}
		}
	})
}
