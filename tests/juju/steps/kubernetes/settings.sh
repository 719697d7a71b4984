# shellcheck shell=bash disable=SC2034 # sourced by ../../kubernetes; others read what is set here
# The controller on Kubernetes: where its state is, and what the caller may choose.

# What only this controller needs, beside Juju's binaries; and its state: the node's disk, keys, the client's JUJU_DATA, the commands.
NODE_CACHE=$CACHE/kubernetes
STATE=$NODE_CACHE/state
NODE=$STATE/node
DESCRIPTION=$STATE/controller.json
CHOICES=$STATE/choices.sh
LOCK=$NODE_CACHE/lock
# Below each root of cgroups; another cache's node has another.
CGROUP=kafka-connect-charms-$(fingerprint "$STATE")

CONTROLLER_NAME=local-k8s
NODE_NAME=local-k8s
CLUSTER_DOMAIN=cluster.local
STORAGE_CLASS=directories

# choose: takes the caller's choices, or those that the controller was started with while there is one.
choose() {
	# The first three octets of the /24 that this host and the node share: the host is .1, the node .2.
	SUBNET=${KUBERNETES_SUBNET:-10.99.78}
	PODS=${KUBERNETES_PODS:-10.99.80.0/20}
	SERVICES=${KUBERNETES_SERVICES:-10.99.96.0/20}
	# This host's end of the link.
	LINK=${KUBERNETES_LINK:-kck8s}
	# shellcheck source=/dev/null
	[[ ! -e $CHOICES ]] || . "$CHOICES"
	HOST_ADDRESS=$SUBNET.1
	NODE_ADDRESS=$SUBNET.2
	API_SERVICE=${SERVICES%.*}.1 # Kubernetes takes the first one
	DNS_SERVICE=${SERVICES%.*}.10
}

# keep_choices: for the commands to come, whose environment may be another.
keep_choices() {
	mkdir -p "$STATE"
	printf '%s=%q\n' SUBNET "$SUBNET" PODS "$PODS" SERVICES "$SERVICES" LINK "$LINK" >"$CHOICES"
}

check_choices() {
	[[ $SUBNET =~ ^([0-9]{1,3}\.){2}[0-9]{1,3}$ ]] || fail "KUBERNETES_SUBNET is \"$SUBNET\": give the first three octets of a free /24, like 10.99.78."
	[[ $PODS =~ ^([0-9]{1,3}\.){3}0/(1[2-9]|2[0-4])$ ]] || fail "KUBERNETES_PODS is \"$PODS\": give a free network of /12 to /24, like 10.99.80.0/20."
	[[ $SERVICES =~ ^([0-9]{1,3}\.){3}0/(1[2-9]|2[0-4])$ ]] || fail "KUBERNETES_SERVICES is \"$SERVICES\": give a free network of /12 to /24, like 10.99.96.0/20."
	[[ $LINK =~ ^[a-z][a-z0-9]{0,14}$ ]] || fail "KUBERNETES_LINK is \"$LINK\": give up to 15 lower-case letters and digits, beginning with a letter."
	check_cache
}
