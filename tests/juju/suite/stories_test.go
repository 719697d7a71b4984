package suite

import (
	"os"
	"strings"
	"testing"

	"connectcharms/tests/juju/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// story is told on machines, on Kubernetes, or on both. Where it is told on one only, why says the reason.
type story struct {
	name         string
	onMachines   func(*pair)
	onKubernetes func(*pair)
	why          string
}

func onBoth(name string, tell func(*pair)) story {
	return story{name: name, onMachines: tell, onKubernetes: tell}
}

func onlyOnMachines(name string, tell func(*pair), why string) story {
	return story{name: name, onMachines: tell, why: why}
}

func onlyOnKubernetes(name string, tell func(*pair), why string) story {
	return story{name: name, onKubernetes: tell, why: why}
}

// stories go on from each other, in this order. What differs in those that are told on both is behind substrate.
var stories = []story{
	onBoth("deployed with its resource and integrated, the pair becomes active", (*pair).deployed),
	onBoth("databags and secret are what the contract says", (*pair).contract),
	onBoth("both workers have the plugin and do work, lines flow", (*pair).twoWorkers),
	onBoth("a client that needs no plugin restarts no worker", (*pair).notRequired),
	onBoth("an action lists the clients", (*pair).action),
	onBoth("a changed connector is changed, a changed worker restarted", (*pair).configChange),
	onBoth("Connect Manager answers actions, refuses a wrong state file, and comes back when it is killed", (*pair).manager),
	onBoth("a control message changes a connector that runs, and outlives the manager", (*pair).control),
	onlyOnMachines("a new leader goes on, and a new unit joins", (*pair).scale,
		"on Kubernetes the last unit goes, and a pod that comes back is the same unit: leadership moves by a lost lease only"),
	onlyOnKubernetes("units come and go at the end: 2, 1, 3, 1, 2", (*pair).scalePods,
		"on machines any unit may go, and a number is never given twice"),
	onBoth("another password is announced by its secret", (*pair).password),
	onBoth("a client changes its version of the contract, and its connectors go on", (*pair).version),
	onBoth("an operator has an account", (*pair).operator),
	onBoth("a certificate makes endpoints https", (*pair).https),
	onlyOnMachines("what lies on a machine belongs to whom docs/files.md says", (*pair).permissions,
		"a pod's containers have accounts of their own, and root has nothing in them"),
	onBoth("the end of a certificate makes endpoints http", (*pair).http),
	onBoth("an operator restarts the workers", (*pair).restart),
	onlyOnMachines("a refresh leaves the workers alone", (*pair).refresh,
		"a pod keeps neither its processes nor its containers when charm or image are others"),
	onlyOnKubernetes("a refresh brings charm and image to one pod after the other", (*pair).refreshPods,
		"a machine has no image, and its services outlive the charm"),
	onBoth("a hook that failed is repeated, and clients do not notice", (*pair).failedHook),
	onlyOnMachines("after a reboot a machine works again", (*pair).reboot,
		"a pod does not start again: it is replaced"),
	onlyOnKubernetes("a pod that was deleted comes back with its plugins", (*pair).deletePod,
		"a machine does not come back without its disk"),
	onlyOnKubernetes("the workload's container dies in a rollout, which ends all the same", (*pair).killWorkload,
		"on a machine charm and services are not in containers that end apart"),
	onlyOnKubernetes("the charm's container dies in a hook, which is repeated", (*pair).killCharm,
		"on a machine charm and services are not in containers that end apart"),
	onlyOnKubernetes("a pod is ready while its gateway is", (*pair).readiness,
		"only Kubernetes asks Pebble for its checks"),
	onlyOnKubernetes("workers live within their limits, and no pod is trusted", (*pair).limits,
		"a machine's limits are the cloud's, and there is nothing to trust a unit with"),
	onBoth("a client of another model works, and leaves nothing", (*pair).crossModel),
	onlyOnMachines("without Java and without a mirror the status says so", (*pair).noJava,
		"on Kubernetes the image has Java"),
	onBoth("a relation goes with its account, plugin, secret and connectors", (*pair).removeRelation),
	onBoth("an application goes and leaves nothing where it was", (*pair).removeApplication),
}

// storiesOn are those that are told on a substrate.
func (s *pair) storiesOn(on model.Substrate) (told []namedStory) {
	for _, one := range stories {
		tell := one.onMachines
		if on == model.OnKubernetes {
			tell = one.onKubernetes
		}
		if tell != nil {
			told = append(told, namedStory{one.name, func() { tell(s) }})
		}
	}
	return told
}

// documentation lists the stories that are told on one substrate only.
const documentation = "../../../docs/testing.md"

func TestWhatIsToldOnOneSubstrateOnlyHasAReasonAndIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(documentation)
	require.NoError(t, err)
	var rows strings.Builder
	rows.WriteString("| story | on | why not on the other |\n|---|---|---|\n")
	for _, one := range stories {
		if one.onMachines != nil && one.onKubernetes != nil {
			continue
		}
		assert.NotEmpty(t, one.why, one.name)
		on := "machines"
		if one.onMachines == nil {
			on = "Kubernetes"
		}
		rows.WriteString("| " + one.name + " | " + on + " | " + one.why + " |\n")
	}
	assert.Contains(t, string(text), rows.String(), "the table in docs/testing.md is to be:\n%s", rows.String())
}
