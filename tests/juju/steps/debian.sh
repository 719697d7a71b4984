# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# Roots of Debian, each a folder of the cache.

# What no root needs.
SLIM=(
	--aptopt='Apt::Install-Recommends "false"'
	--dpkgopt='path-exclude=/usr/share/man/*'
	--dpkgopt='path-exclude=/usr/share/doc/*'
	--dpkgopt='path-exclude=/usr/share/locale/*'
)

# make_debian_root DIRECTORY PACKAGES OPTION...: what mmdebstrap makes of DEBIAN_SUITE with these packages and options.
make_debian_root() {
	local -r directory=$1 packages=$2
	local source
	shift 2
	source=$(debian_source "$(debian_mirror)" "$DEBIAN_SUITE")
	remove_tree "$directory.partial"
	contained nice -n 10 mmdebstrap --variant=minbase --mode=root "${SLIM[@]}" --include="$packages" "$@" \
		"$DEBIAN_SUITE" "$directory.partial" ${source:+"$source"} >"$directory.log" 2>&1 ||
		fail_with_log "$directory.log" "mmdebstrap could not make $directory."
	mv "$directory.partial" "$directory"
	rm "$directory.log"
	note "$(du -sh "$directory" | cut -f1) in $directory"
}
