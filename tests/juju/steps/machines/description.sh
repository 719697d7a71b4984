# shellcheck shell=bash # sourced by ../../controller
# How to use the controller: STATE/controller.json for programs, `up` and `env` for people.

# write_description: replaces the file at once. It appears when the controller is complete, and is kept in step with the machines.
write_description() {
	list_machines | jq --raw-input --slurp \
		--arg controller "$CONTROLLER_NAME" --arg version "$JUJU_VERSION" --arg juju "$STATE/bin/juju" --arg data "$JUJU_HOME" \
		--arg host "$HOST_ADDRESS" --arg subnet "$SUBNET.0/24" --arg bridge "$BRIDGE" '
		[split("\n")[] | select(. != "") | split(" ") | {name: .[0], address: .[1], image: .[2], state: .[3]}] as $machines |
		{controller: $controller, juju_version: $version, juju: $juju, juju_data: $data,
		 host_address: $host, subnet: $subnet, bridge: $bridge,
		 machines: $machines, free: [$machines[] | select(.state == "free") | .address]}' >"$DESCRIPTION.new"
	mv "$DESCRIPTION.new" "$DESCRIPTION"
}

expect_description() { [[ -e $DESCRIPTION ]] || fail "No controller is running: controller up."; }

# print_environment: for eval.
print_environment() {
	expect_description
	# shellcheck disable=SC2016 # the reading shell's PATH
	printf 'export JUJU_DATA=%s\nexport PATH=%s:$PATH\n' "$JUJU_HOME" "$STATE/bin"
}

print_usage_of_controller() {
	cat <<-END
		The controller "$CONTROLLER_NAME" is running: Juju $JUJU_VERSION.
		  use it:    eval "\$($HERE/controller env)"; juju add-model test
		  machines:  $HERE/controller machines fresh 2; juju add-machine ssh:ubuntu@ADDRESS
		  free now:  $(jq --raw-output '.free | join(" ")' "$DESCRIPTION")
		  this host: $HOST_ADDRESS, as the machines see it
		  in a test: $DESCRIPTION
		  stop it:   $HERE/controller down

	END
	print_environment
}
