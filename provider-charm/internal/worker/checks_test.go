package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAWorkerThatStartsIsNotTakenForOneThatHangs(t *testing.T) {
	t.Parallel()
	const ownEnd = time.Minute // of a worker that finds no brokers
	assert.Greater(t, lookEvery*silentLooks, 2*ownEnd)
	settings := Settings{Address: "10.1.2.3"}
	checks := settings.Checks()
	assert.Equal(t, map[string]string{answersCheck: "restart"}, settings.Service().OnCheckFailure, "not for want of brokers")
	assert.Equal(t, "http://127.0.0.1:8084/", checks[answersCheck].HTTP.URL)
	for name, check := range checks {
		assert.NotEqual(t, "alive", check.Level, "%s would end the container", name)
	}
}
