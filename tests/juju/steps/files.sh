# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# Trees on disk: cache entries and their removal.

# fingerprint TEXT...: 8 hexadecimal digits that change with the texts, for the name of a cache entry.
fingerprint() { printf '%s\n' "$@" | sha256sum | cut -c1-8; }

# remove_tree DIRECTORY: never leaves its file system, so a mount that was forgotten in it costs an error and not the host's files.
remove_tree() {
	[[ ! -e $1 ]] || rm -rf --one-file-system -- "$1" || fail "Cannot remove $1: is something mounted in it (findmnt)?"
}
