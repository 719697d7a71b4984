package accounts_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
)

func TestGeneratedPasswordsAreLongPlainAndDifferent(t *testing.T) {
	t.Parallel()
	seen := map[accounts.Secret]bool{}
	for range 100 {
		password := accounts.GeneratePassword()
		assert.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9_-]{32}$`), password.Reveal())
		seen[password] = true
	}
	assert.Len(t, seen, 100)
}

func TestOnlyTheHashedPasswordVerifies(t *testing.T) {
	t.Parallel()
	password := accounts.GeneratePassword()
	hash, err := accounts.HashPassword(password)
	require.NoError(t, err)

	assert.True(t, hash.Verify(password))
	assert.False(t, hash.Verify(password+"x"))
	assert.False(t, hash.Verify(password[1:]))
	assert.False(t, hash.Verify(""))
	assert.NotContains(t, string(hash), password.Reveal())
	require.NoError(t, hash.Validate())
}

func TestOnePasswordHasManyHashes(t *testing.T) {
	t.Parallel()
	password := accounts.GeneratePassword()
	first, err := accounts.HashPassword(password)
	require.NoError(t, err)
	second, err := accounts.HashPassword(password)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
}

func TestPasswordsThatCouldBeGuessedAreRefused(t *testing.T) {
	t.Parallel()
	for _, password := range []accounts.Secret{"", "hunter2", accounts.GeneratePassword()[1:], accounts.Secret(strings.Repeat("x", 257))} {
		_, err := accounts.HashPassword(password)
		require.ErrorContains(t, err, "GeneratePassword")
		if password != "" {
			assert.NotContains(t, err.Error(), password.Reveal())
		}
	}
}

func TestABrokenHashFitsNoPassword(t *testing.T) {
	t.Parallel()
	broken := []string{"", ":", "sha256::", "sha256", goodHash + "00", goodHash[1:], "sha256:zz" + goodHash[9:], goodHash[:40] + "zz" + goodHash[42:]}
	for _, text := range broken {
		hash := accounts.Hash(text)
		assert.False(t, hash.Verify(""), "%q", hash)
		require.Error(t, hash.Validate(), "%q", hash)
	}
}

func TestASecretShowsOnlyWhenRevealed(t *testing.T) {
	t.Parallel()
	secret := accounts.GeneratePassword()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		fmt.Fprintf(&out, verb+"\n", secret)
		fmt.Fprintf(&out, verb+"\n", struct{ Password accounts.Secret }{secret})
	}
	encoded, err := json.Marshal(map[string]any{"value": secret, "list": []accounts.Secret{secret}})
	require.NoError(t, err)
	out.Write(encoded)
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "secret", secret)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "secret", secret)
	out.WriteString(secret.String() + secret.GoString())

	assert.NotContains(t, out.String(), secret.Reveal())
	assert.NotContains(t, out.String(), fmt.Sprintf("%x", secret.Reveal()))
	assert.Contains(t, out.String(), "[redacted]")
}
