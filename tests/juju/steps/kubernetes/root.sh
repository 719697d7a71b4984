# shellcheck shell=bash # sourced by ../../kubernetes
# The node's root: a directory in the cache, the read-only lower layer of the node's disk. Debian has what containers need, but no
# Kubernetes.

NODE_PACKAGES=containerd,runc,etcd-server,containernetworking-plugins,iptables,conntrack,iproute2,procps
NODE_ROOT=$NODE_CACHE/root-$(fingerprint "$NODE_PACKAGES" "$DEBIAN_SUITE")

ensure_node_root() {
	[[ ! -e $NODE_ROOT ]] || return 0
	stage "Making the node's root: Debian $DEBIAN_SUITE with containerd, runc, etcd and CNI plugins (20 s)"
	make_debian_root "$NODE_ROOT" "$NODE_PACKAGES"
}
