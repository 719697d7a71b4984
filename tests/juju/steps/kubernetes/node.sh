# shellcheck shell=bash # sourced by ../../kubernetes
# The node: processes in mount, network and process namespaces of their own, on an overlay of NODE_ROOT. When its process 1 is killed
# they all end, and with them mounts, interfaces, routes and iptables; what stays is the folder NODE and a cgroup:
#   upper work root   the overlay       etc   configuration and keys       log   what each part prints, and the containers' logs
#   containerd kubelet etcd             volumes   a folder for each volume

# The node's processes are found by this mark and not by a file with a process id, which could be missing or out of date.
NODE_MARK=KAFKA_CONNECT_CHARMS_NODE=$STATE

start_node() {
	stage "Starting the node \"$NODE_NAME\""
	configure_node
	make_cgroups
	env "$NODE_MARK" MARK="$NODE_MARK" NODE_NAME="$NODE_NAME" NODE="$NODE" NODE_ROOT="$NODE_ROOT" COMPONENTS="$COMPONENTS" \
		setsid unshare --mount --propagation private --uts --ipc --net --pid --fork --kill-child -- bash "$HERE/steps/kubernetes/node/enter.sh" \
		>"$STATE/node.log" 2>&1 </dev/null 7>&- 8>&- 9>&- &
	disown
	local deadline=$((SECONDS + 10)) init
	until init=$(node_init) && [[ -n $init ]]; do
		((SECONDS < deadline)) || fail_with_log "$STATE/node.log" "The node does not start."
		sleep 0.05
	done
	start_network "$init"
	until in_node ctr version >/dev/null 2>&1; do
		((SECONDS < deadline)) || fail_with_log "$STATE/node.log" "containerd does not start on the node (see $NODE/log)."
		sleep 0.1
	done
}

# configure_node: writes what the node's parts read, with this cluster's choices in it, to NODE/etc.
configure_node() {
	local file text name
	local -r choices=(NODE_NAME NODE_ADDRESS HOST_ADDRESS PODS SERVICES DNS_SERVICE CGROUP CLUSTER_DOMAIN STORAGE_CLASS PAUSE_IMAGE)
	mkdir -p "$NODE/etc/cni"
	while read -r file; do
		text=$(<"$HERE/steps/kubernetes/node/$file")
		for name in "${choices[@]}"; do text=${text//@$name@/${!name}}; done
		printf '%s\n' "$text" >"$NODE/etc/$file"
	done < <(cd "$HERE/steps/kubernetes/node" && find . -type f -printf '%P\n')
	for name in "${choices[@]}"; do printf '%s=%q\n' "$name" "${!name}"; done >"$NODE/etc/settings"
}

# node_init: the process id of the node's process 1, on this host; nothing when the node does not run.
node_init() {
	local pid
	for pid in $(node_processes); do
		if grep -qP '^NSpid:\t\d+\t1$' "/proc/$pid/status"; then echo "$pid"; fi
	done 2>/dev/null
}

# node_processes: all of the node's own processes, and those that started it; not those of containers.
node_processes() {
	grep --files-with-matches --null-data --line-regexp --fixed-strings -- "$NODE_MARK" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

# in_node COMMAND...: runs it there as root. It ends with this script.
in_node() {
	local init
	init=$(node_init)
	[[ -n $init ]] || fail "The node does not run: kubernetes up."
	setpriv --pdeathsig KILL -- nsenter --target "$init" --mount --uts --ipc --net --pid --root --wd -- \
		/usr/bin/env -i PATH=/opt/kubernetes:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root KUBECONFIG=/etc/kubernetes/admin.kubeconfig "$@" 7>&- 9>&-
}

# kill_node: as if its power went.
kill_node() {
	local processes deadline=$((SECONDS + 20))
	while processes=$(node_processes) && [[ -n $processes ]]; do
		((SECONDS < deadline)) || fail "The node does not end (processes: ${processes//$'\n'/ })."
		# Whoever started it ends by itself once process 1 and all others of its namespace are gone; before it there is only the starter.
		# shellcheck disable=SC2046,SC2086 # several process ids
		kill -KILL $(node_init) $([[ -n $(node_init) ]] || echo $processes) 2>/dev/null || true
		sleep 0.05
	done
}

# cgroup_roots: where the kernel's cgroups are mounted: one folder, or one for each controller.
cgroup_roots() { awk '$3 ~ /^cgroup2?$/ && $2 ~ /^\/sys\/fs\/cgroup/ { print $2 }' /proc/self/mounts; }

make_cgroups() {
	local root
	for root in $(cgroup_roots); do mkdir -p "$root/$CGROUP"; done
}

# remove_cgroups: a process that was killed may stay in its cgroup for a moment.
remove_cgroups() {
	local root deadline=$((SECONDS + 20))
	for root in $(cgroup_roots); do
		until [[ ! -e $root/$CGROUP ]]; do
			find "$root/$CGROUP" -depth -type d -exec rmdir {} + 2>/dev/null || true
			((SECONDS < deadline)) || fail "Cannot remove the cgroup $root/$CGROUP."
			[[ ! -e $root/$CGROUP ]] || sleep 0.1
		done
	done
}
