# shellcheck shell=bash # sourced by ../../controller
# The machines' root: a directory in the cache, the read-only lower layer of every machine of its kind.

# curl and tmux are what Juju's enlisting asks for; the rest is what makes a machine that boots, has a network and lets ssh in.
MACHINE_PACKAGES=systemd,systemd-sysv,dbus,udev,kmod,openssh-server,sudo,iproute2,procps,netbase,ca-certificates,curl,tmux

# image_packages KIND: java has a JRE, for machines have no way to the network to install one; plain has none.
image_packages() {
	case $1 in
	java) printf '%s' "$MACHINE_PACKAGES,$JAVA_PACKAGE" ;;
	plain) printf '%s' "$MACHINE_PACKAGES" ;;
	*) fail "There is no image \"$1\": give java or plain." ;;
	esac
}

# image_directory KIND
image_directory() {
	local packages
	packages=$(image_packages "$1")
	printf '%s/image-%s-%s' "$CACHE" "$1" "$(fingerprint "$packages" "$DEBIAN_SUITE" "$UBUNTU_VERSION" "$(cat "$HERE"/steps/{say-ubuntu,machines/dress-image}.sh)")"
}

# ensure_image KIND
ensure_image() {
	local directory packages
	directory=$(image_directory "$1")
	[[ ! -e $directory ]] || return 0
	packages=$(image_packages "$1")
	stage "Making the machines' root \"$1\": Debian $DEBIAN_SUITE that says it is Ubuntu $UBUNTU_VERSION (20 s; with Java 30 s)"
	# The JRE's installation makes links to manual pages in a folder that has to be there, even without the pages.
	# shellcheck disable=SC2016 # mmdebstrap's $1
	make_debian_root "$directory" "$packages" \
		--essential-hook='mkdir -p "$1/usr/share/man/man1"' \
		--customize-hook="bash '$HERE/steps/machines/dress-image.sh' \"\$1\" $UBUNTU_VERSION $UBUNTU_CODENAME"
}
