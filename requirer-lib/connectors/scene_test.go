package connectors_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// scene is a random cluster, and what a random owner wants of it.
type scene struct {
	*cluster
	owned   connectors.Owned
	desired connectors.Desired
	options connectors.Options
	held    string                       // the owner's name for it; empty: none
	before  map[string]map[string]string // configurations, by the name in Kafka Connect
	byPlan  bool                         // what is to be done is planned, saved, and then applied
}

var someNames = []string{"a", "b", "c", "d", "e"}

const manager = "us"

// newScene makes one in which owners are told by names, or by a mark.
func newScene(t *testing.T, seed uint64) *scene {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	s := &scene{desired: connectors.Desired{}, before: map[string]map[string]string{}, byPlan: random.IntN(2) == 0}
	s.cluster, s.owned = newCluster(t)
	suffixes := []string{ownMark, "_r17_" + uuid, ""}
	if random.IntN(2) == 0 {
		s.owned.Names, s.owned.Mark, suffixes = nil, manager, []string{""}
	}
	for _, short := range someNames {
		for _, suffix := range suffixes {
			if random.IntN(4) > 0 {
				s.populate(short+suffix, random)
			}
		}
		if random.IntN(4) > 0 {
			s.desired[short] = randomConnector(random)
		}
	}
	s.held = pick(random, "", "", "a", "b")
	s.options = connectors.Options{
		RestartFailed: random.IntN(2) == 0, AdoptAll: random.IntN(3) == 0, Adopt: pick(random, nil, []string{"c"}),
		Keep: random.IntN(6) == 0, AtOnce: 2, Wait: -1, Patience: 5 * time.Minute,
		Hold: func(change connectors.Change) string {
			if change.Name == s.held {
				return "wants approval"
			}
			return ""
		},
	}
	s.takeRequests()
	return s
}

// populate makes a connector as anybody may have made it, in any state.
func (s *scene) populate(name string, random *rand.Rand) {
	config := config(pick(random, "x", "y"))
	mark := func(key string, values ...string) {
		if value := pick(random, values...); value != "" {
			config[key] = value
		}
	}
	mark("connect.manager", "", manager, manager, "them")
	mark("connect.manager.protected", "", "", "true")
	mark("connect.manager.offsets", "", "", "", "pending")
	mark("connect.manager.hidden", "", "", `["file"]`, "what?")
	s.put(name, config)
	s.setState(name, pick(random, running, paused, stopped))
	switch random.IntN(6) {
	case 0:
		s.FailItself(name, "the connector's trace")
	case 1:
		s.Fail(name, "a task's trace")
	}
	s.before[name] = s.Config(name)
}

func randomConnector(random *rand.Rand) connectors.Connector {
	return connectors.Connector{
		Config: config(pick(random, "x", "y")), State: pick(random, "", paused, stopped), Protected: random.IntN(3) == 0,
		Secret: pick(random, nil, []string{"file"}), Offsets: pick(random, nil, someOffsets),
	}
}

var someOffsets = []connect.Offset{{
	Partition: map[string]any{"filename": "x"}, Offset: map[string]any{"position": json.Number("5")},
}}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// sync does what is due, and gives all that went wrong but what the owner may not do.
func (s *scene) sync(ctx context.Context, owned connectors.Owned) (connectors.Report, error) {
	report, err := s.reconcile(ctx, owned)
	all := []error{err, report.Problem}
	for _, result := range report.Connectors {
		if !errors.Is(result.Err, connectors.ErrNotOwned) && !errors.Is(result.Err, connectors.ErrProtected) {
			all = append(all, result.Err)
		}
	}
	return report, errors.Join(all...)
}

func (s *scene) reconcile(ctx context.Context, owned connectors.Owned) (connectors.Report, error) {
	if !s.byPlan {
		return owned.Reconcile(ctx, s.desired, s.options)
	}
	plan, err := owned.Plan(ctx, s.desired, s.options)
	if err != nil {
		return connectors.Report{Problem: err}, nil
	}
	document, err := json.Marshal(plan)
	if err != nil {
		return connectors.Report{}, err
	}
	var saved connectors.Plan
	if err := json.Unmarshal(document, &saved); err != nil {
		return connectors.Report{}, err
	}
	return owned.Apply(ctx, s.desired, saved, s.options)
}

func (s *scene) full(name string) string {
	if s.owned.Mark != "" {
		return name
	}
	return name + ownMark
}

// wasOwned says whether a connector was the owner's from the beginning.
func (s *scene) wasOwned(full string) bool {
	if s.owned.Mark != "" {
		return s.before[full]["connect.manager"] == manager
	}
	return strings.HasSuffix(full, ownMark)
}

func (s *scene) mayAdopt(name string) bool {
	_, isDesired := s.desired[name]
	isNobodys := s.before[s.full(name)]["connect.manager"] == ""
	return s.owned.Mark != "" && isDesired && (name == "c" && s.options.Adopt != nil || s.options.AdoptAll && isNobodys)
}

// requireDone holds what is there to what was wanted, and to what there was.
func (s *scene) requireDone(t *testing.T, writes []string) {
	t.Helper()
	there, err := s.owned.Observe(t.Context())
	require.NoError(t, err)
	require.Empty(t, s.owned.Decide(s.desired, there, s.options).Due())
	for name, before := range s.before {
		wanted, isDesired := s.desired[strings.TrimSuffix(name, ownMark)]
		isOwned := s.wasOwned(name) || s.mayAdopt(name)
		isHeld := name == s.full(s.held)
		isKept := !isDesired && (s.options.Keep || before["connect.manager.protected"] == "true")
		switch {
		case !isOwned, isHeld, isKept:
			require.Equal(t, before, s.Config(name), name)
			for _, write := range writes {
				require.NotEqual(t, name, strings.Split(write, " ")[1], write)
			}
		case !isDesired:
			require.Nil(t, s.Config(name), name)
		default:
			s.requireAsWanted(t, name, wanted)
		}
	}
	for short, wanted := range s.desired {
		if name := s.full(short); s.before[name] == nil && short != s.held {
			s.requireAsWanted(t, name, wanted)
			assert.Equal(t, wanted.Offsets, s.Offsets(name), name)
		}
	}
}

func (s *scene) requireAsWanted(t *testing.T, name string, wanted connectors.Connector) {
	t.Helper()
	config := maps.Clone(map[string]string(wanted.Config))
	config["name"] = name
	if s.owned.Mark != "" {
		config["connect.manager"] = manager
	}
	if wanted.Protected {
		config["connect.manager.protected"] = "true"
	}
	if wanted.Secret != nil {
		config["connect.manager.hidden"] = `["file"]`
	}
	require.Equal(t, config, s.Config(name))
	status, err := s.direct.Status(t.Context(), name)
	require.NoError(t, err)
	if status.Connector.State != failed { // which is restarted only where asked for
		require.Equal(t, cmp.Or(wanted.State, running), status.Connector.State)
	}
}
