# shellcheck shell=bash # sourced by ../../kubernetes
# How to use the controller: STATE/controller.json for programs, `up` and `env` for people.

# write_description: it appears when the controller is complete.
write_description() {
	jq --null-input --arg controller "$CONTROLLER_NAME" --arg version "$JUJU_VERSION" --arg juju "$STATE/bin/juju" --arg data "$JUJU_HOME" \
		--arg kubectl "$STATE/bin/kubectl" --arg kubeconfig "$KUBECONFIG_OF_ADMIN" --arg kubernetes "$KUBERNETES_VERSION" \
		--arg host "$HOST_ADDRESS" --arg dns "$NODE_ADDRESS" --arg domain "$CLUSTER_DOMAIN" --arg class "$STORAGE_CLASS" '
		{controller: $controller, juju_version: $version, juju: $juju, juju_data: $data,
		 kubernetes_version: $kubernetes, kubectl: $kubectl, kubeconfig: $kubeconfig,
		 host_address: $host, dns: $dns, cluster_domain: $domain, storage_class: $class}' >"$DESCRIPTION.new"
	mv "$DESCRIPTION.new" "$DESCRIPTION"
}

expect_description() { [[ -e $DESCRIPTION ]] || fail "No controller is running: kubernetes up."; }

# print_environment: for eval.
print_environment() {
	expect_description
	# shellcheck disable=SC2016 # the reading shell's PATH
	printf 'export JUJU_DATA=%s\nexport KUBECONFIG=%s\nexport PATH=%s:$PATH\n' "$JUJU_HOME" "$KUBECONFIG_OF_ADMIN" "$STATE/bin"
}

print_usage_of_controller() {
	cat <<-END
		The controller "$CONTROLLER_NAME" is running: Juju $JUJU_VERSION on Kubernetes $KUBERNETES_VERSION.
		  use it:    eval "\$($HERE/kubernetes env)"; juju add-model test; kubectl get pods --all-namespaces
		  images:    $HERE/kubernetes images import FILE.tar
		  this host: $HOST_ADDRESS, as pods see it; it reaches pods ($PODS) and services ($SERVICES) by route
		  in a test: $DESCRIPTION
		  stop it:   $HERE/kubernetes down

	END
	print_environment
}
