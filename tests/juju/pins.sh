# shellcheck shell=bash disable=SC2034 # sourced by ./controller and ./kubernetes; others read what is set here
# Every version that the local controllers are made of. A changed pin is built anew beside the old one, in the cache.

# Juju itself. Its line is in go.mod, for the tests that talk to this controller are built from the same module.
JUJU_VERSION=$(awk '{ sub(/^require /, "") } $1 == "github.com/juju/juju" { print $2 }' "$HERE/go.mod")

# Kubernetes. It, CoreDNS and all they need are pinned in the go.mod and go.sum of node/kubernetes and node.
KUBERNETES_VERSION=$(awk '{ sub(/^require /, "") } $1 == "k8s.io/kubernetes" { print $2 }' "$HERE/node/kubernetes/go.mod")

# Debian: what Juju is compiled and linked on, what the machines run, and the node with containerd, runc, etcd and the CNI plugins of it.
DEBIAN_SUITE=trixie

# Juju's go-dqlite v3.0.3 uses DQLITE_SNAPSHOT_TRAILING_*, which came after the 1.18.1 of trixie. The library of this suite
# installs on trixie; a mirror keeps only its newest version, hence a lower bound.
DQLITE_SUITE=sid
DQLITE_AT_LEAST=1.18.7

# Kafka Connect 4 asks for Java 17 or later; this is what DEBIAN_SUITE has.
JAVA_PACKAGE=openjdk-21-jre-headless

# What machines and charm containers say they are. Juju enlists nothing but Ubuntu; the charms' base in their manifest has to be this one.
UBUNTU_VERSION=24.04
UBUNTU_CODENAME=noble
