package worker

import (
	"time"

	"connectcharms/requirer-lib/supervisor"
)

// The checks of a worker.
const (
	// readyCheck is whether it is a working member of its group: without brokers it is not, and no restart helps.
	readyCheck = "worker-ready"
	// answersCheck is whether it answers at all, with or without brokers. A worker that hangs does not.
	answersCheck = "worker-answers"
)

// How long a worker may be silent before it is restarted. It is when it starts, for some seconds as a rule, and up to a
// minute when it looks for brokers that are not there, after which it ends by itself.
const (
	lookEvery    = 10 * time.Second
	lookPatience = 5 * time.Second
	silentLooks  = 18
)

// Checks is how Pebble looks after the worker. None has the level "alive": on Kubernetes that would end the container,
// gateway and all, where a restart of the worker is enough.
func (s Settings) Checks() map[string]supervisor.Check {
	look := func(path string, threshold int) supervisor.Check {
		return supervisor.Check{
			Override: "replace", Period: lookEvery.String(), Timeout: lookPatience.String(), Threshold: threshold,
			HTTP: &supervisor.HTTPCheck{URL: s.URL() + path},
		}
	}
	ready := look("/health", 3)
	ready.Level = "ready"
	return map[string]supervisor.Check{readyCheck: ready, answersCheck: look("/", silentLooks)}
}
