#!/usr/bin/env bash
# dress-image.sh ROOT VERSION CODENAME: makes the Debian in ROOT a machine that Juju enlists as Ubuntu VERSION. Called by mmdebstrap
# at its end. The image is made anew when this file changes.
set -euo pipefail
root=$1 version=$2 codename=$3

bash "$(dirname "$0")/../say-ubuntu.sh" "$root" "$version" "$codename"

# The accounts that Ubuntu has: ubuntu is who Juju comes as, syslog owns Juju's logs.
chroot "$root" groupadd --force adm
chroot "$root" useradd --system --shell /usr/sbin/nologin --gid adm syslog
chroot "$root" groupadd --force ubuntu
chroot "$root" useradd --create-home --shell /bin/bash --gid ubuntu ubuntu
chroot "$root" install -d -m 700 -o ubuntu -g ubuntu /home/ubuntu/.ssh
echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/90-ubuntu"
chmod 440 "$root/etc/sudoers.d/90-ubuntu"

# Nothing that waits for the internet, nothing that starts by itself in the middle of a test.
chroot "$root" systemctl --quiet enable systemd-networkd ssh
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer systemd-timesyncd systemd-networkd-wait-online
chroot "$root" systemctl --quiet set-default multi-user.target
# Each machine makes its own id, and is given its host key: without others to be made, ssh answers sooner.
chroot "$root" systemctl --quiet mask sshd-keygen.service
: >"$root/etc/machine-id"
: >"$root/etc/resolv.conf"
rm -f "$root"/etc/ssh/ssh_host_*
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
