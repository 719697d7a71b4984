# shellcheck shell=bash # sourced by ../../controller
# One machine: a systemd-nspawn container on an overlay of an image. Its directory is MACHINES/mN:
#   upper work root   the overlay       image   the kind of its image       console   what it prints
#   taken             is there while the machine is handed out to somebody

# nspawn and the machine's init are found by this mark and not by a file with a process id, which could be missing or out of date.
MACHINE_MARK=KAFKA_CONNECT_CHARMS_MACHINE

machine_address() { printf '%s.%d' "$SUBNET" $((10 + ${1#m})); }

# create_machine NAME KIND: a new machine on an empty overlay, and starts it.
create_machine() {
	mkdir -p "$MACHINES/$1"/{upper,work,root}
	printf '%s' "$2" >"$MACHINES/$1/image"
	mount_disk "$MACHINES/$1"
	dress_machine "$1" "$MACHINES/$1/root"
	start_machine "$1"
}

# start_machine NAME: starts a machine that does not run; what is on its disk stays. It is up when wait_for_ssh says so.
start_machine() {
	local -r name=$1 directory=$MACHINES/$1
	local cgroup=()
	# Under systemd nspawn asks it for a scope; without it a machine stays where its starter is.
	[[ -d /run/systemd/system ]] || cgroup=(--keep-unit)
	setsid systemd-nspawn --quiet --boot --directory="$directory/root" --machine="$BRIDGE-$name" --register=no "${cgroup[@]}" \
		--network-bridge="$BRIDGE" --console=pipe --setenv="$MACHINE_MARK=$directory" \
		>"$directory/console" 2>&1 </dev/null 7>&- 8>&- 9>&- &
	disown
}

mount_disk() {
	local lower
	! mountpoint --quiet "$1/root" || return 0
	lower=$(image_directory "$(<"$1/image")")
	mount -t overlay overlay -o "lowerdir=$lower,upperdir=$1/upper,workdir=$1/work" "$1/root" ||
		fail "Cannot mount a machine's disk below $CACHE: it has to be on a file system that an overlay can write to (ext4, xfs, btrfs, tmpfs; not a container's own root). Choose another with KAFKA_CONNECT_CHARMS_CACHE."
}

# dress_machine NAME ROOT: its name, its address, how it proves itself, and whom it lets in.
dress_machine() {
	local -r name=$1 root=$2
	local address owner
	address=$(machine_address "$name")
	echo "$name" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n%s %s\n' "$address" "$name" >"$root/etc/hosts"
	printf '[Match]\nName=host0\n[Network]\nAddress=%s/24\n' "$address" >"$root/etc/systemd/network/10-host0.network"
	install -m 600 "$STATE/ssh/ssh_host_ed25519_key" "$root/etc/ssh/"
	owner=$(stat --format=%u:%g "$root/home/ubuntu")
	install -m 600 -o "${owner%:*}" -g "${owner#*:}" "$JUJU_HOME/ssh/juju_id_ed25519.pub" "$root/home/ubuntu/.ssh/authorized_keys"
}

# wait_for_ssh NAME...
wait_for_ssh() {
	local name address deadline=$((SECONDS + 60))
	for name; do
		address=$(machine_address "$name")
		until answers "$address" 22; do
			((SECONDS < deadline)) || fail_with_log "$MACHINES/$name/console" "The machine $name does not answer on $address port 22."
			sleep 0.1
		done
	done
}

# machine_init NAME: the process id of its init, on this host; nothing when the machine does not run.
machine_init() {
	local pid
	for pid in $(pgrep --exact systemd); do
		# A service of the machine may have inherited the mark; its init is process 1 there.
		if grep -qzxF "$MACHINE_MARK=$MACHINES/$1" "/proc/$pid/environ" && grep -qP '^NSpid:.*\t1$' "/proc/$pid/status"; then
			echo "$pid"
		fi
	done 2>/dev/null
}

machine_nspawn() {
	local pid
	for pid in $(pgrep --full -- "--directory=$MACHINES/$1/root "); do
		if grep -qzxF -- "--directory=$MACHINES/$1/root" "/proc/$pid/cmdline"; then echo "$pid"; fi
	done 2>/dev/null
}

# kill_machine NAME: as if its power went. Init is killed, and every process of the machine with it; nspawn then ends by itself. (A
# killed nspawn would leave the machine running. An orderly shutdown waits minutes for Juju's agent.)
kill_machine() {
	local nspawn deadline=$((SECONDS + 20))
	while nspawn=$(machine_nspawn "$1") && [[ -n $nspawn$(machine_init "$1") ]]; do
		((SECONDS < deadline)) || fail "The machine $1 does not end (nspawn: ${nspawn:-none}, init: $(machine_init "$1"))."
		# nspawn's child is init from the start, even before it bears the mark.
		# shellcheck disable=SC2046 # several process ids
		kill -KILL $(machine_init "$1") $([[ -z $nspawn ]] || pgrep --parent "${nspawn//$'\n'/,}") 2>/dev/null || true
		sleep 0.05
	done
}

# remove_machine NAME: with its disk, and with what nspawn leaves in /run.
remove_machine() {
	kill_machine "$1"
	rm -rf "/run/systemd/nspawn/propagate/$BRIDGE-$1" "/run/systemd/nspawn/locks/inode-$(stat --format=%d:%i "$MACHINES/$1/root")"
	rmdir --ignore-fail-on-non-empty /run/systemd/nspawn/{propagate,locks} /run/systemd/nspawn 2>/dev/null || true
	if mountpoint --quiet "$MACHINES/$1/root"; then umount "$MACHINES/$1/root" || umount --lazy "$MACHINES/$1/root"; fi
	remove_tree "$MACHINES/$1"
}
