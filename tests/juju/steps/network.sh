# shellcheck shell=bash # sourced by ../controller and ../kubernetes
# This host's network: what it uses already, and what of it is ours.

# expect_free_network NETWORK VARIABLE EXAMPLE: fails when this host has a route into NETWORK; VARIABLE chooses another one.
expect_free_network() {
	local taken
	taken=$(ip -4 route show table all to root "$1")
	taken+=$(ip -4 route show table all to match "$1" | sed '/^default/d')
	[[ -z $taken ]] || fail "This host uses $1 already (${taken%%$'\n'*}): choose another with $2, like $3."
}

# remove_interfaces MARK: removes every interface that bears the mark as its alias, and the routes through it.
remove_interfaces() {
	local mark name
	for mark in /sys/class/net/*/ifalias; do
		grep -qsxF -- "$1" "$mark" || continue # an interface may vanish meanwhile
		name=$(basename "$(dirname "$mark")")
		stage "Removing the interface $name"
		ip link delete "$name" || [[ ! -e /sys/class/net/$name ]] || fail "Cannot remove the interface $name."
	done
}

# answers ADDRESS PORT
answers() { timeout 0.5 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; }
