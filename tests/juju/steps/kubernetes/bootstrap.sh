# shellcheck shell=bash # sourced by ../../kubernetes
# Juju's controller in a pod of the cluster.

CLOUD_NAME=local-kubernetes

bootstrap_controller() {
	stage "Bootstrapping Juju in the cluster"
	pack_controller_charm "$STATE/juju-controller.charm"
	contained timeout 60 "$STATE/bin/juju" add-k8s "$CLOUD_NAME" --client --storage "$STORAGE_CLASS" \
		>"$STATE/bootstrap.log" 2>&1 || fail_with_log "$STATE/bootstrap.log" "juju add-k8s failed."
	# The charm's path keeps Juju from asking its store on the internet. This host reaches services at their addresses in the cluster.
	contained timeout 400 "$STATE/bin/juju" bootstrap "$CLOUD_NAME" "$CONTROLLER_NAME" \
		--controller-charm-path "$STATE/juju-controller.charm" \
		--config controller-service-type=cluster --config bootstrap-timeout=300 \
		>>"$STATE/bootstrap.log" 2>&1 || fail_with_log "$STATE/bootstrap.log" "juju bootstrap failed."
}

# controller_runs: whether there is a controller that was once complete, on a node that answers.
controller_runs() {
	[[ -e $DESCRIPTION && -n $(node_init) ]] && answers "$NODE_ADDRESS" 6443
}
