package manager

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/integrator-charm/internal/settings"
)

func TestWhoStandsByChangesNothing(t *testing.T) {
	t.Parallel()
	for _, each := range []struct {
		occasion
		want duty
	}{
		{occasion{isActive: false, isAsked: true, isNew: true, drift: settings.Repair}, watch},
		{occasion{isActive: true, drift: settings.Repair}, change},
		{occasion{isActive: true, drift: settings.Report}, watch},
		{occasion{isActive: true, drift: settings.Report, isNew: true}, change},
		{occasion{isActive: true, drift: settings.Report, isAsked: true}, change},
	} {
		assert.Equal(t, each.want, each.decide(), "%+v", each.occasion)
	}
}
