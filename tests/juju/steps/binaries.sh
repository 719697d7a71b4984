# shellcheck shell=bash # sourced by ../controller
# Unpatched Juju from its Go module, with real dqlite: juju, jujuagentd and jujuc, each a static binary.

# `minimal` leaves the public clouds out; provider_manual is Juju's name of the unmanaged provider.
JUJU_TAGS=minimal,provider_manual,notest
JUJU_COMMANDS=(./cmd/juju ./cmd/jujuagentd ./cmd/jujuc)
BUILD_PACKAGES=gcc,libc6-dev,pkg-config,libsqlite3-dev,libdqlite-dev,liblz4-dev,libxxhash-dev,libuv1-dev

BINARIES=$CACHE/binaries-$JUJU_VERSION-$(fingerprint "$JUJU_TAGS" "$DEBIAN_SUITE" "$DQLITE_SUITE" "$DQLITE_AT_LEAST")

ensure_binaries() {
	[[ ! -e $BINARIES ]] || return 0
	command -v go >/dev/null || fail "There is no Go in PATH: install the version that $HERE/go.mod names, or later."
	local work=$CACHE/binaries.partial
	remove_tree "$work"
	mkdir -p "$work/out" "$work/gocache"

	stage "Fetching the modules of Juju $JUJU_VERSION (104 MB, unless Go has them already)"
	local source
	source=$(fetch_modules "$work/modules.log") || fail_with_log "$work/modules.log" "Go could not fetch Juju's modules."
	stage "Making a Debian $DEBIAN_SUITE root with libdqlite of $DQLITE_SUITE to compile in (20 s)"
	make_build_root "$work/root" >"$work/root.log" 2>&1 || fail_with_log "$work/root.log" "mmdebstrap could not make the root to compile in."
	check_dqlite "$work/root"
	stage "Compiling juju, jujuagentd and jujuc (about 4 minutes on 2 cores; log: $work/compile.log)"
	contained bash "$HERE/steps/compile.sh" "$work/root" "$work/out" "$work/gocache" "$source" "$JUJU_TAGS" "${JUJU_COMMANDS[@]}" \
		>"$work/compile.log" 2>&1 || fail_with_log "$work/compile.log" "Juju did not compile."

	mv "$work/out" "$BINARIES"
	remove_tree "$work"
}

# fetch_modules LOG: prints where the source of Juju is; afterwards every module that the three commands need is in Go's module
# cache. (`go mod download` in Juju's source would fetch all clouds' modules as well.)
fetch_modules() {
	local source
	source=$(GOWORK=off GOFLAGS='' go -C "$HERE" mod download -json github.com/juju/juju 2>"$1" | jq -r .Dir)
	[[ -d $source ]] || return 1
	GOWORK=off GOFLAGS='' go -C "$source" list -deps -tags "dqlite,libsqlite3,$JUJU_TAGS" "${JUJU_COMMANDS[@]}" >/dev/null 2>>"$1" || return 1
	printf '%s' "$source"
}

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
