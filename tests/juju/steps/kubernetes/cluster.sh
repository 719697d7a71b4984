# shellcheck shell=bash # sourced by ../../kubernetes
# From a node that has started to a cluster that takes pods.

# wait_for_cluster: images are imported while the API server starts.
wait_for_cluster() {
	stage "Importing the images of charms and controller"
	import_images "$IMAGES"
	stage "Waiting for Kubernetes $KUBERNETES_VERSION"
	wait_until "The API server does not answer" "$STATE/bin/kubectl" get --raw /readyz
	wait_until "The cluster does not take its first objects" "$STATE/bin/kubectl" apply --filename "$NODE/etc/cluster.yaml"
	wait_until "The node is not ready" node_is_ready
	wait_until "There is no service account for pods" "$STATE/bin/kubectl" get serviceaccount default
}

node_is_ready() { "$STATE/bin/kubectl" wait --for condition=Ready "node/$NODE_NAME" --timeout 5s; }

# wait_until COMPLAINT COMMAND...: tries it until it succeeds.
wait_until() {
	local -r complaint=$1
	local deadline=$((SECONDS + 120))
	shift
	until "$@" >"$STATE/wait.log" 2>&1 7>&- 9>&-; do
		((SECONDS < deadline)) || fail_with_log "$STATE/wait.log" "$complaint (what each part says: $NODE/log)."
		sleep 0.1
	done
}
