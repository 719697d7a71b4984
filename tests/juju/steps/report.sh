# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# What the person sees while it runs. Notes go to stderr; stdout is for what was asked for.

COMMAND=$(basename "$0")
STARTED=${EPOCHREALTIME/[.,]/} # microseconds

# stage TEXT: says what happens from now on, with the seconds since the start.
stage() {
	local tenths=$(((${EPOCHREALTIME/[.,]/} - STARTED) / 100000))
	printf '[%4d.%d s] %s\n' $((tenths / 10)) $((tenths % 10)) "$*" >&2
}

note() { printf '           %s\n' "$*" >&2; }

# fail TEXT: ends the command with what is wrong and what the person can do. (To the standard error of the start: an interrupt
# comes in the midst of a step that writes its own to a log. Descriptor 8 is closed for what outlives this script.)
exec 8>&2
fail() {
	printf '%s: %s\n' "$COMMAND" "$*" >&8
	exit 1
}

# fail_with_log LOG TEXT: the same, after the end of the log of the step that failed.
fail_with_log() {
	tail -n 30 "$1" >&2 || true
	fail "$2 (whole log: $1)"
}
