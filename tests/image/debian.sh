#!/usr/bin/env bash
# debian.sh RECIPE ROOT: runs the RECIPE's system.sh and account.sh in a Debian that it makes and throws away; what they make is ROOT.
set -euo pipefail
HERE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../juju")
recipe=$1 root=$2

for part in report contained packages; do
	# shellcheck source=/dev/null
	. "$HERE/steps/$part.sh"
done
# shellcheck source=../juju/pins.sh
. "$HERE/pins.sh"

[[ $EUID == 0 ]] || fail "The image's system needs root (it is installed in a chroot): sudo, or run it in a disposable machine."
command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: apt-get install mmdebstrap"
trap interrupted INT TERM

mkdir -p "$root"
source=$(debian_source "$(debian_mirror)" "$DEBIAN_SUITE")
# The JRE's installation makes links to manual pages in a folder that has to be there, even without the pages.
# shellcheck disable=SC2016 # mmdebstrap's $1
contained nice -n 10 mmdebstrap --variant=apt --mode=root --format=null --include=ca-certificates,openjdk-21-jre-headless,p11-kit \
	--aptopt='Apt::Install-Recommends "false"' --dpkgopt='path-exclude=/usr/share/man/*' \
	--essential-hook='mkdir -p "$1/usr/share/man/man1"' \
	--customize-hook="copy-in '$recipe' /" \
	--customize-hook='chroot "$1" /image/system.sh /root-of-image && chroot "$1" /image/account.sh /root-of-image' \
	--customize-hook="tar -C \"\$1/root-of-image\" -cf - . | tar -C '$root' -xpf -" \
	"$DEBIAN_SUITE" - ${source:+"$source"}
