#!/usr/bin/env bash
# say-ubuntu.sh ROOT VERSION CODENAME: makes the Debian in ROOT say that it is Ubuntu VERSION, for Juju's agents run on nothing else.
set -euo pipefail
root=$1 version=$2 codename=$3

rm -f "$root/etc/os-release"
cat >"$root/usr/lib/os-release" <<END
PRETTY_NAME="Ubuntu $version LTS"
NAME="Ubuntu"
VERSION_ID="$version"
VERSION="$version LTS"
VERSION_CODENAME=$codename
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=$codename
END
ln -s ../usr/lib/os-release "$root/etc/os-release"
cat >"$root/etc/lsb-release" <<END
DISTRIB_ID=Ubuntu
DISTRIB_RELEASE=$version
DISTRIB_CODENAME=$codename
DISTRIB_DESCRIPTION="Ubuntu $version LTS"
END
