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
