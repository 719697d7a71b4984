# shellcheck shell=bash # sourced by ../../controller
# Juju's controller on the machine m0.

bootstrap_controller() {
	stage "Starting the machines m0 to m$MACHINE_COUNT"
	local names
	mapfile -t names < <(seq --format 'm%g' 0 "$MACHINE_COUNT")
	local name
	for name in "${names[@]}"; do create_machine "$name" "$IMAGE"; done
	wait_for_ssh "${names[@]}"

	stage "Bootstrapping Juju on m0, $CONTROLLER_ADDRESS"
	pack_controller_charm "$STATE/juju-controller.charm"
	mkdir -p "$STATE/empty/tools"
	# The empty tools folder and the charm's path keep Juju from asking its stores on the internet; it uploads the agent that lies
	# beside juju. Nothing is upgraded on the machines, which have no mirror.
	contained timeout 400 "$STATE/bin/juju" bootstrap "unmanaged/ubuntu@$CONTROLLER_ADDRESS" "$CONTROLLER_NAME" \
		--metadata-source "$STATE/empty/tools" --controller-charm-path "$STATE/juju-controller.charm" \
		--config bootstrap-timeout=300 \
		--config enable-os-refresh-update=false --config enable-os-upgrade=false \
		--model-default enable-os-refresh-update=false --model-default enable-os-upgrade=false \
		>"$STATE/bootstrap.log" 2>&1 || fail_with_log "$STATE/bootstrap.log" "juju bootstrap failed."
}

# controller_runs: whether there is a controller that was once complete, and answers.
controller_runs() {
	[[ -e $DESCRIPTION && -n $(machine_init m0) ]] && answers "$CONTROLLER_ADDRESS" "$API_PORT"
}
