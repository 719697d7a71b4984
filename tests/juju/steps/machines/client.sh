# shellcheck shell=bash # sourced by ../../controller
# The juju command for this controller: STATE/bin/juju. It touches neither the person's own Juju nor their ~/.ssh.

JUJU_HOME=$STATE/juju # JUJU_DATA

make_client() {
	stage "Making the juju command $STATE/bin/juju"
	mkdir -p "$STATE/bin" "$JUJU_HOME" "$STATE/ssh" "$STATE/tmp"
	make_ssh_commands
	local os_release machine_root
	os_release=$(realpath /etc/os-release)
	machine_root=$(image_directory "$IMAGE")
	# Juju's client bootstraps only from Ubuntu, so it sees a machine's os-release, in a mount namespace that nobody else sees.
	cat >"$STATE/bin/juju" <<-END
		#!/usr/bin/env bash
		# Made by \`controller up\`: Juju $JUJU_VERSION, for the controller "$CONTROLLER_NAME" only.
		# Its temporary directory is here since it leaves lock files there.
		export JUJU_DATA=$JUJU_HOME PATH=$STATE/bin:\$PATH TMPDIR=$STATE/tmp
		exec unshare --mount --propagation slave -- /bin/sh -ec 'mount --bind $machine_root/usr/lib/os-release $os_release; exec "\$0" "\$@"' $BINARIES/juju "\$@"
	END
	chmod +x "$STATE/bin/juju"
	"$STATE/bin/juju" version >/dev/null # makes the key that the machines let in
}

# make_ssh_commands: ssh and scp that know all machines by one host key and read nobody's configuration.
make_ssh_commands() {
	local command
	ssh-keygen -q -t ed25519 -N '' -f "$STATE/ssh/ssh_host_ed25519_key"
	echo "$SUBNET.* $(cut -d' ' -f1,2 "$STATE/ssh/ssh_host_ed25519_key.pub")" >"$STATE/ssh/known_hosts"
	cat >"$STATE/ssh/config" <<-END
		UserKnownHostsFile $STATE/ssh/known_hosts
		GlobalKnownHostsFile /dev/null
		IdentityFile $JUJU_HOME/ssh/juju_id_ed25519
		IdentitiesOnly yes
	END
	for command in ssh scp; do
		printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v "$command")" "$STATE/ssh/config" >"$STATE/bin/$command"
		chmod +x "$STATE/bin/$command"
	done
}
