# shellcheck shell=bash # sourced by ../controller
# Long steps, made so that an interrupted one leaves neither process nor mount.

CONTAINED_PID=

# contained COMMAND...: runs it in mount and process namespaces of its own. They end with this script, however it ends.
# It runs in the background since bash answers a signal at once only while it waits.
contained() {
	local status=0
	setpriv --pdeathsig KILL -- unshare --mount --propagation private --pid --fork --kill-child --mount-proc -- "$@" 9>&- &
	CONTAINED_PID=$!
	wait "$CONTAINED_PID" || status=$?
	CONTAINED_PID=
	return "$status"
}

# interrupted: what SIGINT and SIGTERM do.
interrupted() {
	[[ -z $CONTAINED_PID ]] || kill -KILL "$CONTAINED_PID" 2>/dev/null || true
	fail "Interrupted. \`controller down\` removes what is there; \`controller up\` starts over."
}

# take_lock SECONDS: one command at a time changes the machines; waits that long for another one to end. Descriptor 9 is the
# lock: what outlives this script must not inherit it.
take_lock() {
	mkdir -p "$CACHE"
	exec 9>>"$CACHE/lock"
	flock --wait "$1" 9 || fail "Another command (process $(cat "$CACHE/lock")) is changing this controller: wait for it, or end it."
	echo $$ >"$CACHE/lock"
}
