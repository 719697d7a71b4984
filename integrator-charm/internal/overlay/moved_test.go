package overlay_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/secret"
)

func TestASecretIsReferredToWhereWorkersFindItNow(t *testing.T) {
	t.Parallel()
	before, now := overlay.Place{Provider: "p", Path: "/relation-4"}, overlay.Place{Provider: "p", Path: "/relation-5"}
	known := overlay.Key{Value: secret.New("token"), File: "file", Reference: before.Reference("file")}
	adopted := overlay.Key{Reference: before.Reference("other")}
	plain := overlay.Key{Value: secret.New("100")}
	o := overlay.Overlay{Connector: "source", Keys: map[string]overlay.Key{"token": known, "adopted": adopted, "batch.size": plain}}

	same, is := o.MovedTo(before.Reference)
	assert.False(t, is)
	assert.Equal(t, o.Keys, same.Keys)

	moved, is := o.MovedTo(now.Reference)
	assert.True(t, is)
	assert.Equal(t, "${p:/relation-5:file}", moved.Keys["token"].Reference)
	assert.Equal(t, adopted, moved.Keys["adopted"], "nobody here knows its value")
	assert.Equal(t, plain, moved.Keys["batch.size"])
	assert.Equal(t, known, o.Keys["token"], "the one before is as it was")
}
