#!/usr/bin/env bash
# run.sh: what process 1 of the node does: it starts the parts of Kubernetes, each anew when it ends, and sees orphans off. What they
# say is in /var/log; what they are told, in /etc/kubernetes.
set -euo pipefail
cd /etc/kubernetes
# shellcheck source=/dev/null
. ./settings

main() {
	hide_tunables
	wait_for_link
	start_storage
	start_control_plane
	start_node
	while true; do wait; done
}

# hide_tunables: kubelet writes to settings of the kernel that this host shares. It writes to copies, so nothing has to be restored.
hide_tunables() {
	local name
	for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
		mkdir -p "/run/tunables/$(dirname "$name")"
		cat "/proc/sys/$name" >"/run/tunables/$name"
		mount --bind "/run/tunables/$name" "/proc/sys/$name"
	done
}

# wait_for_link: this host makes the link; the node's end is set up here.
wait_for_link() {
	until [[ -e /sys/class/net/eth0 ]]; do sleep 0.05; done
	ip link set lo up
	ip address add "$NODE_ADDRESS/24" dev eth0
	ip link set eth0 up
	ip route add default via "$HOST_ADDRESS"
	echo 1 >/proc/sys/net/ipv4/ip_forward # of the node's own network
}

start_storage() {
	# Only the node itself reaches etcd. A database that a power cut damages is no loss here.
	keep_running etcd etcd --data-dir /var/lib/etcd --unsafe-no-fsync --log-level warn \
		--listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380
	keep_running containerd containerd --config containerd.toml
}

start_control_plane() {
	keep_running kube-apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 \
		--bind-address "$NODE_ADDRESS" --advertise-address "$NODE_ADDRESS" --secure-port 6443 --service-cluster-ip-range "$SERVICES" \
		--authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged --profiling=false \
		--tls-cert-file kube-apiserver.crt --tls-private-key-file kube-apiserver.key --client-ca-file ca.crt \
		--kubelet-client-certificate kube-apiserver.crt --kubelet-client-key kube-apiserver.key --kubelet-certificate-authority ca.crt \
		--kubelet-preferred-address-types InternalIP --service-account-issuer "https://kubernetes.default.svc.$CLUSTER_DOMAIN" \
		--service-account-key-file service-accounts.key --service-account-signing-key-file service-accounts.key
	until kubectl --kubeconfig admin.kubeconfig get --raw /readyz; do sleep 0.1; done >/dev/null 2>&1
	# Nobody asks the two for anything: they serve nothing.
	keep_running kube-controller-manager kube-controller-manager --kubeconfig kube-controller-manager.kubeconfig --secure-port 0 \
		--leader-elect=false --use-service-account-credentials --service-account-private-key-file service-accounts.key --root-ca-file ca.crt
	keep_running kube-scheduler kube-scheduler --kubeconfig kube-scheduler.kubeconfig --secure-port 0 --leader-elect=false
}

start_node() {
	keep_running kubelet kubelet --config kubelet.yaml --kubeconfig kubelet.kubeconfig --hostname-override "$NODE_NAME" --node-ip "$NODE_ADDRESS"
	keep_running kube-proxy kube-proxy --config kube-proxy.yaml
	keep_running dns dns -conf Corefile
	keep_running volumes volumes -kubeconfig volumes.kubeconfig -directory /var/lib/volumes
}

# keep_running NAME COMMAND...
keep_running() {
	local -r name=$1
	shift
	while true; do
		"$@" && true
		echo "$name ended with $?: starting it again"
		sleep 1
	done >>"/var/log/$name.log" 2>&1 &
}

main
