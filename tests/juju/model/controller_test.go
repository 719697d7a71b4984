package model_test

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"connectcharms/tests/juju/model"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChooseSaysHowToStartALocalController(t *testing.T) {
	t.Setenv("KAFKA_CONNECT_CHARMS_CACHE", t.TempDir())
	t.Setenv("PATH", "")
	for on, command := range map[model.Substrate]string{model.OnMachines: "make controller", model.OnKubernetes: "make controller-k8s"} {
		_, err := model.Choose(t.Context(), on)
		require.ErrorIs(t, err, fs.ErrNotExist)
		assert.ErrorContains(t, err, "(start it with "+command+")")
	}
}

// The two tests below are on the local controller of the kind that the suite is for; where none runs they are skipped.

func TestStatusOfTheControllersOwnModel(t *testing.T) {
	t.Parallel()
	controller := running(t)
	observed, err := controller.Model(limited(t), "controller")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, observed.Close()) })
	status, err := observed.Status(limited(t))
	require.NoError(t, err)
	assert.Equal(t, "controller", status.Model.Name)
	assert.Contains(t, status.Applications, "controller")
	assert.Eventually(t, func() bool { // right after the bootstrap it is still being set up
		status, err := observed.Status(limited(t))
		return err == nil && status.Applications["controller"].Units["controller/0"].WorkloadStatus.Status == "active"
	}, patience, patience/100)
}

func TestUnknownModelIsNamed(t *testing.T) {
	t.Parallel()
	_, err := running(t).Model(limited(t), "nobody-made-it")
	assert.ErrorContains(t, err, `no model "nobody-made-it"`)
}

func running(t *testing.T) *model.Controller {
	t.Helper()
	controller, err := model.Local(cmp.Or(model.Substrate(os.Getenv("KAFKA_CONNECT_INTEGRATION")), model.OnMachines))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return controller
}

// patience is the longest that one test waits.
const patience = 2 * time.Minute

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
