# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# The charm that Juju wants on its controller.

# pack_controller_charm FILE
pack_controller_charm() {
	(cd "$HERE/charms/juju-controller" && zip --quiet --recurse-paths "$1" .)
}
