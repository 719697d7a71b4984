# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# Who may change what. Descriptors 7 and 9 are locks: what outlives this script must not inherit them.

# take_lock SECONDS FILE: one command at a time changes what FILE stands for; waits that long for another one to end.
take_lock() {
	mkdir -p "$(dirname "$2")"
	exec 9>>"$2"
	flock --wait "$1" 9 || fail "Another command (process $(cat "$2")) is changing this controller: wait for it, or end it."
	echo $$ >"$2"
}

# share_lock FILE WHAT: the same for what both controllers share, until unshare_lock; waits as long as it takes.
share_lock() {
	exec 7>>"$1"
	flock --nonblock 7 || stage "Waiting for another command that makes $2"
	flock 7
}

unshare_lock() { exec 7>&-; }
