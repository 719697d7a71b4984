package charm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/state"
)

// parameters are those of all actions.
type parameters struct {
	Cluster   string `json:"cluster"`
	Names     string `json:"names"` // of connectors, separated by spaces or commas
	Name      string `json:"name"`  // of one
	State     string `json:"state"`
	Online    bool   `json:"online"`
	Offsets   string `json:"offsets"` // a JSON document
	Stop      bool   `json:"stop"`
	Class     string `json:"class"`
	Logger    string `json:"logger"`
	Level     string `json:"level"`
	Seconds   int    `json:"seconds"`
	Plan      string `json:"plan"`
	Comment   string `json:"comment"`
	Limit     int    `json:"limit"`
	Before    int    `json:"before"`
	Connector string `json:"connector"` // a pattern
	Team      string `json:"team"`
	Duration  string `json:"duration"`
	ID        string `json:"id"`
	Message   string `json:"message"` // a control message, in JSON
	Secret    string `json:"secret"`  // the URI of a user secret that has one
	Keys      string `json:"keys"`    // of an overlay, separated by spaces or commas
}

// names are the connectors that are named.
func (p parameters) names() []string { return split(p.Names) }

// split takes words apart that are separated by spaces or commas.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
}

// verb carries out an action.
type verb func(ctx context.Context, u *unit, p parameters) (result, error)

// verbs are the actions. The running manager carries out what it knows best, for it writes history; what changes something
// is for the leader's. Its program does the rest, on any unit.
var verbs = map[string]verb{
	"plan":          daemon(http.MethodGet, func(p parameters) (string, any) { return "/api/v1/plan" + p.query(), nil }),
	"sync":          daemon(http.MethodPost, func(p parameters) (string, any) { return "/connectors/sync" + p.query(), nil }),
	"validate":      validate,
	"list":          daemon(http.MethodGet, list),
	"status":        describe,
	"export":        program(func(parameters) (flags, names []string) { return []string{"export"}, nil }),
	"wait":          connector(wait),
	"plugins":       program(plugins),
	"pause":         each(http.MethodPost, "/pause"),
	"resume":        each(http.MethodPost, "/resume"),
	"stop":          each(http.MethodPost, "/stop"),
	"restart":       each(http.MethodPost, "/restart"),
	"delete":        each(http.MethodDelete, ""),
	"get-offsets":   connector(func(p parameters) []string { return []string{"offsets", "get"} }),
	"set-offsets":   connector(func(p parameters) []string { return p.stopping("offsets", "set", "--file=-") }),
	"reset-offsets": connector(func(p parameters) []string { return p.stopping("offsets", "reset", "--yes") }),
	"loggers":       program(func(parameters) (flags, names []string) { return []string{"loggers", "list"}, nil }),
	"set-logger": program(func(p parameters) (flags, names []string) {
		return []string{"loggers", "set"}, []string{p.Logger, p.Level}
	}),
	"approve":          daemon(http.MethodPost, func(p parameters) (string, any) { return p.planPath("/approve"), p.comment() }),
	"reject":           daemon(http.MethodPost, func(p parameters) (string, any) { return p.planPath("/reject"), p.comment() }),
	"report":           daemon(http.MethodGet, func(p parameters) (string, any) { return p.planPath("/report?format=json"), nil }),
	"history":          daemon(http.MethodGet, history),
	"silences":         daemon(http.MethodGet, func(parameters) (string, any) { return "/api/v1/silences", nil }),
	"silence":          daemon(http.MethodPost, silence),
	"control":          sendControl,
	"show-overlays":    showOverlays,
	"clear-overlay":    daemon(http.MethodDelete, clearOverlay),
	"list-connections": daemon(http.MethodGet, func(parameters) (string, any) { return "/api/v1/connections", nil }),
	"end-silence": daemon(http.MethodDelete, func(p parameters) (string, any) {
		return "/api/v1/silences/" + url.PathEscape(p.ID), nil
	}),
}

// program is an action that the manager's program carries out. What is a name stands behind "--": none is taken for a flag.
func program(words func(p parameters) (flags, names []string)) verb {
	return func(ctx context.Context, u *unit, p parameters) (result, error) {
		flags, names := words(p)
		return u.run(ctx, p.Cluster, strings.NewReader(p.Offsets), append(append(flags, "--"), names...)...)
	}
}

// connector is an action of the manager's program on connectors that are named. The program knows them by their names in
// Kafka Connect, and people by those in the state file.
func connector(flags func(p parameters) []string) verb {
	return func(ctx context.Context, u *unit, p parameters) (result, error) {
		suffix, err := u.suffix(p.Cluster)
		if err != nil {
			return result{}, err
		}
		words := append(flags(p), "--")
		for _, name := range append(p.names(), strings.Fields(p.Name)...) {
			words = append(words, strings.TrimSuffix(name, suffix)+suffix)
		}
		return u.run(ctx, p.Cluster, strings.NewReader(p.Offsets), words...)
	}
}

// daemon is an action that the running manager carries out.
func daemon(method string, request func(p parameters) (path string, content any)) verb {
	return func(ctx context.Context, u *unit, p parameters) (result, error) {
		path, content := request(p)
		return u.ask(ctx, method, path, content)
	}
}

// each has the running manager do something to each connector that is named. One that fails holds up no other.
func each(method, suffix string) verb {
	return func(ctx context.Context, u *unit, p parameters) (result, error) {
		if len(p.names()) == 0 {
			return result{}, errors.New("which connectors? Name some in names")
		}
		var failed []error
		for _, name := range p.names() {
			if _, err := u.ask(ctx, method, "/api/v1/connectors/"+url.PathEscape(name)+suffix+p.query(), nil); err != nil {
				failed = append(failed, fmt.Errorf("connector %s: %w", name, err))
			}
		}
		return result{}, errors.Join(failed...)
	}
}

func (p parameters) query() string {
	if p.Cluster == "" {
		return ""
	}
	return "?cluster=" + url.QueryEscape(p.Cluster)
}

func (p parameters) planPath(rest string) string {
	return "/api/v1/plans/" + url.PathEscape(p.Plan) + rest
}

func (p parameters) comment() any { return map[string]string{"comment": p.Comment} }

func (p parameters) stopping(words ...string) []string {
	if p.Stop {
		return append(words, "--stop")
	}
	return words
}

// list gives the names of those that are in a state, and without one all that is known of all.
func list(p parameters) (path string, content any) {
	if p.State == "" {
		return "/api/v1/connectors" + p.query(), nil
	}
	return "/connectors/" + url.PathEscape(p.State) + p.query(), nil
}

// describe shows connectors with their whole stack traces, or without names all of them with a line of each.
func describe(ctx context.Context, u *unit, p parameters) (result, error) {
	return showEach(ctx, u, p, "/api/v1/connectors")
}

// showEach gets those of a list that are named, or without names the list.
func showEach(ctx context.Context, u *unit, p parameters, list string) (result, error) {
	if len(p.names()) == 0 {
		return u.ask(ctx, http.MethodGet, list+p.query(), nil)
	}
	var all []json.RawMessage
	for _, name := range p.names() {
		one, err := u.ask(ctx, http.MethodGet, list+"/"+url.PathEscape(name)+p.query(), nil)
		if err != nil {
			return result{}, err
		}
		all = append(all, one.output)
	}
	output, err := json.Marshal(all)
	return result{output: output}, err
}

func wait(p parameters) []string {
	return []string{"wait", "--for=" + p.State, "--timeout=" + strconv.Itoa(p.Seconds) + "s"}
}

func plugins(p parameters) (flags, names []string) {
	if p.Class != "" {
		names = []string{p.Class}
	}
	return []string{"plugins"}, names
}

func history(p parameters) (path string, content any) {
	query := url.Values{"limit": {strconv.Itoa(p.Limit)}}
	if p.Before > 0 {
		query.Set("before", strconv.Itoa(p.Before))
	}
	if p.Cluster != "" {
		query.Set("cluster", p.Cluster)
	}
	return "/api/v1/history?" + query.Encode(), nil
}

func silence(p parameters) (path string, content any) {
	return "/api/v1/silences", map[string]string{
		"connector": p.Connector, "team": p.Team, "comment": p.Comment, "duration": p.Duration,
	}
}

// validate checks the state file that the configuration names now; the manager has another where that one is wrong.
func validate(ctx context.Context, u *unit, p parameters) (result, error) {
	options, err := u.ConfigGet(ctx)
	if err != nil {
		return result{}, err
	}
	config := readConfig(options)
	file, err := u.observeState(ctx, config.State)
	if err != nil {
		return result{}, err
	}
	words := []string{"validate", "--environment=" + config.State.Environment}
	if p.Online {
		words = append(words, "--online")
	}
	switch {
	case !file.Text.IsZero():
		words = append(words, "--", "-")
	case file.Source != "" && file.Problem == "":
		words = append(words, "--", file.Source)
	case file.Problem+file.Waiting != "":
		return result{}, errors.New(file.Problem + file.Waiting)
	default:
		return result{}, errors.New("there is no state file")
	}
	done, err := u.run(ctx, p.Cluster, strings.NewReader(file.Text.Reveal()), words...)
	var found struct{ Problems state.Problems }
	if json.Unmarshal(done.output, &found) == nil && len(found.Problems) > 0 {
		done.failed = found.Problems.Error()
	}
	return done, err
}
