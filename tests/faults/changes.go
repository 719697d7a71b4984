package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"connectcharms/tests/pair"
)

// changes are what Juju and its people do, at a bad moment.
var changes = []Fault{
	fault{"a relation comes or goes", changeGuest},
	fault{"a relation goes and comes again at once", replaceGuest},
	fault{"another plugin is asked for", changePlugin},
	fault{"workers get another configuration", changeWorkers},
	fault{"a unit joins or leaves", changeUnits},
	fault{"a manager joins or leaves", changeManagers},
	fault{"the integrator's relation goes and comes again", replaceLines},
	fault{"a leader is lost", loseLeader},
	fault{"a client's password is rotated", rotatePassword},
	fault{"the operator's secret is revoked or granted", changeGrant},
	fault{"the operator's secret is changed or replaced", changeSecret},
	fault{"the state file changes", changeState},
	fault{"a control message comes", changeSource},
}

// changeGuest has the guest come where it is not, and go where it is.
func changeGuest(_ context.Context, s *Stage, random *rand.Rand) error {
	if s.relation(s.Guest.App) != 0 {
		s.say("the guest goes")
		return s.RemoveRelation(pair.Provider, s.Guest.App)
	}
	number := random.IntN(pluginCount)
	s.Guest.setPlugin(s.Plugins.url(number))
	if s.ends(s.Guest.App) {
		return nil // Juju has one relation of two endpoints at a time
	}
	s.say("the guest comes, with plugin %d", number)
	_, err := s.Integrate(pair.Provider, s.Guest.App)
	return err
}

// ends says whether a relation of an application's is still ending.
func (s *Stage) ends(app string) bool {
	for _, relation := range s.Relations() {
		if relation.Dying && strings.HasPrefix(relation.Endpoints[0], app+":") {
			return true
		}
	}
	return false
}

// replaceGuest ends the guest's relation, and makes the next as soon as Juju lets it.
func replaceGuest(ctx context.Context, s *Stage, random *rand.Rand) error {
	if s.relation(s.Guest.App) != 0 {
		if err := changeGuest(ctx, s, random); err != nil {
			return err
		}
	}
	for s.ends(s.Guest.App) && ctx.Err() == nil {
		pause(ctx, glance)
	}
	return changeGuest(ctx, s, random)
}

// replaceLines has the integrator begin anew, with connectors of other names, and secrets in another place.
func replaceLines(ctx context.Context, s *Stage, _ *rand.Rand) error {
	s.say("the relation of %s goes and comes again", linesApp)
	s.Lines.beginAnew()
	if err := s.RemoveRelation(pair.Provider, linesApp); err != nil {
		return err
	}
	for s.ends(linesApp) && ctx.Err() == nil {
		pause(ctx, glance)
	}
	s.Lines.beginAnew()
	_, err := s.Integrate(pair.Provider, linesApp)
	return err
}

// changePlugin has the keeper ask for another plugin: a rollout.
func changePlugin(_ context.Context, s *Stage, random *rand.Rand) error {
	number := random.IntN(pluginCount)
	s.say("the keeper asks for plugin %d", number)
	s.Keeper.setPlugin(s.Plugins.url(number))
	return s.UpdateStatus(s.Units(s.Keeper.App)...)
}

// changeWorkers changes what costs a rollout, and what must not.
func changeWorkers(_ context.Context, s *Stage, random *rand.Rand) error {
	option, _ := pick(random, []string{"worker-heap", "credentials-overlap", "client-rate-limit", "request-body-limit"})
	value := map[string]int{
		"worker-heap": 200 + random.IntN(20), "credentials-overlap": 60 * random.IntN(2),
		"client-rate-limit": 1000 * random.IntN(2), "request-body-limit": 1000 + random.IntN(20),
	}[option]
	if option == "credentials-overlap" && value == 0 {
		s.Ledger.endAbruptly(true)
	}
	s.say("%s is %d", option, value)
	return s.SetConfig(pair.Provider, map[string]any{option: value})
}

// changeUnits keeps one to three workers.
func changeUnits(_ context.Context, s *Stage, random *rand.Rand) error {
	_, err := s.changeUnitsOf(random, pair.Provider, 3)
	return err
}

// changeManagers keeps one or two managers.
func changeManagers(_ context.Context, s *Stage, random *rand.Rand) error {
	left, err := s.changeUnitsOf(random, linesApp, 2)
	if left {
		s.Lines.risk()
	}
	return err
}

func (s *Stage) changeUnitsOf(random *rand.Rand, app string, most int) (left bool, err error) {
	units := s.Units(app)
	leaves := len(units) == most || len(units) > 1 && random.IntN(2) == 0
	if leaves {
		unit, _ := pick(random, units)
		s.say("%s leaves", unit)
		s.Ledger.leaves(unit)
		return true, s.RemoveUnit(unit)
	}
	unit, err := s.AddUnit(app)
	s.say("%s joins", unit)
	return false, err
}

// loseLeader has another unit lead, of an application that has another.
func loseLeader(_ context.Context, s *Stage, random *rand.Rand) error {
	apps := []string{pair.Provider, linesApp}
	random.Shuffle(len(apps), func(i, j int) { apps[i], apps[j] = apps[j], apps[i] })
	for _, app := range apps {
		leader := s.Leader(app)
		unit, is := pick(random, slices.DeleteFunc(s.Units(app), func(unit string) bool { return unit == leader }))
		if !is {
			continue
		}
		if app == linesApp {
			s.Lines.risk()
		}
		s.Ledger.harm(leader, time.Now(), time.Now()) // what a hook writes as leader is refused at its end
		s.say("%s leads, after %s", unit, leader)
		return s.SetLeader(unit)
	}
	return nil
}

// rotatePassword is what Juju asks for, or an operator, who may end the old password at once.
func rotatePassword(ctx context.Context, s *Stage, random *rand.Rand) error {
	app, _ := pick(random, []string{s.Keeper.App, linesApp})
	if random.IntN(2) == 0 {
		bag, err := s.RelationData(s.relation(app), pair.Provider)
		if err != nil || bag["secret-user"] == "" {
			return err
		}
		s.say("the password of %s is rotated", app)
		return s.RotateSecret(bag["secret-user"])
	}
	revoke := random.IntN(2) == 0
	if revoke {
		s.Ledger.endAbruptly(true)
	}
	params := map[string]any{"client": app, "revoke": revoke}
	leader := s.Leader(pair.Provider)
	if leader == "" {
		return nil
	}
	result, err := s.RunAction(ctx, leader, "rotate-credentials", params)
	if err != nil {
		return nil //nolint:nilerr // the leader has gone
	}
	s.say("rotate-credentials %v: %s %s", params, result.Status, result.Message)
	return nil
}

func changeState(_ context.Context, s *Stage, _ *rand.Rand) error {
	s.Lines.mu.Lock()
	defer s.Lines.mu.Unlock()
	s.Lines.further = !s.Lines.further
	s.say("the state file has a third connector: %t", s.Lines.further)
	return s.SetConfig(linesApp, map[string]any{"state": s.Lines.state()})
}

// changeSource sends up to three control messages, one after the other.
func changeSource(ctx context.Context, s *Stage, random *rand.Rand) error {
	for range 1 + random.IntN(3) {
		leader := s.Leader(linesApp)
		if leader == "" {
			return nil
		}
		if err := s.sendMessage(ctx, leader); err != nil {
			return fmt.Errorf("send a control message: %w", err)
		}
	}
	return nil
}
