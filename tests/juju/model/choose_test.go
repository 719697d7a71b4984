package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheControllerThatJujuIsLoggedInToComesFirstWhereItIsOfTheKind(t *testing.T) {
	t.Parallel()
	lxd := &Controller{Name: "lxd", Data: "/home", on: OnMachines}
	microk8s := &Controller{Name: "microk8s", Data: "/home", on: OnKubernetes}
	local := &Controller{Name: "local", Data: "/cache", on: OnMachines, HostAddress: "10.99.77.1"}
	namesake := &Controller{Name: "local", Data: "/home", on: OnMachines}
	for _, test := range []struct {
		name                 string
		current, local, want *Controller
	}{
		{"logged in to one of the kind", lxd, nil, lxd},
		{"although a local one runs", lxd, local, lxd},
		{"logged in to one of the other kind", microk8s, local, local},
		{"and no local one", microk8s, nil, nil},
		{"not logged in", nil, local, local},
		{"neither", nil, nil, nil},
		{"logged in to the local one", &Controller{Name: "local", Data: "/cache", on: OnMachines}, local, local},
		{"logged in to another of that name", namesake, local, namesake},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, prefer(test.current, test.local, OnMachines))
		})
	}
}
