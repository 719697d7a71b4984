# Words that the commands of a scenario may use, besides the hook tools.

# keep NAME COMMAND...: runs the command and keeps what it prints, for units of every application.
keep() {
	kept_name=$1
	shift
	"$@" >"$KEPT/$kept_name"
	kept_code=$?
	cat "$KEPT/$kept_name"
	return $kept_code
}

# kept NAME: prints what keep has kept.
kept() { cat "$KEPT/$1"; }

# fail: the hook fails after its last command.
fail() { touch "$SCRATCH/fail"; }

# fail_once NAME: the hook fails at the first call with this name.
fail_once() {
	[ -e "$KEPT/failed-$1" ] || fail
	touch "$KEPT/failed-$1"
}

# environment: prints what the hook was given.
environment() {
	env | grep -v -E '^(KEPT|SCRATCH|CONFORMANCE_DIR|PWD|OLDPWD|SHLVL|_)=' | LC_ALL=C sort
}

# hang_once NAME: does not end where the unit has recorded this for the first time. The recording is all that tells: a hook may
# be killed as soon as it is there.
hang_once() {
	[ "$(grep -c "hang_once $1$" "$SCRATCH.txt")" = 1 ] || return 0
	while :; do sleep 1; done
}

# fact COMMAND...: runs the command; what it prints is recorded, but jujutest is not held to it.
fact() { "$@"; }

# root: prints the directory that the unit sees as its root, without a slash at its end.
root() { printf '%s\n' "${JUJU_CHARM_DIR%%/var/lib/juju/agents/*}"; }

# in_workload ARGUMENT...: the pebble command on the workload's container.
in_workload() { PEBBLE_SOCKET=$(root)/charm/containers/workload/pebble.socket "$(root)/charm/bin/pebble" "$@"; }

# inside PATH: prints what the hook calls a path of the workload's container, where it is one of jujutest.
inside() { [ -z "$(root)" ] && echo "$1" || echo "$(root)/charm/containers/workload/root$1"; }

# outside COMMAND...: runs the command as a daemon does, which is in no hook.
outside() { env -u JUJU_CONTEXT_ID -u JUJU_AGENT_TOKEN "$@"; }

# later ARGUMENT...: has a daemon call juju-exec.
later() {
	rm -f "$SCRATCH/code"
	# shellcheck disable=SC2016 # the shell that is started has them
	outside setsid sh -c 'juju-exec "$@" >"$SCRATCH/said" 2>"$SCRATCH/complained"; echo "exit $?" >"$SCRATCH/code"' sh "$@" \
		>/dev/null 2>&1 </dev/null &
}

# said_later: prints what came of that.
said_later() {
	until [ -s "$SCRATCH/code" ]; do sleep 0.1; done
	cat "$SCRATCH/said" "$SCRATCH/complained" "$SCRATCH/code"
}
