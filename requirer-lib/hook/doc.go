// Package hook is the inside of a Juju hook: the [Event] that Juju reports through the environment, and the hook tools,
// typed. It holds no rule of any charm and keeps no state.
//
//	h, err := hook.FromEnvironment()
//	if err != nil { … }
//	switch h.Kind {
//	case hook.RelationChanged:
//		bag, err := h.RelationGet(ctx, h.Relation.ID, h.Relation.RemoteApp)
//		…
//	}
//
// Every tool call has a deadline, databag values and secret contents never stand on a command line, and an error
// carries the tool's own message (see [ToolError]).
package hook
