# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# Long steps, made so that an interrupted one leaves neither process nor mount.

CONTAINED_PID=

# contained COMMAND...: runs it in mount and process namespaces of its own. They end with this script, however it ends.
# It runs in the background since bash answers a signal at once only while it waits.
contained() {
	local status=0
	setpriv --pdeathsig KILL -- unshare --mount --propagation private --pid --fork --kill-child --mount-proc -- "$@" 7>&- 9>&- &
	CONTAINED_PID=$!
	wait "$CONTAINED_PID" || status=$?
	CONTAINED_PID=
	return "$status"
}

# interrupted: what SIGINT and SIGTERM do.
interrupted() {
	[[ -z $CONTAINED_PID ]] || kill -KILL "$CONTAINED_PID" 2>/dev/null || true
	fail "Interrupted. \`$COMMAND down\` removes what is there; \`$COMMAND up\` starts over."
}
