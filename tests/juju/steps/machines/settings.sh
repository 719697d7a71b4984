# shellcheck shell=bash disable=SC2034 # sourced by ../../controller; others read what is set here
# The controller on machines: where its state is, and what the caller may choose.

# Machines' disks, the client's JUJU_DATA, the juju command.
STATE=$CACHE/state
MACHINES=$STATE/machines
DESCRIPTION=$STATE/controller.json
CHOICES=$STATE/choices.sh
LOCK=$CACHE/lock

CONTROLLER_NAME=local
API_PORT=17070 # Juju's default

# choose: takes the caller's choices, or those that the controller was started with while there is one.
choose() {
	# The first three octets of the machines' /24. The host is .1, the controller .10, the other machines follow.
	SUBNET=${CONTROLLER_SUBNET:-10.99.77}
	# 8 characters at most, since the machines' interfaces on the host are named after it (15 are allowed).
	BRIDGE=${CONTROLLER_BRIDGE:-kcjuju}
	# How many machines `up` starts beside the controller's own.
	MACHINE_COUNT=${CONTROLLER_MACHINES:-2}
	# java, or plain for machines without a JRE.
	IMAGE=${CONTROLLER_IMAGE:-java}
	# shellcheck source=/dev/null
	[[ ! -e $CHOICES ]] || . "$CHOICES"
	HOST_ADDRESS=$SUBNET.1
	CONTROLLER_ADDRESS=$SUBNET.10
}

# keep_choices: for the commands to come, whose environment may be another.
keep_choices() {
	mkdir -p "$STATE"
	printf '%s=%q\n' SUBNET "$SUBNET" BRIDGE "$BRIDGE" MACHINE_COUNT "$MACHINE_COUNT" IMAGE "$IMAGE" >"$CHOICES"
}

check_choices() {
	[[ $SUBNET =~ ^([0-9]{1,3}\.){2}[0-9]{1,3}$ ]] || fail "CONTROLLER_SUBNET is \"$SUBNET\": give the first three octets of a free /24, like 10.99.77."
	[[ $BRIDGE =~ ^[a-z][a-z0-9]{0,7}$ ]] || fail "CONTROLLER_BRIDGE is \"$BRIDGE\": give up to 8 lower-case letters and digits, beginning with a letter."
	[[ $MACHINE_COUNT =~ ^[0-9]{1,2}$ ]] || fail "CONTROLLER_MACHINES is \"$MACHINE_COUNT\": give a number from 0 to 99."
	[[ $IMAGE == java || $IMAGE == plain ]] || fail "CONTROLLER_IMAGE is \"$IMAGE\": give java or plain."
	check_cache
}
