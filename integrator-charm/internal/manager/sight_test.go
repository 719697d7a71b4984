package manager

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

func sightOf(number int) map[string]connectors.Found {
	there := map[string]connectors.Found{}
	for i := range number {
		name := fmt.Sprintf("c%d", i)
		there[name] = connectors.Found{Status: connect.Status{
			Name: name, Connector: connect.ConnectorState{State: connect.Running}, Tasks: []connect.TaskState{{State: connect.Running}},
		}}
	}
	return there
}

func TestASightIsAnotherWhereAnyTaskIs(t *testing.T) {
	t.Parallel()
	assert.True(t, showsAs(sightOf(3), sightOf(3)))
	assert.False(t, showsAs(sightOf(3), sightOf(2)))
	assert.False(t, showsAs(nil, sightOf(0)), "it is the first look")
	failed := sightOf(3)
	failed["c1"].Status.Tasks[0].State = connect.Failed
	assert.False(t, showsAs(sightOf(3), failed))
}

// TestThousandsThatShowAsTheyDidCostNoMemory is not parallel: it counts what is allocated.
func TestThousandsThatShowAsTheyDidCostNoMemory(t *testing.T) {
	before, now := sightOf(5000), sightOf(5000)
	assert.Zero(t, testing.AllocsPerRun(3, func() { showsAs(before, now) }))
}
