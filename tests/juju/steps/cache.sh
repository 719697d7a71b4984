# shellcheck shell=bash disable=SC2034 # sourced by ../controller and ../kubernetes; others read what is set here
# Where everything is. The cache outlives `down`: what was compiled and unpacked. Each command has a state of its own in it, which does not.

CACHE=$(realpath -m "${KAFKA_CONNECT_CHARMS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kafka-connect-charms}/juju")

check_cache() {
	# Separators in the options of an overlay mount.
	[[ $CACHE != *[,:\\\"\'\$[:space:]]* ]] || fail "The cache directory \"$CACHE\" has a space, comma, colon, quote, dollar or backslash in its path: choose another with KAFKA_CONNECT_CHARMS_CACHE."
}
