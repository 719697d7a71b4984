package accounts_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/requirer-lib/secret"
)

func TestGeneratedPasswordsAreLongPlainAndDifferent(t *testing.T) {
	t.Parallel()
	seen := map[secret.Value]bool{}
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
	assert.False(t, hash.Verify(secret.New(password.Reveal()+"x")))
	assert.False(t, hash.Verify(secret.New(password.Reveal()[1:])))
	assert.False(t, hash.Verify(secret.Value{}))
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
	for _, password := range []string{"", "hunter2", accounts.GeneratePassword().Reveal()[1:], strings.Repeat("x", 257)} {
		_, err := accounts.HashPassword(secret.New(password))
		require.ErrorContains(t, err, "GeneratePassword")
		if password != "" {
			assert.NotContains(t, err.Error(), password)
		}
	}
}

func TestABrokenHashFitsNoPassword(t *testing.T) {
	t.Parallel()
	broken := []string{"", ":", "sha256::", "sha256", goodHash + "00", goodHash[1:], "sha256:zz" + goodHash[9:], goodHash[:40] + "zz" + goodHash[42:]}
	for _, text := range broken {
		hash := accounts.Hash(text)
		assert.False(t, hash.Verify(secret.Value{}), "%q", hash)
		require.Error(t, hash.Validate(), "%q", hash)
	}
}
