package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// access says what a request to a path needs.
type access int

const (
	anyone        access = iota + 1 // no account
	anyAccount                      // an account; a connector in the path must not be another relation's
	listing                         // as anyAccount; the answer is filtered
	creation                        // as anyAccount; the body names the connector
	replacement                     // as anyAccount; the body may repeat the connector's name
	amendment                       // as replacement, and the connector need not be given in full
	validation                      // as anyAccount; the body may name a connector
	operatorsOnly                   // an account of the operator
	workersOnly                     // Connect's internal signature and no account
)

type pattern struct {
	path    string // {name} stands for one segment
	methods map[string]access
}

// api is the REST API of Kafka Connect 3.9 to 4.3 (ConnectorsResource, InternalConnectResource,
// ConnectorPluginsResource, LoggingResource, HealthCheckResource, RootResource). What is not here does not exist.
var api = []pattern{
	{"/", methods{"GET": anyAccount}},
	{"/health", methods{"GET": anyone}},
	{"/connectors", methods{"GET": listing, "POST": creation}},
	{"/connectors/{connector}", methods{"GET": anyAccount, "DELETE": anyAccount}},
	{"/connectors/{connector}/config", methods{"GET": anyAccount, "PUT": replacement, "PATCH": amendment}},
	{"/connectors/{connector}/status", methods{"GET": anyAccount}},
	{"/connectors/{connector}/restart", methods{"POST": anyAccount}},
	{"/connectors/{connector}/pause", methods{"PUT": anyAccount}},
	{"/connectors/{connector}/resume", methods{"PUT": anyAccount}},
	{"/connectors/{connector}/stop", methods{"PUT": anyAccount}},
	{"/connectors/{connector}/topics", methods{"GET": anyAccount}},
	{"/connectors/{connector}/topics/reset", methods{"PUT": anyAccount}},
	{"/connectors/{connector}/offsets", methods{"GET": anyAccount, "PATCH": anyAccount, "DELETE": anyAccount}},
	{"/connectors/{connector}/tasks", methods{"GET": anyAccount, "POST": workersOnly}},
	{"/connectors/{connector}/tasks-config", methods{"GET": anyAccount}}, // until 3.9
	{"/connectors/{connector}/tasks/{task}/status", methods{"GET": anyAccount}},
	{"/connectors/{connector}/tasks/{task}/restart", methods{"POST": anyAccount}},
	{"/connectors/{connector}/fence", methods{"PUT": workersOnly}},
	{"/connector-plugins", methods{"GET": anyAccount}},
	{"/connector-plugins/{plugin}/config", methods{"GET": anyAccount}},
	{"/connector-plugins/{plugin}/config/validate", methods{"PUT": validation}},
	{"/admin/loggers", methods{"GET": operatorsOnly}},
	{"/admin/loggers/{logger}", methods{"GET": operatorsOnly, "PUT": operatorsOnly}},
}

type methods = map[string]access

// route is a request line that was checked. Only what is in it goes to the worker.
type route struct {
	access    access
	pattern   string // of the api
	path      string // plain: needs no escaping
	connector string // "" when the path names none
}

// parseRoute checks method and path, as escaped in the request. It takes one slash at the end and escaped plain
// letters, and gives the path without them. It refuses everything two readers could understand in two ways: empty and
// dot segments, escaped slashes, parameters behind a semicolon, escapes of escapes.
func parseRoute(method, escaped string) (route, *refusal) {
	segments, refused := splitPath(escaped)
	if refused != nil {
		return route{}, refused
	}
	for _, candidate := range api {
		connector, fits := candidate.match(segments)
		if !fits {
			continue
		}
		access, known := candidate.methods[method]
		if !known {
			return route{}, candidate.otherMethod()
		}
		if connector != "" && !plainName(connector) {
			return route{}, refuse(http.StatusBadRequest, "the name of a connector consists of A-Z a-z 0-9 . _ - here")
		}
		return route{access, candidate.path, "/" + strings.Join(segments, "/"), connector}, nil
	}
	return route{}, refuse(http.StatusNotFound, "HTTP 404 Not Found")
}

func splitPath(escaped string) ([]string, *refusal) {
	rest, rooted := strings.CutPrefix(escaped, "/")
	if !rooted {
		return nil, refuse(http.StatusBadRequest, "the path must begin with a slash")
	}
	if rest == "" {
		return nil, nil
	}
	segments := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || !plainSegment(plain) {
			return nil, refuse(http.StatusBadRequest, "each part of the path consists of A-Z a-z 0-9 . _ - $ here and is not . or ..")
		}
		segments[i] = plain
	}
	return segments, nil
}

// match says whether the segments fit, and which of them is a connector's name.
func (p pattern) match(segments []string) (connector string, fits bool) {
	rest := p.path[1:]
	for i, segment := range segments {
		part, behind, more := strings.Cut(rest, "/")
		rest = behind
		if more != (i < len(segments)-1) {
			return "", false
		}
		switch {
		case part == "{connector}":
			connector = segment
		case part == "" || part[0] != '{' && part != segment:
			return "", false
		}
	}
	return connector, rest == ""
}

func (p pattern) otherMethod() *refusal {
	var allowed []string
	for method := range p.methods {
		allowed = append(allowed, method)
	}
	slices.Sort(allowed)
	refused := refuse(http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed")
	refused.allow = strings.Join(allowed, ", ")
	return refused
}

// plainName says whether a connector's name is one that every part of Kafka Connect reads in the same way. Connect
// creates others too, and then cannot read or delete them.
func plainName(name string) bool {
	return plainSegment(name) && !strings.Contains(name, "$")
}

// plainSegment also allows the $ of a nested Java class.
func plainSegment(segment string) bool {
	for _, letter := range []byte(segment) {
		switch {
		case 'a' <= letter && letter <= 'z', 'A' <= letter && letter <= 'Z', '0' <= letter && letter <= '9':
		case letter == '.', letter == '_', letter == '-', letter == '$':
		default:
			return false
		}
	}
	return segment != "" && segment != "." && segment != ".."
}
