// Command connect-integrator is the connect-integrator charm: Juju runs it as "dispatch" in every hook, and the charm
// itself as "serve-plugin" in the background.
package main

import (
	"connectcharms/integrator-charm/internal/charm"
	"connectcharms/requirer-lib/pluginserver"
	"connectcharms/requirer-lib/program"
)

func main() {
	program.Program{
		Name:     "connect-integrator",
		Dispatch: charm.Run,
		Commands: []program.Command{pluginserver.Command()},
	}.Main()
}
