package properties_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/properties"
)

func TestTextIsReadAsJavaReadsIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"":                                     {},
		"# note\n  ! note\n\n \t\n":            {},
		"a=b":                                  {"a": "b"},
		"a = b \nc:d\ne f":                     {"a": "b ", "c": "d", "e": "f"},
		"a":                                    {"a": ""},
		"a==b":                                 {"a": "=b"},
		"a : = b":                              {"a": "= b"},
		`a\ b\:c\=d=e`:                         {"a b:c=d": "e"},
		"a=b,\\\n    c,\\\n\td\ne=f":           {"a": "b,c,d", "e": "f"},
		"a=b\\\\\nc=d":                         {"a": `b\`, "c": "d"},
		"a=b\\\n":                              {"a": "b"},
		"a=b\\":                                {"a": "b"},
		"\\\n# note\na=b":                      {"a": "b"},
		"a=b\\\n# not a note":                  {"a": "b# not a note"},
		"a=b\r\nc=d\re=f":                      {"a": "b", "c": "d", "e": "f"},
		`a=\u00e9\n\t\r\f\q\"`:                 {"a": "é\n\t\r\fq\""},
		`a=\ud83d\ude00`:                       {"a": "😀"},
		"name=été":                             {"name": "été"},
		"path=C:\\\\kafka\nport=1":             {"path": `C:\kafka`, "port": "1"},
		"value.converter.schemas.enable=false": {"value.converter.schemas.enable": "false"},
	} {
		got, err := properties.Parse(text)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, got, "%q", text)
	}
}

func TestTextThatIsProbablyAMistakeIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a=1\nb=2\na=3":    "line 3: a is there twice",
		"\n=b":             "line 2: a value without a key",
		`a=\u12`:           `line 1: \u wants four hexadecimal digits`,
		`a=\u12g4`:         `line 1: \u wants four hexadecimal digits`,
		"a=\\u00\x101":     "line 1: \\u wants four hexadecimal digits",
		"a=b\\\nc\nd=x\nd": "line 4: d is there twice",
	} {
		_, err := properties.Parse(text)
		assert.EqualError(t, err, want, "%q", text)
	}
}

func TestValuesKeepToTheirLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a\\ \\:b=\\ \\ x\\u000ay=\\\\ \\u00e9\nz=\n",
		properties.Format(map[string]string{"a :b": "  x\ny=\\ é", "z": ""}))
}

func FuzzWhatIsWrittenIsRead(f *testing.F) {
	f.Add("key", "value")
	f.Add(" #a:=\\", "  \\ \n\r\t\f😀\\u0041")
	f.Fuzz(func(t *testing.T, key, value string) {
		if key == "" || !utf8.ValidString(key) || !utf8.ValidString(value) {
			t.Skip()
		}
		want := map[string]string{key: value, key + "2": "other"}
		got, err := properties.Parse(properties.Format(want))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func FuzzNoTextIsTooMuch(f *testing.F) {
	f.Add("a=b\\\nc\\u00")
	f.Fuzz(func(t *testing.T, text string) {
		if read, err := properties.Parse(text); err == nil {
			again, err := properties.Parse(properties.Format(read))
			require.NoError(t, err)
			require.Equal(t, read, again)
		}
	})
}
