package charm

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
	"connectcharms/schemas"
)

// many is a leader alone, all up, with so many relations, which were just made.
func many(t *testing.T, number int) *World {
	t.Helper()
	w := settled(t)
	w.Relations, w.Shared.Clients, w.Own.Plugins = nil, map[connectprovider.Key]ClientRecord{}, nil
	for i := range number {
		w.Relations = append(w.Relations, related(hook.RelationID(100+i), fmt.Sprintf("app-c%d", i), schemas.V0, wantNo))
	}
	w.Clients = clientsOf(w.Relations, w.Config)
	w.Services.Accounts = w.accounts().Revision()
	w.Own.Accounts = w.Services.Accounts
	w.reportSecrets()
	return w
}

// record has every client's secret made.
func record(w *World) {
	for _, client := range w.Clients {
		account := w.Shared.Operator.Account
		account.Username, account.Relation, account.Operator = client.Key.Username(), int(client.Key.Relation), false
		w.Shared.Clients[client.Key] = ClientRecord{Credentials: Credentials{Secret: fmt.Sprintf("%020d", client.Key.Relation), Account: account}}
	}
}

// open has every client's account opened, and accepted here.
func open(w *World) {
	for key, record := range w.Shared.Clients {
		record.Open = true
		w.Shared.Clients[key] = record
	}
	w.Services.Accounts = w.accounts().Revision()
	w.Own.Accounts = w.Services.Accounts
}

// A hook may take a hundred steps at most, see package reconcile: what is due for each client must be one.
func TestWhatIsDueForManyClientsIsOneStep(t *testing.T) {
	t.Parallel()
	const number = 250
	w := many(t, number)
	steps := func(step Step) batch {
		require.IsType(t, batch{}, step)
		require.Len(t, step.(batch), number)
		return step.(batch)
	}
	assert.IsType(t, AddSecret{}, steps(addSecrets(w))[0])
	record(w)
	assert.IsType(t, OpenAccount{}, steps(openAccounts(w))[0])
	open(w)
	published := steps(publish(w))
	assert.IsType(t, Publish{}, published[0])
	for _, step := range published {
		apply(w, step.(Publish))
	}
	assert.Nil(t, publish(w), "all is published")

	w.Config.RotationPolicy = "monthly"
	require.IsType(t, batch{}, setPolicies(w))
	assert.Len(t, setPolicies(w), number+1, "the operator's too")
	end(w)
	assert.IsType(t, CloseClient{}, steps(closeClients(w))[0])
}

func TestPluginsOfManyClientsAreOneStep(t *testing.T) {
	t.Parallel()
	w := many(t, 250)
	for i := range w.Clients {
		w.Clients[i].Want = wants(fmt.Sprintf("http://10.0.0.9:8080/%d.tar.gz", i))
	}
	again := w.Clients[7]
	again.Key.Request = "another"
	w.Clients = append(w.Clients, again)
	require.IsType(t, batch{}, installPlugins(w))
	w.tried = reconcile.Tried{}
	assert.Len(t, installPlugins(w), 250, "of one relation one at a time")
}

// It runs alone, for what it counts is what the whole process allocates.
func TestRulesWorkInProportionToTheirClients(t *testing.T) {
	work := func(number int) float64 {
		w := many(t, number)
		record(w)
		open(w)
		for _, step := range publish(w).(batch) {
			apply(w, step.(Publish))
		}
		return testing.AllocsPerRun(3, func() {
			publish(w)
			clientStatus(w)
			goOnWithRotations(w)
			setPolicies(w)
			writeAccounts(w)
			openAccounts(w)
		})
	}
	assert.Less(t, work(200), 5*work(50), "four times as many clients are four times the work")
}
