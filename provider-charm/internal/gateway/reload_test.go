package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

func TestAReloadTakesWhatCanChangeLiveAndNamesTheRest(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	body := `{"x":"` + strings.Repeat("y", 200) + `"}`
	require.Equal(t, 200, f.do(t, f.one, "PUT", "/connectors/a/config", body).status)
	f.config.MaxBody, f.config.Rate = 100, 1000
	f.config.Listen, f.config.Metrics, f.config.BodyTimeout = "127.0.0.1:1", "127.0.0.1:2", gateway.Duration(time.Minute)
	f.config.Internal = &gateway.Internal{Listen: "127.0.0.1:3", KeyPair: keyPairIn(t.TempDir())}
	f.writeConfig(t)

	done, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"metrics", "rate", "burst", "max_body"}, done.Changed)
	assert.Equal(t, []string{"listen", "internal.listen", "body_timeout"}, done.Restart)
	assert.Equal(t, 413, f.do(t, f.one, "PUT", "/connectors/a/config", body).status)

	document, err := os.ReadFile(f.file)
	require.NoError(t, err)
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, gateway.Revision(document), status.Config)
	assert.Equal(t, done.Restart, status.Restart)

	again, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Empty(t, again.Changed)
	assert.Equal(t, done.Restart, again.Restart)
	assert.Contains(t, f.log.String(), `a change of the configuration waits for a restart" key=listen`)
}

func TestABadConfigurationChangesNothingButTheAccounts(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	f.write(t, f.twelve)
	require.NoError(t, os.WriteFile(f.file, []byte(`{"listen":"x","max_body":1}`), 0o600))

	_, err := f.control.Reload(t.Context())
	require.ErrorContains(t, err, f.file)
	assert.Equal(t, 200, f.do(t, f.twelve, "PUT", "/connectors/a/config", `{"a":"b"}`).status)
	assert.Equal(t, 401, f.do(t, f.one, "GET", "/connectors/a", "").status, "who is to be shut out is")
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Contains(t, status.ConfigProblem, f.file)

	f.writeConfig(t)
	_, err = f.control.Reload(t.Context())
	require.NoError(t, err)
	status, err = f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Empty(t, status.ConfigProblem)
}

func TestReloadsAtTheSameTimeEndInWhatTheFilesSay(t *testing.T) {
	t.Parallel()
	certificate := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withTLS(t, certificate, true), withIdentity(t, certificate))
	var reloads sync.WaitGroup
	for i := range 8 {
		reloads.Go(func() {
			for range 10 {
				_, err := f.control.Reload(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, 200, f.do(t, f.one, "GET", fmt.Sprintf("/connectors/a%d", i), "").status)
			}
		})
	}
	reloads.Wait()
	f.config.MaxBody = 10
	f.writeConfig(t)
	set := f.write(t, f.one)
	done, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"accounts", "max_body"}, done.Changed)
	assert.Equal(t, set.Revision(), done.Revision)
}

// TestRevocationIsAtOnce measures, on connections that live on, the time from the call to the refusal.
func TestRevocationIsAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	client := &http.Client{Transport: &http.Transport{}}
	ask := func() int {
		response, err := client.Do(f.request(t, f.one, "GET", "/connectors/a", ""))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	var longest time.Duration
	for range 10 {
		f.write(t, f.one)
		_, err := f.control.Reload(t.Context())
		require.NoError(t, err)
		require.Equal(t, 200, ask())
		f.write(t)
		begun := time.Now()
		_, err = f.control.Reload(t.Context())
		require.NoError(t, err)
		require.Equal(t, 401, ask(), "the first request after the call")
		longest = max(longest, time.Since(begun))
	}
	t.Logf("from the call of reload to the refusal: %s at most", longest)
}

func TestBothPasswordsGetInWhileARotationLasts(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	before, after := f.one, newUser(t, f.one.name, 1)
	rotating := after
	rotating.account.Previous = before.account.Hash
	for _, c := range []struct {
		accepts       user
		before, after int
	}{{before, 200, 401}, {rotating, 200, 200}, {after, 401, 200}} {
		f.write(t, c.accepts)
		_, err := f.control.Reload(t.Context())
		require.NoError(t, err)
		assert.Equal(t, c.before, f.do(t, before, "GET", "/connectors/a", "").status)
		assert.Equal(t, c.after, f.do(t, after, "GET", "/connectors/a", "").status)
	}
}

func TestAClientIsHeldToItsRateAndOthersAreNot(t *testing.T) {
	t.Parallel()
	identity := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withIdentity(t, identity), withConfig(func(c *gateway.Config) { c.Rate, c.Burst = 1, 3 }))
	counted := map[int]int{}
	for counted[429] == 0 && counted[200] < 1000 {
		got := f.do(t, f.one, "GET", "/connectors/a", "")
		counted[got.status]++
		if got.status == 429 {
			assert.Equal(t, "1", got.header.Get("Retry-After"))
		}
	}
	assert.Equal(t, 1, counted[429], "%v", counted)
	assert.GreaterOrEqual(t, counted[200], 3, "%v", counted)
	f.taken()
	for range 6 {
		assert.Equal(t, 200, f.do(t, f.operator, "GET", "/connectors/a", "").status, "the operator gets in")
		assert.Equal(t, 200, f.atWorkersDoor(t, peer(t, identity.pair), f.one, "GET", "/connectors/a", ""), "counted where it came in first")
	}
	assert.Equal(t, 200, f.do(t, f.twelve, "GET", "/connectors/a", "").status)

	f.config.Rate = 0
	f.writeConfig(t)
	_, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a", "").status)
}

func TestEveryKeyOfTheConfigurationIsLiveOrNeedsARestart(t *testing.T) {
	t.Parallel()
	want := []string{"internal.listen"}
	for field := range reflect.TypeFor[gateway.Config]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		want = append(want, key)
	}
	assert.ElementsMatch(t, want, gateway.KeysForTest())
}
