package charm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/hook"
)

func TestAWaitKeepsItsBeginUntilItIsForSomethingElse(t *testing.T) {
	t.Parallel()
	worker := hook.Status{Name: hook.Waiting, Message: "waiting for the worker"}
	wait := Wait{}.goOn(worker, noon)
	later := noon.Add(25 * time.Minute)
	assert.Equal(t, wait, wait.goOn(worker, later))
	assert.Equal(t, "waiting for the worker (since 12:00 UTC)", wait.since(later))
	assert.Equal(t, "waiting for the worker (since 22 Nov 12:00 UTC)", wait.since(noon.Add(24*time.Hour)))

	other := wait.goOn(hook.Status{Name: hook.Waiting, Message: "waiting for the gateway"}, later)
	assert.Equal(t, "waiting for the gateway (since 12:25 UTC)", other.since(later))
	assert.Zero(t, other.goOn(hook.Status{Name: hook.Active, Message: "1 client"}, later))
	assert.Zero(t, other.goOn(hook.Status{Name: hook.Blocked, Message: "no Kafka"}, later))
}
