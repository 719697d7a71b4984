#!/usr/bin/env bash
# add-suite.sh ROOT SUITE OTHER PACKAGES: lets apt in ROOT, a root of SUITE, take PACKAGES (a pattern) from the suite OTHER of the
# same mirror, and nothing else. Called by mmdebstrap once it has written the root's sources.
set -euo pipefail
root=$1 suite=$2 other=$3 packages=$4

sed -n "s/ $suite main\$/ $other main/p" "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/$other.list"
[[ -s $root/etc/apt/sources.list.d/$other.list ]]
cat >"$root/etc/apt/preferences.d/$other" <<END
Package: *
Pin: release n=$other
Pin-Priority: 50

Package: $packages
Pin: release n=$other
Pin-Priority: 990
END
