# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# What has to be on this host, and the Debian mirror that it already uses.

require_host() {
	command -v apt-get >/dev/null || fail "The local controller needs Debian or Ubuntu."
	[[ $EUID == 0 ]] || fail "The local controller needs root (it mounts, and starts machines): sudo, or run it in a disposable machine."
}

# install_packages COMMAND:PACKAGE...: whatever is missing beyond Debian's base, by apt.
install_packages() {
	local missing=() need
	for need; do
		command -v "${need%:*}" >/dev/null || missing+=("${need#*:}")
	done
	[[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || missing+=(debian-archive-keyring) # on Ubuntu
	((${#missing[@]})) || return 0
	stage "Installing ${missing[*]}"
	update_package_lists
	DEBIAN_FRONTEND=noninteractive apt_alone install -y -q --no-install-recommends "${missing[@]}" ||
		fail_with_log "$CACHE/apt.log" "apt-get could not install ${missing[*]}."
}

update_package_lists() {
	apt_alone update -q || fail_with_log "$CACHE/apt.log" "apt-get update failed."
}

# apt_alone ARGUMENT...: apt-get, not at the same time as from the other controller's command.
apt_alone() { flock "$CACHE/apt.lock" apt-get "$@" >"$CACHE/apt.log" 2>&1 </dev/null 7>&- 9>&-; }

# debian_mirror: the address of a Debian mirror: DEBIAN_MIRROR, or the one in this host's apt configuration, in whichever format
# that is written. Nothing on a host that has none (Ubuntu): mmdebstrap then takes the one it knows.
debian_mirror() {
	local uri=${DEBIAN_MIRROR:-}
	[[ -n $uri ]] || uri=$(configured_mirror)
	if [[ -z $uri ]] && grep -qx 'ID=debian' /etc/os-release; then
		update_package_lists # who a source's origin is stands in its downloaded list, and a container image has none
		uri=$(configured_mirror)
	fi
	if [[ $uri == mirror+file:* ]]; then # a file of mirrors, as on Debian's cloud images
		uri=${uri#mirror+file:}
		uri=$(awk '$1 ~ /^[a-z+]+:/ { print $1; exit }' "${uri%/}")
	fi
	printf '%s' "$uri"
}

configured_mirror() {
	# shellcheck disable=SC2016 # apt's own placeholders
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(COMPONENT) $(RELEASE)' 'Created-By: Packages' |
		awk '$2 == "Debian" && $3 == "main" && $4 !~ /-/ && $1 !~ /^cdrom:/ { print $1; exit }'
}

# debian_source MIRROR SUITE: the argument for mmdebstrap that names the package source, empty for mmdebstrap's own default.
debian_source() {
	[[ -z $1 ]] || printf 'deb %s %s main' "$1" "$2"
}
