package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/requirer-lib/secret"
)

func TestWhoMayUseWhat(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	cases := []struct {
		method, target             string
		nobody, client, anOperator int
	}{
		{"GET", "/", 401, 200, 200},
		{"POST", "/", 401, 405, 405},
		{"GET", "/health", 200, 200, 200},
		{"PUT", "/health", 401, 405, 405},
		{"GET", "/connectors", 401, 200, 200},
		{"HEAD", "/connectors", 401, 405, 405},
		{"DELETE", "/connectors", 401, 405, 405},
		{"OPTIONS", "/connectors", 401, 405, 405},
		{"GET", "/connector-plugins?connectorsOnly=false", 401, 200, 200},
		{"GET", "/connector-plugins/org.example.Outer$Inner/config", 401, 200, 200},
		{"PUT", "/connector-plugins/org.example.Sink/config/validate", 401, 200, 200},
		{"PUT", "/connector-plugins/org.example.Sink/validate", 401, 404, 404},
		{"GET", "/admin/loggers", 401, 403, 200},
		{"GET", "/admin/loggers/org.apache", 401, 403, 200},
		{"PUT", "/admin/loggers/org.apache?scope=cluster", 401, 403, 200},
		{"GET", "/admin", 401, 404, 404},
		{"GET", "/metrics", 401, 404, 404},
		{"GET", "/Connectors", 401, 404, 404},
		{"GET", "/application.wadl", 401, 404, 404},
		{"POST", "/connectors/a/tasks", 401, 403, 403},
		{"PUT", "/connectors/a/fence", 401, 403, 403},
		{"POST", "/connectors/a/fence", 401, 405, 405},
		{"PUT", "/connectors/a/tasks", 401, 405, 405},
		{"POST", "/connectors/a/config", 401, 405, 405},
		{"GET", "/connectors/a/tasks/0", 401, 404, 404},
		{"TRACE", "/", 401, 405, 405},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			for who, want := range map[user]int{anonymous: c.nobody, f.one: c.client, f.operator: c.anOperator} {
				body := ""
				if strings.HasSuffix(c.target, "/validate") {
					body = `{}`
				}
				assert.Equal(t, want, f.do(t, who, c.method, c.target, body).status, "%q", who.name)
				if reached := f.taken(); want != 200 {
					assert.Empty(t, reached)
				}
			}
		})
	}
	assert.Equal(t, "GET, PUT", f.do(t, f.operator, "DELETE", "/admin/loggers/a", "").header.Get("Allow"))
}

func TestPathsThatCouldBeReadInTwoWaysAreRefused(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	foreign := ofTwelve
	for _, target := range []string{
		"//connectors", "/connectors//" + foreign, "/connectors/" + foreign + "//status", "/connectors//",
		"/connectors/./" + foreign, "/connectors/../connectors/" + foreign, "/connectors/a/../" + foreign, "/connectors/%2e%2e/connectors/" + foreign,
		"/connectors/%2E/" + foreign, "/connectors/a%2f..%2f" + foreign, "/connectors/a%2F" + foreign, "/connectors%2f" + foreign,
		"/connectors/a;b=c/status", "/connectors;x=y/" + foreign, "/connectors/" + foreign + ";a", "/connectors/" + foreign + "%3Ba",
		"/connectors/%2561pp", "/connectors/a%00", "/connectors/" + foreign + "%00", "/connectors/a%20", "/connectors/a+b", "/connectors/a%5cb",
		`/connectors/a\..\b`, "/connectors/a%0a", "/connectors/ä", "/connectors/%C3%A4", "/connectors/%c0%af", "/connectors/a$b", "/connectors/a,b",
		"/connectors/a:b", "/connectors/a@b", "/connectors/a?forward=%zz", "/connectors?expand=info;expand=status", "*", "http://gateway//connectors",
	} {
		assert.Contains(t, []int{400, 404}, f.raw(t, f.one, "GET", target), target)
	}
	assert.Empty(t, f.taken())
}

func TestEscapedLettersAndALastSlashAreTidiedUp(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	for target, want := range map[string]string{
		"/connectors/%61bc":                      "/connectors/abc",
		"/connectors/abc/":                       "/connectors/abc",
		"/connectors/abc/status/?a=b+c&a=%26":    "/connectors/abc/status?a=b+c&a=%26",
		"/%63onnectors":                          "/connectors",
		"/connectors/...":                        "/connectors/...",
		"http://elsewhere.example/connectors/ab": "/connectors/ab",
		"/connectors/app%5Fr1%5F" + uuid:         "/connectors/" + ofOne,
	} {
		body := f.raw(t, f.operator, "GET", target)
		assert.Contains(t, []int{200, 502}, body, target) // {} is a listing too
		reached := f.taken()
		require.Len(t, reached, 1, target)
		assert.Equal(t, want, reached[0].uri)
	}
	assert.Equal(t, 404, f.raw(t, f.one, "GET", "/connectors/app%5Fr12%5F"+uuid))
}

func TestOnlyWhatWasCheckedReachesTheWorker(t *testing.T) {
	t.Parallel()
	f := start(t, says(201, `{}`))
	body := `{"name":"a","config":{"connector.class":"C"}}`
	f.do(t, f.one, "POST", "/connectors?forward=true", body,
		"X-Forwarded-For", "9.9.9.9", "X-Forwarded-Host", "x", "Forwarded", "for=9.9.9.9", "X-Real-Ip", "9.9.9.9",
		"X-HTTP-Method-Override", "DELETE", "Accept-Encoding", "gzip", "Connection", "close, X-Other", "X-Other", "1", "Te", "trailers",
		"X-Connect-Authorization", "s", "X-Connect-Request-Signature-Algorithm", "HmacSHA256", "Cookie", "a=b", "Accept", "application/json", "User-Agent", "test")

	reached := f.taken()
	require.Len(t, reached, 1)
	got := reached[0]
	assert.Equal(t, "POST", got.method)
	assert.Equal(t, "/connectors?forward=true", got.uri)
	assert.Equal(t, strings.TrimPrefix(f.config.Upstream, "http://"), got.host)
	assert.Equal(t, body, got.body)
	authorization := f.request(t, f.one, "GET", "/", "").Header.Get("Authorization")
	assert.Equal(t, http.Header{
		"Accept": {"application/json"}, "User-Agent": {"test"}, "Content-Type": {"application/json"},
		"Authorization": {authorization}, "Content-Length": {fmt.Sprint(len(body))},
	}, got.header)
}

func TestTrailersOfARequestAreDropped(t *testing.T) {
	t.Parallel()
	f := start(t, says(201, `{}`))
	request := f.request(t, f.one, "POST", "/connectors", `{"name":"a"}`)
	request.ContentLength = -1
	request.Trailer = http.Header{"X-Late": {"1"}}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 201, response.StatusCode)
	assert.Empty(t, f.taken()[0].header.Values("Trailer"))
}

func TestRequestsSignedByAWorkerPassWithoutAnAccount(t *testing.T) {
	t.Parallel()
	const signature, algorithm = "X-Connect-Authorization", "X-Connect-Request-Signature-Algorithm"
	identity := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withIdentity(t, identity))
	worker, door := peer(t, identity.pair), f.workersDoor(t)
	both := http.Header{signature: {"c2ln"}, algorithm: {"HmacSHA256"}}
	cases := map[string]struct {
		method, target string
		header         http.Header
		want           int
	}{
		"tasks":               {"POST", "/connectors/" + ofTwelve + "/tasks", both, 200},
		"fence":               {"PUT", "/connectors/" + ofTwelve + "/fence", both, 200},
		"no algorithm":        {"POST", "/connectors/a/tasks", http.Header{signature: {"c2ln"}}, 401},
		"no signature":        {"POST", "/connectors/a/tasks", http.Header{algorithm: {"HmacSHA256"}}, 401},
		"empty signature":     {"POST", "/connectors/a/tasks", http.Header{signature: {""}, algorithm: {"HmacSHA256"}}, 401},
		"two signatures":      {"POST", "/connectors/a/tasks", http.Header{signature: {"a", "b"}, algorithm: {"HmacSHA256"}}, 401},
		"two algorithms":      {"POST", "/connectors/a/tasks", http.Header{signature: {"a"}, algorithm: {"HmacSHA256", "x"}}, 401},
		"with a bad account":  {"POST", "/connectors/a/tasks", http.Header{signature: {"a"}, algorithm: {"b"}, "Authorization": {"Basic YTpi"}}, 401},
		"with empty account":  {"POST", "/connectors/a/tasks", http.Header{signature: {"a"}, algorithm: {"b"}, "Authorization": {""}}, 401},
		"another method":      {"PUT", "/connectors/a/tasks", both, 401},
		"another path":        {"POST", "/connectors", both, 401},
		"reading":             {"GET", "/connectors/a/tasks", both, 401},
		"a path with tricks":  {"POST", "/connectors/a%2f../tasks", both, 401},
		"deleting":            {"DELETE", "/connectors/a", both, 401},
		"a deeper path":       {"POST", "/connectors/a/tasks/0/restart", both, 401},
		"configuration":       {"PUT", "/connectors/a/config", both, 401},
		"administrator paths": {"PUT", "/admin/loggers/a", both, 401},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			request := f.request(t, anonymous, c.method, c.target, `[{"a":"b"}]`)
			for name, values := range c.header {
				request.Header[name] = values
			}
			request.URL.Scheme, request.URL.Host = "https", door
			response, err := worker.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, c.want, response.StatusCode)
			reached := f.taken()
			if c.want != 200 {
				assert.Empty(t, reached)
				return
			}
			require.Len(t, reached, 1)
			assert.Equal(t, `[{"a":"b"}]`, reached[0].body)
			assert.Equal(t, "c2ln", reached[0].header.Get(signature))
			assert.Equal(t, "HmacSHA256", reached[0].header.Get(algorithm))
			assert.Equal(t, c.target, reached[0].uri)
		})
	}
	withAccount := f.atWorkersDoor(t, worker, f.one, "POST", "/connectors/a/tasks", `[]`, signature, "a", algorithm, "b")
	assert.Equal(t, 403, withAccount, "an account does not use the workers' paths, signed or not")
}

func TestASenderOfBadSignaturesIsSlowedDown(t *testing.T) {
	t.Parallel()
	identity := issue(t, time.Hour)
	f := start(t, says(403, `{}`), withIdentity(t, identity))
	worker := peer(t, identity.pair)
	got := 0
	for range 1000 {
		got = f.atWorkersDoor(t, worker, anonymous, "POST", "/connectors/a/tasks", `[]`, signature...)
		if got != 403 {
			break
		}
	}
	assert.Equal(t, 429, got)
	assert.Equal(t, 403, f.do(t, f.one, "GET", "/connectors/a", "").status, "accounts are not concerned")
}

func TestHealthIsForEverybodyAndSaysNoMore(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		worker http.HandlerFunc
		status int
		body   string
	}{
		"healthy":  {says(200, `{"status":"healthy","message":"worker 10.1.2.3"}`), 200, `{"status":"healthy"}`},
		"starting": {says(503, `{"status":"starting","message":"x"}`), 503, `{"status":"unhealthy"}`},
		"broken":   {says(500, `{"status":"unhealthy","message":"x"}`), 503, `{"status":"unhealthy"}`},
		"old": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/health" {
				says(404, `{}`)(w, r)
				return
			}
			says(200, `{"version":"3.8.0","kafka_cluster_id":"x"}`)(w, r)
		}, 200, `{"status":"healthy"}`},
		"not Connect": {http.NotFound, 503, `{"status":"unhealthy"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, c.worker)
			for _, who := range []user{anonymous, f.one, {name: "nobody", password: secret.New("wrong")}} {
				got := f.do(t, who, "GET", "/health", "")
				assert.Equal(t, c.status, got.status)
				assert.JSONEq(t, c.body, got.body)
			}
			status, err := f.control.Status(t.Context())
			require.NoError(t, err)
			assert.Equal(t, c.status == 200, status.UpstreamUp)
		})
	}
}

func TestTheWorkerIsNotAskedForItsHealthEachTime(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	f := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			asked.Add(1)
		}
		says(200, `{}`)(w, r)
	})
	before, begun := asked.Load(), time.Now() // it was asked when the gateway was waited for
	for range 100 {
		require.Equal(t, 200, f.do(t, anonymous, "GET", "/health", "").status)
	}
	assert.LessOrEqual(t, int(asked.Load()-before), 1+int(time.Since(begun)/time.Second))
}

func TestAWorkerThatIsDownIsABadGateway(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`), withConfig(func(c *gateway.Config) { c.Upstream = "http://127.0.0.1:1" }))

	got := f.do(t, f.one, "GET", "/connectors/a", "")
	assert.Equal(t, 502, got.status)
	assert.JSONEq(t, `{"error_code":502,"message":"the Kafka Connect worker is not reachable"}`, got.body)
	assert.Equal(t, 503, f.do(t, anonymous, "GET", "/health", "").status)
	status, err := f.control.Status(t.Context())
	require.NoError(t, err)
	assert.False(t, status.UpstreamUp)
	assert.Equal(t, int64(1), status.Requests.Failed)
}

func TestAWorkerThatIsSilentIsAGatewayTimeout(t *testing.T) {
	t.Parallel()
	f := start(t, healthyAnd(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		withConfig(func(c *gateway.Config) { c.UpstreamTimeout = gateway.Duration(50 * time.Millisecond) }))
	got := f.do(t, f.one, "PUT", "/connectors/a/pause", "")
	assert.Equal(t, 504, got.status)
	assert.Contains(t, got.body, `"error_code":504`)
}

func TestAnswersPointAtTheGateway(t *testing.T) {
	t.Parallel()
	f := start(t, func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{"absolute": "http://" + r.Host + "/connectors/a?x=y", "relative": "/connectors/a", "elsewhere": "http://10.0.0.1:8083/connectors/a"}
		w.Header().Set("Location", to[strings.TrimPrefix(r.URL.Path, "/connectors/")])
		w.WriteHeader(http.StatusCreated)
	})
	for name, want := range map[string]string{"absolute": "/connectors/a?x=y", "relative": "/connectors/a", "elsewhere": "http://10.0.0.1:8083/connectors/a"} {
		assert.Equal(t, want, f.do(t, f.one, "GET", "/connectors/"+name, "").header.Get("Location"))
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	identity := issue(t, time.Hour)
	f := start(t, says(200, `{}`), withIdentity(t, identity), withConfig(func(c *gateway.Config) { c.MaxBody, c.MaxSignedBody = 100, 200 }))
	body := func(size int) string { return `{"x":"` + strings.Repeat("y", size-8) + `"}` }
	for _, chunked := range []bool{false, true} {
		for size, want := range map[int]int{100: 200, 101: 413} {
			request := f.request(t, f.one, "PUT", "/connectors/a/config", body(size))
			if chunked {
				request.ContentLength = -1
			}
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			assert.Equal(t, want, response.StatusCode)
		}
	}
	for size, want := range map[int]int{200: 200, 201: 413} {
		got := f.atWorkersDoor(t, peer(t, identity.pair), anonymous, "POST", "/connectors/a/tasks", body(size), signature...)
		assert.Equal(t, want, got)
	}
}

func TestASlowBodyIsGivenUpAndASlowWorkerIsNot(t *testing.T) {
	t.Parallel()
	const bodyTimeout = 100 * time.Millisecond
	f := start(t, healthyAnd(func(w http.ResponseWriter, r *http.Request) {
		select { // longer than the body may take: that deadline must be gone by then
		case <-time.After(3 * bodyTimeout):
			says(200, `{}`)(w, r)
		case <-r.Context().Done():
		}
	}), withConfig(func(c *gateway.Config) { c.BodyTimeout = gateway.Duration(bodyTimeout) }))

	assert.Equal(t, 200, f.do(t, f.one, "PUT", "/connectors/a/config", `{"a":"b"}`).status)
	assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a", "").status)
	f.taken()

	reader, writer := io.Pipe()
	defer writer.Close()
	request := f.request(t, f.one, "PUT", "/connectors/a/config", "")
	request.Body, request.ContentLength = reader, 100
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 408, response.StatusCode)
	assert.Empty(t, f.taken())
}

func TestOneAccountCannotTakeAllTheRoom(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	f := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			arrived <- struct{}{}
			<-release
		}
		says(200, `{}`)(w, r)
	}, withConfig(func(c *gateway.Config) { c.MaxInFlight, c.MaxInFlightPerAccount = 3, 2 }))
	var busy sync.WaitGroup
	occupy := func(who user) {
		busy.Go(func() { assert.Equal(t, 200, f.do(t, who, "DELETE", "/connectors/a", "").status) })
		<-arrived
	}
	occupy(f.one)
	occupy(f.one)
	full := f.do(t, f.one, "GET", "/connectors/a", "")
	assert.Equal(t, 503, full.status)
	assert.Equal(t, "1", full.header.Get("Retry-After"))
	assert.Equal(t, 200, f.do(t, f.twelve, "GET", "/connectors/a", "").status)
	occupy(f.twelve)
	assert.Equal(t, 503, f.do(t, f.operator, "GET", "/connectors/a", "").status)
	assert.Equal(t, 200, f.do(t, anonymous, "GET", "/health", "").status)

	close(release)
	busy.Wait()
	assert.Equal(t, 200, f.do(t, f.one, "GET", "/connectors/a", "").status)
}

func TestWritesAreLoggedAndSecretsAreNot(t *testing.T) {
	t.Parallel()
	f := start(t, says(201, `{}`))
	f.do(t, f.one, "POST", "/connectors?hint=querysecret", `{"name":"a","config":{"password":"bodysecret"}}`)
	f.do(t, f.one, "GET", "/connectors/a", "")
	f.do(t, f.twelve, "DELETE", "/connectors/"+ofOne, "")
	f.do(t, user{name: "namesecret", password: secret.New("wrongsecret")}, "DELETE", "/connectors/a", "")
	require.NoError(t, f.end())

	log := f.log.String()
	assert.Regexp(t, `level=INFO msg=audit event=request who=relation-1 outcome=done method=POST path=/connectors status=201 `+
		`duration_ms=\S+ remote=127.0.0.1:\d+\n`, log)
	assert.Regexp(t, `level=DEBUG msg=request event=request who=relation-1 outcome=done method=GET path=/connectors/a status=201`, log)
	assert.Regexp(t, `level=INFO msg=audit event=request who=relation-12 outcome=refused method=DELETE path=/connectors/`+ofOne+` status=404`, log)
	assert.Regexp(t, `level=WARN msg=audit event=attempt who=- outcome=refused method=DELETE`, log)
	assert.NotRegexp(t, `level=INFO msg=audit event=request who=-`, log, "anybody could fill the record with those")
	assert.NotContains(t, log, "secret")
	assert.NotContains(t, log, "Basic ")
	assert.NotContains(t, log, f.one.password.Reveal())
	assert.NotContains(t, log, string(f.one.account.Hash))
}

func TestTheEndWaitsForRequestsAtWorkWithinBounds(t *testing.T) {
	t.Parallel()
	for name, patience := range map[string]time.Duration{"finished": time.Minute, "cut off": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, release := make(chan struct{}), make(chan struct{})
			f := start(t, healthyAnd(func(w http.ResponseWriter, r *http.Request) {
				close(arrived)
				select {
				case <-release:
				case <-r.Context().Done():
				}
				says(204, "")(w, r)
			}), withConfig(func(c *gateway.Config) { c.ShutdownTimeout = gateway.Duration(patience) }))
			outcome := make(chan error, 1)
			request := f.request(t, f.one, "DELETE", "/connectors/a", "").WithContext(context.Background())
			go func() {
				response, err := http.DefaultTransport.RoundTrip(request)
				if err == nil {
					_ = response.Body.Close()
				}
				outcome <- err
			}()
			<-arrived
			if name == "cut off" {
				require.NoError(t, f.end())
				require.Error(t, <-outcome)
				return
			}
			ended := make(chan error, 1)
			go func() { ended <- f.end() }()
			require.Eventually(t, func() bool {
				connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.address)
				if err == nil {
					_ = connection.Close()
				}
				return err != nil
			}, time.Minute, time.Millisecond, "no new connections are taken")
			close(release)
			require.NoError(t, <-outcome)
			require.NoError(t, <-ended)
		})
	}
}
