package control_test

import (
	"testing"
	"time"
)

// TestControlMessages has one broker and one worker for all of its parts.
func TestControlMessages(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	shared := h.worker(t, "shared", time.Minute)
	for name, part := range map[string]func(*testing.T){
		"a connector that nobody listens to loses its credentials with its task": func(t *testing.T) { nobodyListens(t, shared) },
		"the token expires, and nothing is lost":                                 func(t *testing.T) { theTokenExpires(t, h) },
		"what does not conform stops the connector":                              func(t *testing.T) { whatDoesNotConform(t, shared) },
		"the manager is killed at any moment":                                    func(t *testing.T) { theManagerIsKilled(t, h) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part(t)
		})
	}
}
