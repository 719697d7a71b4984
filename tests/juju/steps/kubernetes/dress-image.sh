#!/usr/bin/env bash
# dress-image.sh ROOT VERSION CODENAME: makes the Debian in ROOT what Juju's agents run in. Called by mmdebstrap at its end. The image
# is made anew when this file changes.
set -euo pipefail
root=$1 version=$2 codename=$3

bash "$(dirname "$0")/../say-ubuntu.sh" "$root" "$version" "$codename"

# The accounts that Juju's own image has: charms and their containers may run as these users without being root.
chroot "$root" useradd --system --no-create-home --shell /usr/sbin/nologin syslog
for account in juju:170 sjuju:171; do
	chroot "$root" groupadd --gid "${account#*:}" "${account%:*}"
	chroot "$root" useradd --uid "${account#*:}" --gid "${account#*:}" --no-create-home --shell /usr/bin/bash "${account%:*}"
done
chroot "$root" install -d /var/lib/juju
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
