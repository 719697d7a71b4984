package scram_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	franz "github.com/twmb/franz-go/pkg/sasl/scram"

	"connectcharms/requirer-lib/probe/scram"
)

var auth = franz.Auth{User: "me", Pass: "hunter22", Nonce: []byte("nonce")}

func TestAServerCannotHaveAClientWorkForHours(t *testing.T) {
	t.Parallel()
	for asked, wanted := range map[string]string{
		"4096": "", "1048577": scram.ErrIterations.Error(), "99999999999999999999": scram.ErrIterations.Error(),
		"": scram.ErrIterations.Error(), "4095": "less than minimum 4096",
	} {
		session, first, err := scram.Bounded(auth.AsSha512Mechanism()).Authenticate(t.Context(), "")
		require.NoError(t, err)
		_, nonce, _ := bytes.Cut(first, []byte(",r="))
		_, answer, err := session.Challenge(fmt.Appendf(nil, "r=%smore,s=c2FsdA==,i=%s", nonce, asked))
		if wanted == "" {
			require.NoError(t, err)
			assert.Contains(t, string(answer), "p=")
			continue
		}
		assert.ErrorContains(t, err, wanted, asked)
	}
}

// Whatever a server says first, it is refused or answered in no time to speak of, and no error shows the password.
func FuzzChallenge(f *testing.F) {
	for _, said := range []string{"r=nonceX,s=c2FsdA==,i=4096", "r=nonceX,s=c2FsdA==,i=2147483647", "i=-1", "i=", ",,,", "", "\x00"} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		session, _, err := scram.Bounded(auth.AsSha256Mechanism()).Authenticate(t.Context(), "")
		require.NoError(t, err)
		_, _, err = session.Challenge(said)
		if err != nil && !bytes.Contains(said, []byte("hunter22")) {
			assert.NotContains(t, err.Error(), "hunter22")
		}
	})
}
