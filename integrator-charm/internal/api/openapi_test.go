package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contract is /openapi.json, to hold answers to.
type contract struct {
	document map[string]any
	compiler *jsonschema.Compiler
}

func readContract(t *testing.T, s *stage) *contract {
	t.Helper()
	response := s.ask(http.MethodGet, "/openapi.json", "", sesame)
	require.Equal(t, http.StatusOK, response.StatusCode)
	document, err := jsonschema.UnmarshalJSON(response.Body)
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4) // OpenAPI 3.0's schemas are a kind of it
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("openapi.json", document))
	return &contract{document.(map[string]any), compiler}
}

// at follows the words, and references.
func (c *contract) at(from any, words ...string) any {
	for _, word := range words {
		from = c.resolved(from).(map[string]any)[word]
	}
	return c.resolved(from)
}

func (c *contract) resolved(node any) any {
	fields, is := node.(map[string]any)
	if reference, has := fields["$ref"].(string); is && has {
		return c.at(c.document, strings.Split(strings.TrimPrefix(reference, "#/"), "/")...)
	}
	return node
}

// content gives the schema's place of an answer, and whether the contract knows an answer like that.
func (c *contract) content(method, path string, response *http.Response) (schema any, err error) {
	responses := c.at(c.document, "paths", path, strings.ToLower(method), "responses").(map[string]any)
	said, is := responses[fmt.Sprint(response.StatusCode)]
	if !is {
		said, is = responses["default"]
	}
	if !is {
		return nil, fmt.Errorf("no answer %d", response.StatusCode)
	}
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	content, _ := c.resolved(said).(map[string]any)["content"].(map[string]any)
	if kind == "" && content == nil {
		return nil, nil
	}
	media, is := content[kind].(map[string]any)
	if !is {
		return nil, fmt.Errorf("no answer %d of %s", response.StatusCode, kind)
	}
	return media["schema"], nil
}

// holds requires an answer to be as the contract says.
func (c *contract) holds(t *testing.T, method, path string, response *http.Response) {
	t.Helper()
	schema, err := c.content(method, path, response)
	require.NoError(t, err, "%s %s", method, path)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, c.schema(t, schema).Validate(value), "%s %s: %s", method, path, body)
}

// schema is compiled in a document of its own, in which references lead to the contract.
func (c *contract) schema(t *testing.T, schema any) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(schema)
	require.NoError(t, err)
	own, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(string(text), `"#/components`, `"openapi.json#/components`)))
	require.NoError(t, err)
	name := fmt.Sprintf("%x.json", text)
	if err := c.compiler.AddResource(name, own); err != nil {
		require.ErrorContains(t, err, "already exists")
	}
	compiled, err := c.compiler.Compile(name)
	require.NoError(t, err)
	return compiled
}

// asked has for each operation of the contract a request, and the answer that it gets.
var asked = map[string]struct {
	path, body string
	want       int
}{
	"GET /connectors/{state}":               {"/connectors/running", "", 200},
	"POST /connectors/sync":                 {"/connectors/sync", "", 200},
	"GET /validate":                         {"/validate", "", 200},
	"POST /connectors/{name}/control":       {"/connectors/orders-1/control", token456, 202},
	"GET /api/v1/overlays":                  {"/api/v1/overlays", "", 200},
	"GET /api/v1/overlays/{name}":           {"/api/v1/overlays/orders-1", "", 200},
	"DELETE /api/v1/overlays/{name}":        {"/api/v1/overlays/orders-1?key=a&key=b", "", 200},
	"GET /api/v1/charm/overlays":            {"/api/v1/charm/overlays", "", 200},
	"PUT /api/v1/charm/overlays":            {"/api/v1/charm/overlays", "{}", 204},
	"PUT /api/v1/charm/overlays/delivered":  {"/api/v1/charm/overlays/delivered", `{"version":7}`, 204},
	"GET /api/v1/connections":               {"/api/v1/connections", "", 200},
	"POST /api/v1/connections":              {"/api/v1/connections", registry, 201},
	"GET /api/v1/connections/{id}":          {"/api/v1/connections/registry", "", 200},
	"PUT /api/v1/connections/{id}":          {"/api/v1/connections/registry", registry, 200},
	"DELETE /api/v1/connections/{id}":       {"/api/v1/connections/registry", "", 204},
	"POST /api/v1/connections/{id}/probe":   {"/api/v1/connections/registry/probe", "", 200},
	"GET /api/v1/events/connections":        {"/api/v1/events/connections", "", 401}, // the stream has a test of its own
	"GET /api/v1/clusters":                  {"/api/v1/clusters", "", 200},
	"GET /api/v1/status":                    {"/api/v1/status", "", 200},
	"GET /api/v1/connectors":                {"/api/v1/connectors", "", 200},
	"GET /api/v1/connectors/{name}":         {"/api/v1/connectors/broken_r1", "", 200},
	"DELETE /api/v1/connectors/{name}":      {"/api/v1/connectors/broken", "", 204},
	"POST /api/v1/connectors/{name}/{verb}": {"/api/v1/connectors/broken/restart", "", 204},
	"GET /api/v1/plan":                      {"/api/v1/plan", "", 200},
	"POST /api/v1/plans/{id}/approve":       {"/api/v1/plans/p1/approve", `{"comment":"yes"}`, 200},
	"POST /api/v1/plans/{id}/reject":        {"/api/v1/plans/p1/reject", "", 200},
	"GET /api/v1/plans/{id}/report":         {"/api/v1/plans/p1/report?format=json", "", 200},
	"GET /api/v1/plans":                     {"/api/v1/plans?limit=2&before=9", "", 200},
	"GET /api/v1/receivers":                 {"/api/v1/receivers", "", 200},
	"GET /api/v1/history":                   {"/api/v1/history?limit=2&before=9", "", 200},
	"GET /api/v1/silences":                  {"/api/v1/silences", "", 200},
	"POST /api/v1/silences":                 {"/api/v1/silences", `{"connector":"wiki*","duration":"2h"}`, 201},
	"DELETE /api/v1/silences/{id}":          {"/api/v1/silences/s1", "", 204},
	"GET /api/v1/events":                    {"/api/v1/events?cluster=elsewhere", "", 404}, // the stream has a test of its own
	"POST /api/v1/reload":                   {"/api/v1/reload", "", 200},
	"GET /api/v1/me":                        {"/api/v1/me", "", 200},
	"POST /api/v1/session":                  {"/api/v1/session", `{"token":"open sesame"}`, 200},
	"DELETE /api/v1/session":                {"/api/v1/session", "", 204},
	"POST /hooks/source":                    {"/hooks/source", "{}", 202},
	"GET /metrics":                          {"/metrics", "", 200},
	"GET /health/live":                      {"/health/live", "", 200},
	"GET /health/ready":                     {"/health/ready", "", 200},
	"GET /openapi.json":                     {"/openapi.json", "", 200},
}

// isOfTheCharm says whether a route is the socket's alone.
func isOfTheCharm(path string) bool { return strings.HasPrefix(path, "/api/v1/charm/") }

func TestTheContractNamesEveryRouteAndEachAnswersByIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := readContract(t, s)
	operations := 0
	for path, item := range c.document["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			operations++
			method = strings.ToUpper(method)
			each, is := asked[method+" "+path]
			require.True(t, is, "%s %s: no request", method, path)
			token := sesame
			if each.want == http.StatusUnauthorized {
				token = "Authorization: nobody"
			}
			if strings.Contains(path, "/plans/") && method == http.MethodPost {
				token = agree
			}
			ask := s.ask
			if isOfTheCharm(path) {
				ask = s.askLocally
			}
			response := ask(method, each.path, each.body, token)
			require.Equal(t, each.want, response.StatusCode, "%s %s", method, path)
			c.holds(t, method, path, response)
		}
	}
	assert.Len(t, asked, operations, "the contract lacks an operation")
}

func TestRefusalsAreByTheContractToo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := readContract(t, s)
	for operation, each := range asked {
		method, path, _ := strings.Cut(operation, " ")
		if isForEveryone(path) {
			continue
		}
		refused := s.ask(method, each.path, each.body)
		require.Equal(t, http.StatusUnauthorized, refused.StatusCode, operation)
		c.holds(t, method, path, refused)
	}
	s.manager.fail("ready", io.EOF)
	unready := s.ask(http.MethodGet, "/health/ready", "")
	require.Equal(t, http.StatusServiceUnavailable, unready.StatusCode)
	c.holds(t, http.MethodGet, "/health/ready", unready)
}
