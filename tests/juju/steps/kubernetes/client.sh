# shellcheck shell=bash # sourced by ../../kubernetes
# The commands for this cluster, STATE/bin/juju and STATE/bin/kubectl. They touch neither the person's own Juju nor their ~/.kube.

JUJU_HOME=$STATE/juju # JUJU_DATA
KUBECONFIG_OF_ADMIN=$NODE/etc/admin.kubeconfig

make_clients() {
	stage "Making the commands $STATE/bin/juju and kubectl"
	mkdir -p "$STATE/bin" "$JUJU_HOME" "$STATE/tmp"
	make_command juju "$BINARIES/juju" "Juju $JUJU_VERSION, for the controller \"$CONTROLLER_NAME\" only"
	make_command kubectl "$COMPONENTS/kubectl" "kubectl for the cluster of the controller \"$CONTROLLER_NAME\""
}

# make_command NAME BINARY WHAT. (Juju leaves lock files in its temporary directory, hence one of its own.)
make_command() {
	cat >"$STATE/bin/$1" <<-END
		#!/bin/sh
		# Made by \`kubernetes up\`: $3.
		export JUJU_DATA=$JUJU_HOME KUBECONFIG=$KUBECONFIG_OF_ADMIN PATH=$STATE/bin:\$PATH TMPDIR=$STATE/tmp
		exec $2 "\$@"
	END
	chmod +x "$STATE/bin/$1"
}
