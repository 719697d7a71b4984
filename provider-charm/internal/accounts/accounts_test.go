package accounts_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/requirer-lib/secret"
)

const goodHash = "sha256:000102030405060708090a0b0c0d0e0f:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

var otherHash = goodHash[:len(goodHash)-1] + "0"

func client(name string, relation int) accounts.Account {
	return accounts.Account{Username: name, Hash: goodHash, Relation: relation}
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	t.Parallel()
	set := accounts.Set{client("relation-7", 7), {Username: "admin", Hash: goodHash, Operator: true}}

	encoded, err := set.Encode()
	require.NoError(t, err)
	decoded, err := accounts.Decode(encoded)
	require.NoError(t, err)

	assert.ElementsMatch(t, set, decoded)
	assert.Equal(t, []string{"admin", "relation-7"}, decoded.Names())
	assert.Equal(t, set.Revision(), decoded.Revision())
}

func TestTheEmptySetIsValid(t *testing.T) {
	t.Parallel()
	encoded, err := accounts.Set(nil).Encode()
	require.NoError(t, err)
	assert.Equal(t, "[]", string(encoded))

	decoded, err := accounts.Decode(encoded)
	require.NoError(t, err)
	assert.Empty(t, decoded)
	assert.Equal(t, accounts.Set(nil).Revision(), accounts.Set{}.Revision())
}

func TestRevisionFollowsContentAndNotOrder(t *testing.T) {
	t.Parallel()
	set := accounts.Set{client("a", 1), client("b", 2)}
	reversed := slices.Clone(set)
	slices.Reverse(reversed)

	assert.Equal(t, set.Revision(), reversed.Revision())
	assert.Equal(t, "b", reversed[0].Username, "the caller's own order is left alone")
	assert.NotEqual(t, set.Revision(), set[:1].Revision())
	assert.NotEqual(t, set.Revision(), accounts.Set{client("a", 1), client("b", 3)}.Revision())
}

func TestBothPasswordsFitWhileARotationLasts(t *testing.T) {
	t.Parallel()
	before, after, never := accounts.GeneratePassword(), accounts.GeneratePassword(), accounts.GeneratePassword()
	hashBefore, err := accounts.HashPassword(before)
	require.NoError(t, err)
	hashAfter, err := accounts.HashPassword(after)
	require.NoError(t, err)
	rotating := accounts.Account{Username: "a", Hash: hashAfter, Previous: hashBefore, Relation: 1}
	rotated := accounts.Account{Username: "a", Hash: hashAfter, Relation: 1}

	assert.True(t, rotating.Verify(before))
	assert.True(t, rotating.Verify(after))
	assert.False(t, rotating.Verify(never))
	assert.False(t, rotating.Verify(secret.Value{}))
	assert.False(t, rotated.Verify(before))
	assert.True(t, rotated.Verify(after))
	assert.False(t, rotated.Verify(secret.Value{}))
	assert.NotEqual(t, accounts.Set{rotating}.Revision(), accounts.Set{rotated}.Revision())

	encoded, err := accounts.Set{rotating}.Encode()
	require.NoError(t, err)
	assert.NotContains(t, string(encoded), before.Reveal())
	decoded, err := accounts.Decode(encoded)
	require.NoError(t, err)
	assert.Equal(t, accounts.Set{rotating}, decoded)
}

func TestDecodeRefusesWhatEncodeDoesNotWrite(t *testing.T) {
	t.Parallel()
	account := `{"username":"a","hash":"` + goodHash + `","relation":1}`
	cases := map[string]string{
		"nothing":                 ``,
		"null":                    `null`,
		"an object":               `{}`,
		"half a document":         `[` + account,
		"two documents":           `[` + account + `][]`,
		"unknown field":           `[{"username":"a","hash":"` + goodHash + `","relation":1,"admin":true}]`,
		"the same account twice":  `[` + account + `,` + account + `]`,
		"key twice":               `[{"username":"b","username":"a","hash":"` + goodHash + `","relation":1}]`,
		"key in capitals":         `[{"USERNAME":"a","hash":"` + goodHash + `","relation":1}]`,
		"no hash":                 `[{"username":"a","relation":1}]`,
		"empty hash":              `[{"username":"a","hash":"","relation":1}]`,
		"hash of another scheme":  `[{"username":"a","hash":"md5:00:00","relation":1}]`,
		"hash in capitals":        `[{"username":"a","hash":"` + "sha256:" + strings.ToUpper(goodHash[7:]) + `","relation":1}]`,
		"no user name":            `[{"hash":"` + goodHash + `","relation":1}]`,
		"empty user name":         `[{"username":"","hash":"` + goodHash + `","relation":1}]`,
		"user name with a colon":  `[{"username":"a:b","hash":"` + goodHash + `","relation":1}]`,
		"neither client nor ours": `[{"username":"a","hash":"` + goodHash + `"}]`,
		"previous is current":     `[{"username":"a","hash":"` + goodHash + `","previous":"` + goodHash + `","relation":1}]`,
		"previous is malformed":   `[{"username":"a","hash":"` + goodHash + `","previous":"sha256:00:00","relation":1}]`,
		"previous is empty":       `[{"username":"a","hash":"` + goodHash + `","previous":"","relation":1}]`,
		"previous without hash":   `[{"username":"a","previous":"` + goodHash + `","relation":1}]`,
		"previous before hash":    `[{"username":"a","previous":"` + otherHash + `","hash":"` + goodHash + `","relation":1}]`,
		"negative relation":       `[{"username":"a","hash":"` + goodHash + `","relation":-1}]`,
		"client and operator":     `[{"username":"a","hash":"` + goodHash + `","relation":1,"operator":true}]`,
		"null account":            `[null]`,
		"too large":               `[` + account + strings.Repeat(" ", accounts.MaxEncodedSize) + `]`,
	}
	for name, document := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := accounts.Decode([]byte(document))
			assert.Error(t, err)
		})
	}
}

func TestTooManyAccountsAreRefused(t *testing.T) {
	t.Parallel()
	var set accounts.Set
	for i := range accounts.MaxAccounts {
		set = append(set, client(fmt.Sprintf("relation-%d", i+1), i+1))
	}
	_, err := set.Encode()
	require.NoError(t, err)
	_, err = append(set, client("one-more", 1)).Encode()
	require.ErrorContains(t, err, "the most is 4096")
}

func TestFileIsReplacedAsAWholeAndPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	set := accounts.Set{client("relation-7", 7)}

	require.NoError(t, set.WriteFile(path))

	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o640), info.Mode().Perm())
	read, err := accounts.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, set, read)
	assert.Equal(t, []string{"accounts.json"}, entries(t, filepath.Dir(path)), "nothing else stays behind")
}

func TestAnInvalidSetLeavesTheFileAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "accounts.json")
	set := accounts.Set{client("relation-7", 7)}
	require.NoError(t, set.WriteFile(path))

	require.Error(t, accounts.Set{{Username: "relation-8", Relation: 8}}.WriteFile(path))

	read, err := accounts.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, set, read)
}

func TestAFailedWriteLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	path := filepath.Join(directory, "accounts.json")
	require.NoError(t, os.Mkdir(path, 0o700)) // a rename onto a directory fails, for root too

	require.ErrorContains(t, accounts.Set{client("relation-7", 7)}.WriteFile(path), path)

	assert.Equal(t, []string{"accounts.json"}, entries(t, directory))
}

func TestAMissingFileIsToldApart(t *testing.T) {
	t.Parallel()
	_, err := accounts.ReadFile(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`[{"username":"a","hash":"` + goodHash + `","relation":1},{"username":"o","hash":"` + goodHash + `","operator":true}]`))
	f.Add([]byte(`[{"username":"a","hash":"` + goodHash + `","previous":"` + otherHash + `","relation":1}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := accounts.Decode(data)
		if err != nil {
			return
		}
		encoded, err := set.Encode()
		require.NoError(t, err)
		again, err := accounts.Decode(encoded)
		require.NoError(t, err)
		assert.Equal(t, set.Revision(), again.Revision())
		assert.True(t, json.Valid(data))
	})
}

func entries(t *testing.T, directory string) []string {
	t.Helper()
	found, err := os.ReadDir(directory)
	require.NoError(t, err)
	var names []string
	for _, entry := range found {
		names = append(names, entry.Name())
	}
	return names
}
