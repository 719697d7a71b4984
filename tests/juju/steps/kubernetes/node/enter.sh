#!/usr/bin/env bash
# enter.sh: process 1 of the node, started in namespaces of its own. It makes the node's file system out of NODE_ROOT, COMPONENTS and the
# state in NODE, leaves this host's behind, and goes on with run.sh. All its mounts end with it.
set -euo pipefail
: "${NODE_ROOT:?}" "${COMPONENTS:?}" "${NODE:?}" "${MARK:?}" "${NODE_NAME:?}"
root=$NODE/root

# bind SOURCE DIRECTORY: shows SOURCE of this host in the node.
bind() { mkdir -p "$root$2" && mount --rbind "$1" "$root$2"; }

mkdir -p "$NODE"/{upper,work,root,log,containerd,kubelet,etcd,volumes}
mount -t overlay overlay -o "lowerdir=$NODE_ROOT,upperdir=$NODE/upper,workdir=$NODE/work" "$root"
# What is to lie on this host's own file system: containerd's layers cannot lie on an overlay.
for directory in containerd kubelet etcd volumes; do bind "$NODE/$directory" "/var/lib/$directory"; done
bind "$NODE/log" /var/log
bind "$NODE/etc" /etc/kubernetes
bind "$COMPONENTS" /opt/kubernetes
bind /dev /dev
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" # shows the node's network
bind /sys/fs/cgroup /sys/fs/cgroup
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
hostname "$NODE_NAME"

cd "$root"
mkdir -p left-behind
pivot_root . left-behind
umount --lazy /left-behind
mount --make-rshared / # kubelet's mounts are to be seen in containers
exec env -i "$MARK" PATH=/opt/kubernetes:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root bash /etc/kubernetes/run.sh
