package gateway_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/accounts"
)

func TestNobodyGetsInWithoutAGoodAccountsFile(t *testing.T) {
	t.Parallel()
	cases := map[string]func(t *testing.T, f *fixture){
		"missing":   func(t *testing.T, f *fixture) { require.NoError(t, os.Remove(f.config.Accounts)) },
		"no size":   func(t *testing.T, f *fixture) { require.NoError(t, os.WriteFile(f.config.Accounts, nil, 0o600)) },
		"empty set": func(t *testing.T, f *fixture) { f.write(t) },
		"not JSON": func(t *testing.T, f *fixture) {
			require.NoError(t, os.WriteFile(f.config.Accounts, []byte("a:b"), 0o600))
		},
		"unreadable": func(t *testing.T, f *fixture) { f.config.Accounts = t.TempDir() },
		"empty hash": func(t *testing.T, f *fixture) {
			require.NoError(t, os.WriteFile(f.config.Accounts, []byte(`[{"username":"relation-1","hash":"","relation":1}]`), 0o600))
		},
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, says(200, `[]`), func(f *fixture) { damage(t, f) })
			for _, who := range []user{f.one, f.operator, anonymous, {name: "relation-1"}} {
				got := f.do(t, who, "GET", "/connectors", "")
				assert.Equal(t, 401, got.status)
			}
			assert.Empty(t, f.taken())
		})
	}
}

func TestOnlyOneRightBasicAuthorizationGetsIn(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `[]`))
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	good := basic(f.one.name + ":" + f.one.password.Reveal())
	cases := map[string]struct {
		values []string
		want   int
	}{
		"right":                {[]string{good}, 200},
		"none":                 {nil, 401},
		"empty":                {[]string{""}, 401},
		"wrong password":       {[]string{basic(f.one.name + ":" + f.twelve.password.Reveal())}, 401},
		"empty password":       {[]string{basic(f.one.name + ":")}, 401},
		"hash as password":     {[]string{basic(f.one.name + ":" + string(f.one.account.Hash))}, 401},
		"unknown user":         {[]string{basic("nobody:" + f.one.password.Reveal())}, 401},
		"user in other case":   {[]string{basic("Relation-1:" + f.one.password.Reveal())}, 401},
		"bearer":               {[]string{"Bearer " + f.one.password.Reveal()}, 401},
		"not base64":           {[]string{"Basic %%%"}, 401},
		"good one twice":       {[]string{good, good}, 401},
		"good one and a bad":   {[]string{good, basic("a:b")}, 401},
		"empty one and a good": {[]string{"", good}, 401},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			request := f.request(t, anonymous, "GET", "/connectors", "")
			request.Header["Authorization"] = c.values
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, c.want, response.StatusCode)
			if c.want == 401 {
				assert.Equal(t, `Basic realm="kafka-connect", charset="UTF-8"`, response.Header.Get("WWW-Authenticate"))
				assert.Contains(t, string(body), `{"error_code":401,"message":"`)
			}
			assert.Equal(t, c.want == 200, len(f.taken()) > 0, "what reached the worker")
		})
	}
}

func TestReloadOpensAndClosesAccountsOnLivingConnections(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `[]`))
	newcomer := newUser(t, "relation-13", 13)
	require.Equal(t, 200, f.do(t, f.one, "GET", "/connectors", "").status)
	require.Equal(t, 401, f.do(t, newcomer, "GET", "/connectors", "").status)

	set := f.write(t, f.operator, newcomer)
	require.Equal(t, 200, f.do(t, f.one, "GET", "/connectors", "").status, "nothing changes before the reload")
	accepted, err := f.control.Reload(t.Context())
	require.NoError(t, err)

	assert.Equal(t, set.Revision(), accepted.Revision)
	assert.Equal(t, []string{"operator", "relation-13"}, accepted.Accounts)
	assert.Empty(t, accepted.Problem)
	assert.Equal(t, 401, f.do(t, f.one, "GET", "/connectors", "").status)
	assert.Equal(t, 200, f.do(t, newcomer, "GET", "/connectors", "").status)
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, accepted.Accepted, status.Accepted)
}

func TestAMalformedReloadKeepsTheLastGoodAccountsAndSaysSo(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `[]`))
	before, err := f.control.Status(t.Context())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(f.config.Accounts, []byte(`[{"username"`), 0o600))

	_, err = f.control.Reload(t.Context())
	require.ErrorContains(t, err, f.config.Accounts)

	assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors", "").status)
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before.Revision, status.Revision)
	assert.Contains(t, status.Problem, f.config.Accounts)

	f.write(t, f.one)
	mended, err := f.control.Reload(t.Context())
	require.NoError(t, err)
	assert.Empty(t, mended.Problem)
}

func TestTakingTheAccountsFileAwayShutsEverybodyOut(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(path string) error{
		"removed":   os.Remove,
		"truncated": func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, says(200, `[]`))
			require.NoError(t, remove(f.config.Accounts))

			accepted, err := f.control.Reload(t.Context())
			require.NoError(t, err)
			assert.Equal(t, accounts.Set{}.Revision(), accepted.Revision)
			assert.Empty(t, accepted.Accounts)
			assert.NotEmpty(t, accepted.Problem)
			assert.Equal(t, 401, f.do(t, f.one, "GET", "/connectors", "").status)
		})
	}
}

func TestReloadsDisturbNobodyElse(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `[]`))
	var stop atomic.Bool
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for !stop.Load() {
				assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors", "").status)
				f.do(t, f.twelve, "GET", "/connectors", "")
			}
		})
	}
	for range 25 {
		for _, users := range [][]user{{f.one}, {f.one, f.twelve}} {
			f.write(t, users...)
			_, err := f.control.Reload(t.Context())
			require.NoError(t, err)
			got := f.do(t, f.twelve, "GET", "/connectors", "").status
			if len(users) == 2 {
				assert.Equal(t, 200, got)
			} else {
				assert.Contains(t, []int{401, 429}, got)
			}
		}
	}
	stop.Store(true)
	clients.Wait()
}

func TestAnAccountThatGoesWhileItsBodyComesIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, says(201, `{}`))
	reader, writer := io.Pipe()
	request := f.request(t, f.one, "POST", "/connectors", "")
	request.Body, request.ContentLength = reader, -1
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Expect", "100-continue") // the body begins when the gateway asks for it: after the first check
	patient := http.DefaultTransport.(*http.Transport).Clone()
	patient.ExpectContinueTimeout = time.Minute // and not when the client has waited a second
	t.Cleanup(patient.CloseIdleConnections)
	status := make(chan int, 1)
	go func() {
		response, err := patient.RoundTrip(request)
		if !assert.NoError(t, err) {
			status <- 0
			return
		}
		_ = response.Body.Close()
		status <- response.StatusCode
	}()
	_, err := io.WriteString(writer, `{"name":"mine",`)
	require.NoError(t, err)

	f.write(t, f.twelve)
	_, err = f.control.Reload(t.Context())
	require.NoError(t, err)
	_, err = io.WriteString(writer, `"config":{}}`)
	require.NoError(t, err)
	require.NoError(t, writer.Close())

	assert.Equal(t, 401, <-status)
	assert.Empty(t, f.taken())
}

func TestWrongPasswordsAreSlowedDownAndRightOnesAreNot(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `[]`))
	intruder := user{name: f.one.name, password: accounts.GeneratePassword()}
	counted := map[int]int{}
	for counted[429] == 0 && counted[401] < 1000 {
		got := f.do(t, intruder, "GET", "/connectors", "")
		counted[got.status]++
		if got.status == 429 {
			assert.Equal(t, "1", got.header.Get("Retry-After"))
		}
	}
	assert.GreaterOrEqual(t, counted[401], 20)
	assert.Equal(t, 1, counted[429])
	assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors", "").status)

	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(counted[401]), status.Requests.Unauthorized)
	assert.Equal(t, int64(1), status.Requests.Limited)
	assert.Equal(t, int64(counted[401]+2), status.Requests.Total)
}
