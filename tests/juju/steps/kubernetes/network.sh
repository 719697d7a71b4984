# shellcheck shell=bash # sourced by ../../kubernetes
# The node's network: one link to this host, by which pods and services are reached. Nothing of it is forwarded, so this host's own
# forwarding and firewall stay as they are, and the internet is out of the pods' reach.

# How a link of ours is told from anyone else's, whatever its name.
LINK_MARK="kafka-connect-charms $STATE"

# check_network: refuses what this host uses already, before anything is made.
check_network() {
	[[ ! -e /sys/class/net/$LINK ]] || fail "There is an interface $LINK already, and it is not of this controller: choose another name with KUBERNETES_LINK."
	expect_free_network "$SUBNET.0/24" KUBERNETES_SUBNET 10.99.79
	expect_free_network "$PODS" KUBERNETES_PODS 10.99.112.0/20
	expect_free_network "$SERVICES" KUBERNETES_SERVICES 10.99.128.0/20
}

# start_network INIT: links this host with the network namespace of the process INIT, which sets up its end itself.
start_network() {
	stage "Making the link $LINK, $HOST_ADDRESS/24, with routes to pods ($PODS) and services ($SERVICES)"
	ip link add name "$LINK" type veth peer name eth0 netns "$1"
	ip link set "$LINK" alias "$LINK_MARK" # not at once: Linux overlooks an alias in an addition
	ip address add "$HOST_ADDRESS/24" dev "$LINK"
	ip link set "$LINK" up
	expect_free_network "$PODS" KUBERNETES_PODS 10.99.112.0/20 # of the link, too
	ip route add "$PODS" via "$NODE_ADDRESS" dev "$LINK"
	expect_free_network "$SERVICES" KUBERNETES_SERVICES 10.99.128.0/20
	ip route add "$SERVICES" via "$NODE_ADDRESS" dev "$LINK"
}
