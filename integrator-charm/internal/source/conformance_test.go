package source

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stand is one kind of source with a server of its own, as the suite drives it.
type stand struct {
	address string            // what Parse is given
	env     map[string]string // with credentials that may read it
	secrets []string          // what no error and no name may show
	put     func(t *testing.T, text string)
	remove  func(t *testing.T)
	wire    *wire // nil where nothing lies between
	// strangers are other addresses and environments, which are refused.
	strangers map[string]stranger
}

type stranger struct {
	address string
	env     map[string]string
}

// kinds are all kinds of sources. Each starts what all its stands have in common, and gives what sets up one.
var kinds = map[string]func(t *testing.T) func(t *testing.T) *stand{
	"file":                        fileKind,
	"git+file":                    gitLocalKind,
	"git+https, git http-backend": gitWebKind,
	"git+ssh, git-upload-pack":    gitSSHKind,
	"https":                       httpsKind,
	"https without an ETag":       httpsDatedKind,
	"s3, versitygw":               s3Kind,
	"github, recorded exchanges":  githubKind,
}

// rules are what holds for every source.
var rules = map[string]func(t *testing.T, s *stand){
	"what is there is fetched":             fetched,
	"what has not changed is not fetched":  unchanged,
	"what changed is fetched":              changed,
	"what is gone is an error, until back": gone,
	"what is empty is an error":            empty,
	"what is too large is an error":        tooMuch,
	"strangers are refused":                refused,
	"what breaks off is no document":       broken,
	"what stalls ends at its limit":        slow,
	"it ends in mid-fetch when asked to":   cancelled,
	"an outage passes":                     outage,
	"several fetch at once":                atOnce,
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			setUp := open(t)
			for rule, check := range rules {
				t.Run(rule, func(t *testing.T) {
					t.Parallel()
					check(t, setUp(t))
				})
			}
		})
	}
}

const first, second = "connectors: [{name: first}]\n", "connectors: [{name: second}]\n"

// sizeLimit is one that tests get over without much ado.
const sizeLimit = 64 << 10

func fetched(t *testing.T, s *stand) {
	s.put(t, first)
	document, err := s.fetch(t, "")
	require.NoError(t, err)
	assert.Equal(t, first, string(document.Data))
	assert.NotEmpty(t, document.Revision)
	assert.Equal(t, "state.yaml", document.Name)
}

func unchanged(t *testing.T, s *stand) {
	s.put(t, first)
	document, err := s.fetch(t, "")
	require.NoError(t, err)
	for range 2 {
		_, err = s.fetch(t, document.Revision)
		require.ErrorIs(t, err, ErrUnchanged)
	}
}

func changed(t *testing.T, s *stand) {
	s.put(t, first)
	one, err := s.fetch(t, "")
	require.NoError(t, err)
	s.put(t, second)
	two, err := s.fetch(t, one.Revision)
	require.NoError(t, err)
	assert.Equal(t, second, string(two.Data))
	assert.NotEqual(t, one.Revision, two.Revision)
}

func gone(t *testing.T, s *stand) {
	s.put(t, first)
	document, err := s.fetch(t, "")
	require.NoError(t, err)
	s.remove(t)
	_, err = s.fetch(t, document.Revision)
	s.failsFor(t, err, Gone)
	s.put(t, second)
	document, err = s.fetch(t, document.Revision)
	require.NoError(t, err)
	assert.Equal(t, second, string(document.Data))
}

func empty(t *testing.T, s *stand) {
	s.put(t, "")
	_, err := s.fetch(t, "")
	s.failsFor(t, err, Empty)
}

func tooMuch(t *testing.T, s *stand) {
	s.put(t, noise(sizeLimit+1))
	_, err := s.fetch(t, "")
	s.failsFor(t, err, TooLarge)
	s.put(t, noise(sizeLimit))
	_, err = s.fetch(t, "")
	require.NoError(t, err, "the limit itself is not too much")
}

func refused(t *testing.T, s *stand) {
	if len(s.strangers) == 0 {
		t.Skip("nobody is asked who he is")
	}
	s.put(t, first)
	for who, is := range s.strangers {
		t.Run(who, func(t *testing.T) {
			other := *s
			other.env = is.env
			if is.address != "" {
				other.address = is.address
			}
			_, err := other.fetch(t, "")
			require.Error(t, err)
			var failure *Error
			require.ErrorAs(t, err, &failure)
			assert.Contains(t, []Reason{Refused, Gone, BadSettings, Unreachable}, failure.Reason, "%v", err)
			s.keepsSecrets(t, err)
		})
	}
}

func broken(t *testing.T, s *stand) {
	whole := s.overWire(t)
	for _, limit := range []int{1, whole / 2, whole - 4<<10} {
		s.wire.become(condition{limit: limit, after: errBreak})
		document, err := s.fetch(t, "")
		require.Error(t, err, "after %d of %d bytes", limit, whole)
		assert.Empty(t, document)
		s.keepsSecrets(t, err)
	}
	s.wire.become(condition{})
	_, err := s.fetch(t, "")
	require.NoError(t, err)
}

func slow(t *testing.T, s *stand) {
	whole := s.overWire(t)
	for _, limit := range []int{1, whole - 4<<10} {
		s.wire.become(condition{limit: limit, after: errHold})
		limits := s.limits()
		limits.Total = 200 * time.Millisecond
		_, err := s.source(t, limits).Fetch(t.Context(), "")
		s.failsFor(t, err, Slow)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
}

func cancelled(t *testing.T, s *stand) {
	whole := s.overWire(t)
	s.wire.become(condition{limit: whole - 4<<10, after: errHold})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.source(t, s.limits()).Fetch(ctx, "")
		ended <- err
	}()
	<-s.wire.held
	cancel()
	select {
	case err := <-ended:
		s.failsFor(t, err, Ended)
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(deadline):
		t.Fatal("it goes on")
	}
}

func outage(t *testing.T, s *stand) {
	s.overWire(t)
	document, err := s.fetch(t, "")
	require.NoError(t, err)
	s.wire.become(condition{down: true})
	_, err = s.fetch(t, document.Revision)
	s.failsFor(t, err, Unreachable)
	s.wire.become(condition{})
	_, err = s.fetch(t, document.Revision)
	require.ErrorIs(t, err, ErrUnchanged)
}

func atOnce(t *testing.T, s *stand) {
	s.put(t, first)
	shared := s.source(t, s.limits())
	ended := make(chan error)
	const readers = 4
	for range readers {
		go func() {
			document, err := shared.Fetch(t.Context(), "")
			if err == nil && string(document.Data) != first {
				err = assert.AnError
			}
			ended <- err
		}()
	}
	for range readers {
		require.NoError(t, <-ended)
	}
}

func (s *stand) limits() Limits {
	return Limits{Size: sizeLimit, Total: 10 * time.Minute, Attempts: 2, Pause: time.Millisecond, Settle: time.Millisecond}
}

func (s *stand) source(t *testing.T, limits Limits) Source {
	t.Helper()
	from, err := Parse(s.address, Options{Limits: limits, Env: func(name string) (string, bool) {
		value, there := s.env[name]
		return value, there
	}})
	require.NoError(t, err)
	s.keepsSecrets(t, from)
	return from
}

func (s *stand) fetch(t *testing.T, have Revision) (Document, error) {
	t.Helper()
	return s.source(t, s.limits()).Fetch(t.Context(), have)
}

// overWire puts a document of some size, and says how many bytes it takes to hand it out.
func (s *stand) overWire(t *testing.T) int {
	t.Helper()
	if s.wire == nil {
		t.Skip("nothing lies between")
	}
	s.put(t, noise(sizeLimit/2))
	s.wire.become(condition{})
	_, err := s.fetch(t, "")
	require.NoError(t, err)
	return s.wire.bytes()
}

// noise is text that no transport makes much smaller.
func noise(length int) string {
	var text bytes.Buffer
	for text.Len() < length {
		text.WriteByte('!' + byte(rand.IntN(90)))
	}
	return text.String()
}

func (s *stand) failsFor(t *testing.T, err error, reason Reason) {
	t.Helper()
	var failure *Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, reason, failure.Reason, "%v", err)
	s.keepsSecrets(t, err)
}

// keepsSecrets looks at a thing as logs and programs show it.
func (s *stand) keepsSecrets(t *testing.T, thing any) {
	t.Helper()
	for _, shown := range everyWay(thing) {
		for _, hidden := range s.secrets {
			assert.False(t, strings.Contains(shown, hidden), "it shows a secret: %s", shorten(strings.ReplaceAll(shown, hidden, "<HERE>")))
		}
	}
}
