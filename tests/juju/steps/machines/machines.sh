# shellcheck shell=bash # sourced by ../../controller
# `controller machines ...`: Juju's unmanaged provider starts no machines, so tests get theirs here. m0 is the controller's own.

machines_command() {
	local -r action=${1:-list}
	shift || true
	expect_description
	case $action in
	list) list_machines ;;
	exec) exec_in_machine "$@" ;;
	fresh | recycle | reboot | stop | start)
		take_lock 120 "$LOCK"
		"${action}_machines" "$@"
		write_description
		;;
	*) fail "There is no \"machines $action\": see controller help." ;;
	esac
}

# fresh_machines [--image KIND] [N]: hands out N machines that nobody used, starting more when too few are free.
fresh_machines() {
	local kind=$IMAGE names=() name
	if [[ ${1:-} == --image ]]; then
		kind=${2:-}
		shift 2
	fi
	local -r wanted=${1:-1}
	[[ $wanted =~ ^[1-9][0-9]?$ ]] || fail "machines fresh: \"$wanted\" is not a number of machines."
	ensure_image "$kind"
	for name in $(seq --format 'm%g' 99); do
		((${#names[@]} < wanted)) || break
		if [[ ! -e $MACHINES/$name ]]; then
			create_machine "$name" "$kind"
		elif [[ $(machine_state "$name") != free || $(<"$MACHINES/$name/image") != "$kind" ]]; then
			continue
		fi
		names+=("$name")
	done
	((${#names[@]} == wanted)) || fail "machines fresh: all 99 machines are in use: give some back with machines recycle."
	wait_for_ssh "${names[@]}"
	for name in "${names[@]}"; do
		touch "$MACHINES/$name/taken"
		printf '%s %s\n' "$name" "$(machine_address "$name")"
	done
}

# recycle_machines --all | NAME...: takes machines back; each starts again on an empty disk and is free.
recycle_machines() {
	local names=("$@") name kind
	if [[ ${1:-} == --all ]]; then mapfile -t names < <(worker_names); fi
	expect_machines "${names[@]}"
	for name in "${names[@]}"; do
		kind=$(<"$MACHINES/$name/image")
		remove_machine "$name"
		create_machine "$name" "$kind"
	done
	wait_for_ssh "${names[@]}"
}

# reboot_machines NAME...: as after a power cut; the disk stays.
reboot_machines() {
	stop_machines "$@"
	start_machines "$@"
}

# stop_machines NAME...: pulls the plug.
stop_machines() {
	local name
	expect_machines "$@"
	for name; do kill_machine "$name"; done
}

start_machines() {
	local name
	expect_machines "$@"
	for name; do [[ -n $(machine_init "$name") ]] || start_machine "$name"; done
	wait_for_ssh "$@"
}

# exec_in_machine NAME COMMAND...: runs it there as root.
exec_in_machine() {
	local -r name=${1:-}
	local init
	expect_machines "$name"
	(($# > 1)) || fail "machines exec: give a machine and a command."
	init=$(machine_init "$name")
	[[ -n $init ]] || fail "The machine $name does not run: controller machines start $name."
	exec nsenter --target "$init" --all -- /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "${@:2}"
}

list_machines() {
	local name
	for name in m0 $(worker_names); do
		printf '%s %s %s %s\n' "$name" "$(machine_address "$name")" "$(<"$MACHINES/$name/image")" "$(machine_state "$name")"
	done
}

# machine_state NAME: controller, taken, free, or stopped.
machine_state() {
	if [[ -z $(machine_init "$1") ]]; then
		echo stopped
	elif [[ $1 == m0 ]]; then
		echo controller
	elif [[ -e $MACHINES/$1/taken ]]; then
		echo taken
	else
		echo free
	fi
}

# worker_names: all machines but the controller's.
worker_names() {
	local directory
	for directory in "$MACHINES"/m*; do
		[[ $directory == */m0 ]] || basename "$directory"
	done | sort --version-sort
}

expect_machines() {
	local name
	(($#)) || fail "Name a machine: $(worker_names | paste --serial --delimiters=' ')."
	for name; do
		[[ $name =~ ^m[0-9]+$ && -d $MACHINES/$name ]] || fail "There is no machine \"$name\": there are m0 $(worker_names | paste --serial --delimiters=' ')."
	done
}
