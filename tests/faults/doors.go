package faults

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/pair"
)

// knock asks a gateway for its connectors; 0 is no answer.
func knock(ctx context.Context, endpoint string, account *login) (code int) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/connectors", nil)
	if err != nil {
		return 0
	}
	request.Close = true
	if account != nil {
		request.SetBasicAuth(account.username, account.password)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body) // what it says does not matter
	return answer.StatusCode
}

// letsIn says whether an answer shows that the account is known.
func letsIn(code int) bool {
	return code != 0 && code != http.StatusUnauthorized && code != http.StatusTooManyRequests
}

// endpoint is where a unit's gateway is.
func endpoint(unit jujutest.UnitInfo) string { return "http://" + unit.Address + ":8083" }

// strangers are those who never have a valid account: nobody, unknown names, and known ones with another password or none.
func (s *Stage) strangers() []*login {
	all := []*login{nil, {"", ""}, {"nobody", "nothing"}, {"operator", ""}, {adminName, "wrong"}}
	for _, app := range s.clients() {
		if now, is := s.published(app); is {
			all = append(all, &login{now.Username, ""}, &login{now.Username, "wrong"}, &login{"", now.Password})
		}
	}
	return all
}

// clients are the applications that have accounts.
func (s *Stage) clients() []string { return []string{s.Keeper.App, s.Guest.App, linesApp} }

// intruders says who comes in at a unit that may not.
func (s *Stage) intruders(ctx context.Context, unit jujutest.UnitInfo, who []*login) (problems []string) {
	for _, account := range who {
		if code := knock(ctx, endpoint(unit), account); letsIn(code) {
			problems = append(problems, fmt.Sprintf("%s answers %d to %s", unit.Name, code, account))
		}
	}
	return problems
}

func (l *login) String() string {
	switch {
	case l == nil:
		return "somebody without a login"
	case l.password == "":
		return fmt.Sprintf("%q without a password", l.username)
	}
	return fmt.Sprintf("%q with the password %q", l.username, l.password)
}

// ghosts are the logins of relations that have ended, on a unit that knows it: its hook relation-broken has run to its end.
// A unit that leaves has that hook too, of relations that go on, and changes nothing: its gateway ends with it.
func (s *Stage) ghosts(unit string) (all []*login) {
	if s.Ledger.isLeaving(unit) {
		return nil
	}
	for _, run := range s.HookLog() {
		if run.Unit != unit || run.Name != clientEndpoint+"-relation-broken" || run.Err != "" {
			continue
		}
		if relation := relationOf(run); !s.goesOn(relation) {
			for _, account := range s.Ledger.of(relation) {
				all = append(all, &account)
			}
		}
	}
	return all
}

// relationOf is the client's relation that a hook was about.
func relationOf(run jujutest.HookRun) (relation int) {
	for _, variable := range run.Env {
		if id, is := strings.CutPrefix(variable, "JUJU_RELATION_ID="+clientEndpoint+":"); is {
			_, _ = fmt.Sscan(id, &relation) // Juju's own
		}
	}
	return relation
}

// goesOn says whether there is a relation, which does not end.
func (s *Stage) goesOn(relation int) bool {
	return slices.ContainsFunc(s.Relations(), func(r jujutest.RelationInfo) bool { return r.ID == relation && !r.Dying })
}

// refused says which clients are refused at an endpoint that is published for them, with what is published now. A password that
// ends without an overlap, as was asked for, is refused from within the hook that announces the next one: so a refusal
// counts when the unit's next hook has run to its end, and what is published is still the same.
func (s *Stage) refused(ctx context.Context) (problems []string) {
	for _, app := range s.clients() {
		now, is := s.published(app)
		if !is {
			continue
		}
		s.Ledger.see(now)
		for _, at := range now.Endpoints {
			if code := knock(ctx, at, &login{now.Username, now.Password}); isRefusal(code) && s.staysRefused(ctx, app, at, now) {
				problems = append(problems, fmt.Sprintf("%s answers %d to what is published for %s", at, code, app))
			}
		}
	}
	return problems
}

func isRefusal(code int) bool { return code == http.StatusUnauthorized || code == http.StatusForbidden }

// staysRefused looks again at a refusal until it is none, or counts.
func (s *Stage) staysRefused(ctx context.Context, app, at string, refused Published) bool {
	leader := s.Leader(pair.Provider)
	until := s.succeeded(leader)
	if s.Ledger.abrupt() {
		until += 2 // one may run, and be killed
	}
	for ctx.Err() == nil {
		now, is := s.published(app)
		if !is || now.Password != refused.Password || !slices.Contains(now.Endpoints, at) || s.Leader(pair.Provider) != leader {
			return false
		}
		if !isRefusal(knock(ctx, at, &login{now.Username, now.Password})) {
			return false
		}
		if s.succeeded(leader) >= until {
			return true
		}
		pause(ctx, glance)
	}
	return false
}

// succeeded counts the hooks of a unit that ran to their end.
func (s *Stage) succeeded(unit string) (hooks int) {
	for _, run := range s.HookLog() {
		if run.Unit == unit && run.Err == "" {
			hooks++
		}
	}
	return hooks
}

// closed says who comes in to a pair at rest that may not any more.
func (s *Stage) closed(ctx context.Context) (problems []string) {
	valid := map[login]bool{}
	for _, app := range s.clients() {
		if now, is := s.published(app); is {
			valid[login{now.Username, now.Password}] = true
		}
	}
	if account, open := s.Admin.login(); open {
		valid[account] = true
	}
	var past []*login
	for _, account := range s.Ledger.all() {
		if !valid[account] {
			past = append(past, &account)
		}
	}
	for _, name := range s.Units(pair.Provider) {
		if unit, err := s.Unit(name); err == nil {
			problems = append(problems, s.intruders(ctx, unit, append(s.strangers(), past...))...)
		}
	}
	return problems
}

// served says which clients of a pair at rest do not have what they are to have: endpoints of all units, which let them in.
func (s *Stage) served(ctx context.Context) (problems []string) {
	units := s.Units(pair.Provider)
	for _, app := range s.clients() {
		if s.relation(app) == 0 {
			continue
		}
		now, _ := s.published(app)
		if len(now.Endpoints) != len(units) {
			problems = append(problems, fmt.Sprintf("%s has %d endpoints of %d units", app, len(now.Endpoints), len(units)))
		}
		for _, at := range now.Endpoints {
			if code := knock(ctx, at, &login{now.Username, now.Password}); code != http.StatusOK {
				problems = append(problems, fmt.Sprintf("%s answers %d to %s", at, code, app))
			}
		}
	}
	account, open := s.Admin.login()
	for _, name := range units {
		unit, err := s.Unit(name)
		if ports := unit.OpenPorts; err == nil && !slices.Equal(ports, []string{"8083/tcp"}) {
			problems = append(problems, fmt.Sprintf("the ports of %s that are open are %v", name, ports))
		}
		if code := knock(ctx, endpoint(unit), &account); err == nil && letsIn(code) != open {
			problems = append(problems, fmt.Sprintf("%s answers %d to the operator, whose secret is granted: %t", name, code, open))
		}
	}
	return problems
}
