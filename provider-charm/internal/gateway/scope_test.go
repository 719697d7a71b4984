package gateway_test

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/provider-charm/internal/gateway"
)

const (
	ofOne    = "app_r1_" + uuid
	ofTwelve = "app_r12_" + uuid
	tricky   = "x_r1_r12_" + uuid // of relation 12: the last mark counts
	unmarked = "my.own-name"
)

func TestAClientReachesItsOwnAndUnmarkedConnectorsOnly(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	type reach struct{ one, twelve bool }
	connectors := map[string]reach{
		ofOne:                               {true, false},
		ofTwelve:                            {false, true},
		tricky:                              {false, true},
		unmarked:                            {true, true},
		"app_r012_" + uuid:                  {false, false}, // 012 is no relation's
		"app_r2_" + uuid:                    {false, false},
		"app_r10_" + uuid:                   {false, false}, // begins as 1 does
		"app_r01_" + uuid:                   {false, false},
		"foor1_" + uuid:                     {true, false}, // the contract's expression asks for no _ before the r
		"r12_" + uuid:                       {true, true},  // and for something before the mark
		"app_r12_" + uuid[1:]:               {true, true},
		"app_r12_" + strings.ToUpper(uuid):  {true, true},
		"app_r12_" + uuid + "0":             {true, true},
		"app_r12_" + uuid + ".r1_" + uuid:   {true, false},
		"app_r99999999999999999999_" + uuid: {false, false},
		"app_r1_" + uuid + "_r12_" + uuid:   {false, true},
	}
	uses := []struct{ method, path, body string }{
		{"GET", "", ""},
		{"DELETE", "", ""},
		{"GET", "/config", ""},
		{"PATCH", "/config", `{"a":"b"}`},
		{"GET", "/status", ""},
		{"POST", "/restart?includeTasks=true", ""},
		{"PUT", "/pause", ""},
		{"PUT", "/resume", ""},
		{"PUT", "/stop", ""},
		{"GET", "/topics", ""},
		{"PUT", "/topics/reset", ""},
		{"GET", "/offsets", ""},
		{"PATCH", "/offsets", `{}`},
		{"DELETE", "/offsets", ""},
		{"GET", "/tasks", ""},
		{"GET", "/tasks-config", ""},
		{"GET", "/tasks/0/status", ""},
		{"POST", "/tasks/0/restart", ""},
	}
	for name, may := range connectors {
		for _, use := range uses {
			f.expect(t, f.one, may.one, 404, use.method, "/connectors/"+name+use.path, use.body)
			f.expect(t, f.twelve, may.twelve, 404, use.method, "/connectors/"+name+use.path, use.body)
			f.expect(t, f.operator, true, 404, use.method, "/connectors/"+name+use.path, use.body)
		}
		for who, may := range map[user]bool{f.one: may.one, f.twelve: may.twelve, f.operator: true} {
			f.expect(t, who, may, 403, "PUT", "/connectors/"+name+"/config", `{"connector.class":"C"}`)
			f.expect(t, who, may, 403, "POST", "/connectors", `{"name":"`+name+`","config":{}}`)
		}
	}
	hiddenOne := f.do(t, f.one, "GET", "/connectors/"+ofTwelve, "")
	assert.JSONEq(t, `{"error_code":404,"message":"Connector `+ofTwelve+` not found"}`, hiddenOne.body)
}

func TestNobodyValidatesOrTakesTheGroupOfAnother(t *testing.T) {
	t.Parallel()
	f := start(t, says(200, `{}`))
	validate := "/connector-plugins/C/config/validate"
	override := func(group string) string { return `{"consumer.override.group.id":"` + group + `"}` }
	for _, c := range []struct {
		method, target, body string
		want                 int
	}{
		{"PUT", validate, `{"connector.class":"C"}`, 200},
		{"PUT", validate, `{"name":"` + ofOne + `"}`, 200},
		{"PUT", validate, `{"name":"` + ofTwelve + `"}`, 403},
		{"PUT", validate, `{"name":"a","name":"` + ofTwelve + `"}`, 400},
		{"PUT", validate, override("connect-" + ofTwelve), 403},
		{"PUT", "/connectors/a/config", override("connect-" + ofOne), 200},
		{"PUT", "/connectors/a/config", override("mine"), 200},
		{"PUT", "/connectors/a/config", override("connect-" + ofTwelve), 403},
		{"PATCH", "/connectors/a/config", override("connect-" + ofTwelve), 403},
		{"POST", "/connectors", `{"name":"a","config":` + override("connect-"+ofTwelve) + `}`, 403},
		{"PUT", "/connectors/a/config", override("connect-" + ofTwelve + " "), 403}, // Kafka cuts it off
		{"PUT", "/connectors/a/config", override(`\n connect-` + ofTwelve + `\u0000\t`), 403},
		{"PUT", "/connectors/a/config", override("${connector-secrets:/proc/self/cwd/secrets/relation-1:group}"), 403},
		{"PUT", "/connectors/a/config", override("connect-${file:/srv/names:a}"), 403},
	} {
		got := f.do(t, f.one, c.method, c.target, c.body)
		assert.Equal(t, c.want, got.status, "%s %s %s", c.method, c.target, c.body)
		assert.Equal(t, c.want == 200, len(f.taken()) == 1)
		if c.want == 403 {
			assert.Equal(t, 200, f.do(t, f.operator, c.method, c.target, c.body).status, "the operator may")
			f.taken()
		}
	}
}

// expect says whether a request reaches the worker, and how it is refused if not.
func (f *fixture) expect(t *testing.T, who user, reaches bool, otherwise int, method, target, body string) {
	t.Helper()
	got := f.do(t, who, method, target, body)
	if reaches {
		assert.Equal(t, 200, got.status, "%s %s %s %s", who.name, method, target, got.body)
		assert.Len(t, f.taken(), 1)
		return
	}
	assert.Equal(t, otherwise, got.status, "%s %s %s", who.name, method, target)
	assert.Empty(t, f.taken())
}

func TestListingsLeaveOutForeignConnectors(t *testing.T) {
	t.Parallel()
	names := `["` + ofOne + `", "` + ofTwelve + `", "` + unmarked + `", "` + tricky + `", "odd name_r12_` + uuid + `"]`
	expanded := `{"` + ofTwelve + `":{"info":{"name":"x"}},"` + ofOne + `":{"status":{"a<b":1.50}},"` + unmarked + `":{}}`
	f := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("expand") {
			says(200, expanded)(w, r)
			return
		}
		says(200, names)(w, r)
	})
	cases := []struct {
		name, target, want string
		who                user
	}{
		{"names", "/connectors", `["` + ofOne + `","` + unmarked + `"]`, f.one},
		{"names of another", "/connectors/", `["` + ofTwelve + `","` + unmarked + `","` + tricky + `","odd name_r12_` + uuid + `"]`, f.twelve},
		{"expanded", "/connectors?expand=info&expand=status", `{"` + ofOne + `":{"status":{"a<b":1.50}},"` + unmarked + `":{}}`, f.one},
		{"the operator's", "/connectors", strings.ReplaceAll(names, ", ", ","), f.operator},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := f.do(t, c.who, "GET", c.target, "")
			assert.Equal(t, 200, got.status)
			assert.Equal(t, c.want, got.body)
			assert.Equal(t, "application/json", got.header.Get("Content-Type"))
		})
	}
	for _, request := range f.taken() {
		assert.Empty(t, request.header.Get("Accept-Encoding"))
	}
}

func TestAListingInPiecesComesAsAWhole(t *testing.T) {
	t.Parallel()
	f := start(t, healthyAnd(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		for _, piece := range []string{`["` + ofOne, `","` + ofTwelve + `"`, `]`} {
			_, err := w.Write([]byte(piece))
			assert.NoError(t, err)
			assert.NoError(t, http.NewResponseController(w).Flush())
		}
		w.Header().Set("X-Sum", "1")
	}))
	got := f.do(t, f.one, "GET", "/connectors", "")
	assert.Equal(t, `["`+ofOne+`"]`, got.body)
	assert.Equal(t, []string{strconv.Itoa(len(got.body))}, got.header.Values("Content-Length"))
	assert.Empty(t, got.header.Values("Trailer"))
}

func TestAListingThatCannotBeFilteredIsNotPassedOn(t *testing.T) {
	t.Parallel()
	cases := map[string]http.HandlerFunc{
		"not JSON":       says(200, ofTwelve),
		"a text":         says(200, `"`+ofTwelve+`"`),
		"broken":         says(200, `["`+ofTwelve+`"`),
		"two documents":  says(200, `[]["`+ofTwelve+`"]`),
		"other elements": says(200, `[{"name":"`+ofTwelve+`"}]`),
		"too large":      says(200, `["`+ofTwelve+`"`+strings.Repeat(" ", 2000)+`]`),
		"partial":        says(206, ofTwelve),
		"compressed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = packed.Write([]byte(`["` + ofTwelve + `"]`))
			_ = packed.Close()
		},
	}
	for name, worker := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, worker, withConfig(func(c *gateway.Config) { c.MaxListing = 1000 }))
			got := f.do(t, f.one, "GET", "/connectors", "", "Accept-Encoding", "gzip")
			assert.Equal(t, 502, got.status)
			assert.NotContains(t, got.body, ofTwelve)
			assert.Contains(t, got.body, `"error_code":502`)
		})
	}
}

func TestAnErrorInPlaceOfAListingIsPassedOn(t *testing.T) {
	t.Parallel()
	f := start(t, says(409, `{"error_code":409,"message":"rebalance"}`))
	got := f.do(t, f.one, "GET", "/connectors", "")
	assert.Equal(t, 409, got.status)
	assert.JSONEq(t, `{"error_code":409,"message":"rebalance"}`, got.body)
}

func TestABodyTheWorkerCouldReadDifferentlyIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, says(201, `{}`))
	deep := strings.Repeat(`{"a":`, 20) + `1` + strings.Repeat(`}`, 20)
	cases := map[string]struct {
		method, target, body string
		want                 int
	}{
		"plain":                         {"POST", "/connectors", `{"name":"a","config":{"name":"a","x":"y"},"initial_state":"STOPPED"}`, 201},
		"without configured name":       {"POST", "/connectors", ` { "config" : {} , "name" : "a" } `, 201},
		"without configuration":         {"POST", "/connectors", `{"name":"a"}`, 201}, // the worker's to refuse
		"escaped name":                  {"POST", "/connectors", `{"n\u0061me":"\u0061","config":{}}`, 201},
		"large number":                  {"POST", "/connectors", `{"name":"a","config":{"x":1e999}}`, 201},
		"no body":                       {"POST", "/connectors", ``, 415},
		"not JSON":                      {"POST", "/connectors", `name=a`, 400},
		"array":                         {"POST", "/connectors", `[]`, 400},
		"null":                          {"POST", "/connectors", `null`, 400},
		"no name":                       {"POST", "/connectors", `{"config":{}}`, 400},
		"name in capitals":              {"POST", "/connectors", `{"NAME":"a","config":{}}`, 400},
		"null name":                     {"POST", "/connectors", `{"name":null,"config":{}}`, 400},
		"number as name":                {"POST", "/connectors", `{"name":5,"config":{}}`, 400},
		"empty name":                    {"POST", "/connectors", `{"name":"","config":{}}`, 400},
		"spaces to be trimmed":          {"POST", "/connectors", `{"name":" ` + ofTwelve + ` ","config":{}}`, 400},
		"slash in name":                 {"POST", "/connectors", `{"name":"a/b","config":{}}`, 400},
		"dots as name":                  {"POST", "/connectors", `{"name":"..","config":{}}`, 400},
		"NUL in name":                   {"POST", "/connectors", `{"name":"a\u0000","config":{}}`, 400},
		"name twice":                    {"POST", "/connectors", `{"name":"a","config":{},"name":"` + ofTwelve + `"}`, 400},
		"name twice, once escaped":      {"POST", "/connectors", `{"name":"a","config":{},"n\u0061me":"` + ofTwelve + `"}`, 400},
		"configuration twice":           {"POST", "/connectors", `{"name":"a","config":{},"config":{"name":"` + ofTwelve + `"}}`, 400},
		"configured name twice":         {"POST", "/connectors", `{"name":"a","config":{"name":"a","name":"` + ofTwelve + `"}}`, 400},
		"other configured name":         {"POST", "/connectors", `{"name":"a","config":{"name":"b"}}`, 400},
		"foreign configured name":       {"POST", "/connectors", `{"name":"a","config":{"name":"` + ofTwelve + `"}}`, 400},
		"data behind the end":           {"POST", "/connectors", `{"name":"a","config":{}}{"name":"b"}`, 400},
		"comment":                       {"POST", "/connectors", `{"name":"a",/*"name":"b",*/"config":{}}`, 400},
		"byte order mark":               {"POST", "/connectors", "\ufeff" + `{"name":"a","config":{}}`, 400},
		"not UTF-8":                     {"POST", "/connectors", "{\"name\":\"a\",\"config\":{\"x\":\"\xff\"}}", 400},
		"UTF-16":                        {"POST", "/connectors", "{\x00\"\x00n\x00a\x00m\x00e\x00\"\x00:\x00\"\x00a\x00\"\x00}\x00", 400},
		"nested too deep":               {"POST", "/connectors", `{"name":"a","config":` + deep + `}`, 400},
		"put":                           {"PUT", "/connectors/a/config", `{"x":"y"}`, 201},
		"put with its name":             {"PUT", "/connectors/a/config", `{"name":"a"}`, 201},
		"put with another name":         {"PUT", "/connectors/a/config", `{"name":"b"}`, 400},
		"put with a foreign name":       {"PUT", "/connectors/a/config", `{"name":"` + ofTwelve + `"}`, 400},
		"put with a null name":          {"PUT", "/connectors/a/config", `{"name":null}`, 400},
		"put with a number for name":    {"PUT", "/connectors/5/config", `{"name":5}`, 400},
		"put with name twice":           {"PUT", "/connectors/a/config", `{"name":"a","name":"b"}`, 400},
		"put an array":                  {"PUT", "/connectors/a/config", `[{"name":"b"}]`, 400},
		"patch":                         {"PATCH", "/connectors/a/config", `{"x":null}`, 201},
		"patch with another name":       {"PATCH", "/connectors/a/config", `{"name":"b"}`, 400},
		"patch that takes the name off": {"PATCH", "/connectors/a/config", `{"name":null}`, 400},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := f.do(t, f.one, c.method, c.target, c.body)
			assert.Equal(t, c.want, got.status, got.body)
			reached := f.taken()
			if c.want != 201 {
				assert.Empty(t, reached)
				return
			}
			require.Len(t, reached, 1)
			assert.Equal(t, c.body, reached[0].body, "forwarded as it came")
		})
	}
}

func TestABodyInAnotherEncodingIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, says(201, `{}`))
	cases := map[string]struct {
		headers []string
		want    int
	}{
		"JSON":                 {[]string{"Content-Type", "application/json"}, 201},
		"JSON in UTF-8":        {[]string{"Content-Type", "Application/JSON; charset=UTF-8"}, 201},
		"none":                 {[]string{"Content-Type", ""}, 415},
		"form":                 {[]string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		"JSON in UTF-16":       {[]string{"Content-Type", "application/json; charset=utf-16"}, 415},
		"two types in one":     {[]string{"Content-Type", "application/json, text/plain"}, 415},
		"compressed":           {[]string{"Content-Encoding", "gzip"}, 415},
		"said to be unchanged": {[]string{"Content-Encoding", "identity"}, 415},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for method, target := range map[string]string{"POST": "/connectors", "PUT": "/connectors/a/config", "PATCH": "/connectors/a/config"} {
				got := f.do(t, f.one, method, target, `{"name":"a"}`, c.headers...)
				assert.Equal(t, c.want, got.status, "%s %s", method, got.body)
			}
		})
	}
}
