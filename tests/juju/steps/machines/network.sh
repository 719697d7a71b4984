# shellcheck shell=bash # sourced by ../../controller
# The machines' network: a bridge of this host with nothing behind it. The host is reachable at HOST_ADDRESS, the internet is not.

# How a bridge of ours is told from anyone else's, whatever its name.
BRIDGE_MARK="kafka-connect-charms $STATE"

start_network() {
	stage "Making the bridge $BRIDGE, $HOST_ADDRESS/24"
	[[ ! -e /sys/class/net/$BRIDGE ]] || fail "There is an interface $BRIDGE already, and it is not of this controller: choose another name with CONTROLLER_BRIDGE."
	expect_free_network "$SUBNET.0/24" CONTROLLER_SUBNET 10.99.78
	ip link add name "$BRIDGE" type bridge
	ip link set "$BRIDGE" alias "$BRIDGE_MARK" # not at once: Linux overlooks an alias in an addition
	ip address add "$HOST_ADDRESS/24" dev "$BRIDGE"
	ip link set "$BRIDGE" up
	warn_of_firewall
}

# warn_of_firewall: Docker has bridged traffic filtered like routed traffic, and drops what it does not know.
warn_of_firewall() {
	local filtered=/proc/sys/net/bridge/bridge-nf-call-iptables
	if [[ -e $filtered && $(<"$filtered") == 1 ]] && iptables -S FORWARD 2>/dev/null | grep -qx -- '-P FORWARD DROP'; then
		note "Warning: this host's firewall may drop what machines send each other. If bootstrap hangs: iptables -I FORWARD -i $BRIDGE -o $BRIDGE -j ACCEPT"
	fi
}
