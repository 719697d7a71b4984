# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# Unpatched Juju from its Go module, with real dqlite, each command a static binary: juju, jujuagentd and jujuc for both controllers;
# containeragent and pebble for pods.

# `minimal` leaves the public clouds out; provider_manual is Juju's name of the unmanaged provider.
JUJU_TAGS=minimal,provider_manual,provider_kubernetes,notest
JUJU_COMMANDS=(./cmd/juju ./cmd/jujuagentd ./cmd/jujuc ./cmd/containeragent github.com/canonical/pebble/cmd/pebble)
BUILD_PACKAGES=gcc,libc6-dev,pkg-config,libsqlite3-dev,libdqlite-dev,liblz4-dev,libxxhash-dev,libuv1-dev

BINARIES=$CACHE/binaries-$JUJU_VERSION-$(fingerprint "$JUJU_TAGS" "${JUJU_COMMANDS[*]}" "$DEBIAN_SUITE" "$DQLITE_SUITE" "$DQLITE_AT_LEAST")
HALF_MADE_BINARIES=$CACHE/binaries.partial
BINARIES_LOCK=$CACHE/binaries.lock

# ensure_binaries: both controllers run the same ones; they are compiled once.
ensure_binaries() {
	[[ ! -e $BINARIES ]] || return 0
	share_lock "$BINARIES_LOCK" Juju
	[[ -e $BINARIES ]] || make_binaries
	unshare_lock
}

# remove_half_made_binaries: unless the other controller's command is making them.
remove_half_made_binaries() {
	! flock --nonblock "$BINARIES_LOCK" true || remove_tree "$HALF_MADE_BINARIES"
}

make_binaries() {
	local -r work=$HALF_MADE_BINARIES
	local source
	expect_go
	remove_tree "$work"
	mkdir -p "$work/out" "$work/gocache"

	stage "Fetching the modules of Juju $JUJU_VERSION (110 MB, unless Go has them already)"
	contained bash "$HERE/steps/fetch.sh" "$HERE" "$JUJU_TAGS" "${JUJU_COMMANDS[@]}" >"$work/source" 2>"$work/modules.log" ||
		fail_with_log "$work/modules.log" "Go could not fetch Juju's modules."
	source=$(<"$work/source")
	stage "Making a Debian $DEBIAN_SUITE root with libdqlite of $DQLITE_SUITE to compile in (20 s)"
	make_build_root "$work/root" >"$work/root.log" 2>&1 || fail_with_log "$work/root.log" "mmdebstrap could not make the root to compile in."
	check_dqlite "$work/root"
	stage "Compiling Juju (about 4 minutes on 2 cores; log: $work/compile.log)"
	contained bash "$HERE/steps/compile.sh" "$work/root" "$work/out" "$work/gocache" "$source" "$JUJU_TAGS" "${JUJU_COMMANDS[@]}" \
		>"$work/compile.log" 2>&1 || fail_with_log "$work/compile.log" "Juju did not compile."

	mv "$work/out" "$BINARIES"
	remove_tree "$work"
}

expect_go() { command -v go >/dev/null || fail "There is no Go in PATH: install the version that $HERE/go.mod names, or later."; }

make_build_root() {
	local -r root=$1
	local source
	source=$(debian_source "$(debian_mirror)" "$DEBIAN_SUITE")
	# Only libdqlite comes from the other suite; everything else stays with the one libc. A snapshot's lists are long expired.
	contained nice -n 10 mmdebstrap --variant=minbase --mode=root "${SLIM[@]}" --include="$BUILD_PACKAGES" \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--setup-hook="bash '$HERE/steps/add-suite.sh' \"\$1\" $DEBIAN_SUITE $DQLITE_SUITE 'libdqlite*'" \
		"$DEBIAN_SUITE" "$root" ${source:+"$source"}
}

check_dqlite() {
	local version
	version=$(dpkg-query --admindir="$1/var/lib/dpkg" --show --showformat='${Version}' libdqlite-dev)
	dpkg --compare-versions "$version" ge "$DQLITE_AT_LEAST" ||
		fail "The mirror has libdqlite $version in $DQLITE_SUITE; Juju needs $DQLITE_AT_LEAST. Name a newer mirror with DEBIAN_MIRROR."
	note "libdqlite $version"
}
