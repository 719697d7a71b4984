package jujutest_test

import (
	"context"
	"fmt"
	random "math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// gossip is a charm whose units write a number into every databag they may write, and note what they read of others.
type gossip struct {
	mu     sync.Mutex
	seen   map[string]string // "reader relation owner": the number last told
	number int
}

func (g *gossip) charm(metadata string) jujutest.Charm {
	return jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		if h.Kind == hook.UpdateStatus {
			return g.write(ctx, h)
		}
		if h.Kind == hook.RelationChanged {
			return g.read(ctx, h)
		}
		return nil
	})
}

func (g *gossip) write(ctx context.Context, h *hook.Hook) error {
	g.mu.Lock()
	g.number++
	number := fmt.Sprint(g.number)
	g.mu.Unlock()
	leader, err := h.IsLeader(ctx)
	if err != nil {
		return err
	}
	for _, endpoint := range []string{"db", "database", "cluster"} {
		ids, err := h.RelationIDs(ctx, endpoint)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := h.RelationSet(ctx, id, map[string]string{"number": number}); err != nil {
				return err
			}
			if leader {
				if err := h.RelationSetApp(ctx, id, map[string]string{"number": number}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (g *gossip) read(ctx context.Context, h *hook.Hook) error {
	owner := h.Relation.RemoteUnit
	if owner == "" {
		owner = h.Relation.RemoteApp
	}
	bag, err := h.RelationGet(ctx, h.Relation.ID, owner)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen[fmt.Sprintf("%s %d %s", h.Unit, h.Relation.ID, owner)] = bag["number"]
	return err
}

// TestWhenAModelRestsEveryUnitHasBeenToldOfEveryDatabag does random things to a model and looks at it whenever it rests: each
// unit has been told of the last content of each databag that it may see, and its hooks have come in a legal order.
func TestWhenAModelRestsEveryUnitHasBeenToldOfEveryDatabag(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 8; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			options := jujutest.Options{}
			if seed%2 == 0 {
				options.Seed = seed
			}
			m, g, dice := newModel(t, options), &gossip{seen: map[string]string{}}, random.New(random.NewPCG(seed, 0))
			deploy(t, m, "server", g.charm(serverMetadata), jujutest.DeployOptions{Units: 2})
			deploy(t, m, "client", g.charm(clientMetadata), jujutest.DeployOptions{})
			deploy(t, m, "other", g.charm(strings.Replace(clientMetadata, "name: client", "name: other", 1)), jujutest.DeployOptions{})
			for range 25 {
				for range dice.IntN(4) {
					happen(t, m, dice)
				}
				settle(t, m)
				g.check(t, m)
			}
			for _, app := range []string{"server", "client", "other"} {
				require.NoError(t, m.RemoveApplication(app))
			}
			settle(t, m)
			assert.Empty(t, m.Relations())
			checkOrder(t, m)
		})
	}
}

// happen does one random thing.
func happen(t *testing.T, m *jujutest.Model, dice *random.Rand) {
	t.Helper()
	app := []string{"server", "client", "other"}[dice.IntN(3)]
	units := m.Units(app)
	what := dice.IntN(6)
	if len(units) == 0 {
		what = 0
	}
	switch what {
	case 0:
		_, err := m.AddUnit(app)
		require.NoError(t, err)
	case 1:
		if len(units) > 1 {
			require.NoError(t, m.RemoveUnit(units[dice.IntN(len(units))]))
		}
	case 2:
		m.Integrate("server:db", []string{"client", "other"}[dice.IntN(2)]) // it may exist
	case 3:
		m.RemoveRelation("server:db", []string{"client", "other"}[dice.IntN(2)]) // there may be none
	case 4:
		require.NoError(t, m.SetLeader(units[dice.IntN(len(units))]))
	default:
		require.NoError(t, m.UpdateStatus(units[dice.IntN(len(units))]))
	}
}

// check compares what was told with what is.
func (g *gossip) check(t *testing.T, m *jujutest.Model) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range m.Relations() {
		for _, reader := range r.Units {
			for _, owner := range r.Units {
				sameSide := hook.ApplicationOf(owner) == hook.ApplicationOf(reader)
				if owner == reader || sameSide != (len(r.Endpoints) == 1) {
					continue
				}
				for _, bag := range []string{owner, hook.ApplicationOf(owner)} {
					data, err := m.RelationData(r.ID, bag)
					require.NoError(t, err)
					assert.Equal(t, data["number"], g.seen[fmt.Sprintf("%s %d %s", reader, r.ID, bag)], "%s of relation %d as told to %s", bag, r.ID, reader)
				}
			}
		}
	}
}

// checkOrder checks that every unit's hooks of every remote unit are joined, changed any number of times, departed; that all
// is between created and broken; and that nothing comes before install or after remove.
func checkOrder(t *testing.T, m *jujutest.Model) {
	t.Helper()
	state := map[string]string{}
	for _, run := range m.HookLog() {
		env := envOf(run)
		if state[run.Unit] == "" {
			assert.Equal(t, "install", run.Name, run.Unit)
		}
		assert.NotEqual(t, "remove", state[run.Unit], "%s runs %s after remove", run.Unit, run.Name)
		state[run.Unit] = run.Name
		if env["JUJU_RELATION_ID"] == "" {
			continue
		}
		relation := run.Unit + " " + env["JUJU_RELATION_ID"]
		remote := relation + " " + env["JUJU_REMOTE_UNIT"]
		kind := run.Name[strings.Index(run.Name, "-relation-")+1:]
		switch kind {
		case "relation-created":
			assert.Empty(t, state[relation])
			state[relation] = "created"
		case "relation-joined":
			assert.Equal(t, "created", state[relation])
			assert.NotEqual(t, "joined", state[remote])
			state[remote] = "joined"
		case "relation-departed":
			assert.Equal(t, "joined", state[remote])
			state[remote] = "departed"
		case "relation-broken":
			assert.Equal(t, "created", state[relation])
			state[relation] = "broken"
		default:
			assert.Equal(t, "created", state[relation])
			if env["JUJU_REMOTE_UNIT"] != "" {
				assert.Equal(t, "joined", state[remote])
			}
		}
	}
}
