# shellcheck shell=bash # sourced by ../controller
# Trees on disk: cache entries and their removal.

# What no root needs.
# shellcheck disable=SC2034 # used by binaries.sh and image.sh
SLIM=(
	--aptopt='Apt::Install-Recommends "false"'
	--dpkgopt='path-exclude=/usr/share/man/*'
	--dpkgopt='path-exclude=/usr/share/doc/*'
	--dpkgopt='path-exclude=/usr/share/locale/*'
)

# fingerprint TEXT...: 8 hexadecimal digits that change with the texts, for the name of a cache entry.
fingerprint() { printf '%s\n' "$@" | sha256sum | cut -c1-8; }

# remove_tree DIRECTORY: never leaves its file system, so a mount that was forgotten in it costs an error and not the host's files.
remove_tree() {
	[[ ! -e $1 ]] || rm -rf --one-file-system -- "$1" || fail "Cannot remove $1: is something mounted in it (findmnt)?"
}
