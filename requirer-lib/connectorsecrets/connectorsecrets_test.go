package connectorsecrets_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

func files(count, size int) map[string]secret.Value {
	all := map[string]secret.Value{}
	for i := range count {
		all[fmt.Sprintf("f%d", i)] = secret.New(strings.Repeat("v", size))
	}
	return all
}

func TestAContentSurvivesTheSecret(t *testing.T) {
	t.Parallel()
	for _, content := range []connectorsecrets.Content{
		{Files: map[string]secret.Value{}},
		{Version: 1, Files: map[string]secret.Value{"a.token.v1": secret.New("hunter2 <&>\n\"ü\x00"), "-": {}, strings.Repeat("n", 200): secret.New("x")}},
		{Version: 1<<53 - 1, Files: files(1024, 512)},
	} {
		encoded, err := content.Encode(7)
		require.NoError(t, err)
		encoded["another-key"] = secret.New("of whoever else reads it")
		decoded, err := connectorsecrets.Decode(encoded, 7)
		require.NoError(t, err)
		assert.Equal(t, content, decoded)
	}
}

func TestWhatIsBeyondTheLimitsIsNeitherWrittenNorRead(t *testing.T) {
	t.Parallel()
	for _, refused := range []struct {
		content connectorsecrets.Content
		why     string
	}{
		{connectorsecrets.Content{Version: -1}, "whole number"},
		{connectorsecrets.Content{Version: 1 << 53}, "whole number"},
		{connectorsecrets.Content{Files: files(1025, 1)}, "1024 are the most"},
		{connectorsecrets.Content{Files: files(1, 64<<10+1)}, "65536 are the most"},
		{connectorsecrets.Content{Files: files(9, 60<<10)}, "in all"},
		{connectorsecrets.Content{Files: map[string]secret.Value{"f": secret.New("hunter2\xff")}}, "UTF-8"},
	} {
		_, err := refused.content.Encode(7)
		assert.ErrorContains(t, err, refused.why)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", "../a", "a b", "a}b", "a:b", "ä", "a\n", "a\x00", strings.Repeat("n", 201)} {
		assert.Error(t, connectorsecrets.CheckName(name), "%q", name)
		_, err := connectorsecrets.Decode(hook.SecretContent{"version": secret.New("1"), "files": secret.New(fmt.Sprintf(`{%q:"v"}`, name))}, 7)
		assert.Error(t, err, "%q", name)
	}
}

// TestNobodyHasTheSecretOfAnotherRelationRead: the provider may read all that it was granted, and a requirer may name what it likes.
func TestNobodyHasTheSecretOfAnotherRelationRead(t *testing.T) {
	t.Parallel()
	encoded, err := connectorsecrets.Content{Version: 1, Files: map[string]secret.Value{"token": secret.New("hunter2")}}.Encode(7)
	require.NoError(t, err)
	_, err = connectorsecrets.Decode(encoded, 8)
	require.EqualError(t, err, "the secret is another relation's")
	delete(encoded, "relation")
	_, err = connectorsecrets.Decode(encoded, 8)
	require.NoError(t, err, "requirers that are not this library's need not say it")
}

func TestAWrongContentIsRefusedWithoutItsValues(t *testing.T) {
	t.Parallel()
	good := map[string]string{"version": "3", "files": `{"f":"hunter2"}`}
	for key, values := range map[string][]string{
		"version": {"", "hunter2", "3.0", " 3", "1e3", "99999999999999999999"},
		"files":   {"", "null", "[]", `"hunter2"`, `{"f":1}`, `{"f":{"g":"hunter2"}}`, `{"f":"hunter2"`, `{"f":"hunter2"} x`},
	} {
		for _, value := range values {
			plain := maps.Clone(good)
			plain[key] = value
			_, err := connectorsecrets.Decode(content(plain), 7)
			require.Error(t, err, "%s %q", key, value)
			assert.NotContains(t, err.Error(), "hunter2")
		}
	}
}

func content(plain map[string]string) hook.SecretContent {
	content := hook.SecretContent{}
	for key, value := range plain {
		content[key] = secret.New(value)
	}
	return content
}

func FuzzDecode(f *testing.F) {
	f.Add("3", `{"f":"v"}`)
	f.Add("", `{"..":"v","f":null}`)
	f.Fuzz(func(t *testing.T, version, files string) {
		decoded, err := connectorsecrets.Decode(content(map[string]string{"version": version, "files": files}), 7)
		if err != nil {
			return
		}
		encoded, err := decoded.Encode(7)
		require.NoError(t, err)
		again, err := connectorsecrets.Decode(encoded, 7)
		require.NoError(t, err)
		require.Equal(t, decoded, again)
	})
}
