#!/bin/bash
# system.sh ROOT: puts Java, and what it and a shell need of the system, into ROOT, from the packages that are installed here.
# That is 30 MB beside Java's 180, on Debian as on Ubuntu. As distroless images have it, the list of packages is in
# /var/lib/dpkg/status.d, where scanners look.
#
# Java is the distribution's, whole: all modules, for a plugin may need any. A runtime by jlink with the same modules is as
# large; compressed (zip-6) it takes 75 MB less of a disk, but 12 MB more of a download, and starting a worker takes 7.9 s of
# processor time in the place of 6.8.
set -euo pipefail
export LC_ALL=C
umask 022

root=$1

# take PACKAGE...: copies the files of packages, and their licences.
take() {
	local package
	for package in "$@"; do
		mkdir -p "$root/var/lib/dpkg/status.d" "$root/usr/share/doc/$package"
		dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
		cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
	done
	dpkg-query --listfiles "$@" | present | tar -C / --no-recursion -T - -cf - | tar -C "$root" --keep-directory-symlink -xpf -
}

# present: leaves of a list of files those that are there and of use. gconv has character sets that Java brings itself; the
# other archive of classes is for a heap beyond 32 GB, which starts a little later without.
present() {
	local file
	grep -vE '^$|^/\.$|^/usr/share/(doc|man|info|locale|lintian|bug|menu)/|/gconv/|/classes_nocoops\.jsa$' | sort -u | while read -r file; do
		if [ -e "$file" ] || [ -L "$file" ]; then echo "${file#/}"; fi
	done
}

# libraries: the packages of what the linker will look for, which may have it as /lib or as /usr/lib.
libraries() {
	find "$root/usr" -type f \( -name '*.so' -o -perm -100 \) | sed "s#^$root##" | xargs ldd 2>/dev/null |
		sed -n 's#.* => \(/[^ ]*\) .*#\1#p' | grep -v /jvm/ | sort -u | xargs readlink -f | sed 's#^/usr#*#' | xargs dpkg-query --search |
		grep -v '^diversion ' | sed 's/:.*//' | sort -u
}

# made_at_installation: what packages do not contain, but make. The store of authorities is made again, for the one that is
# there has the time of its making in it.
made_at_installation() {
	mkdir -p "$root/etc/ssl/certs/java"
	cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	SOURCE_DATE_EPOCH=1 trust extract --format=java-cacerts --filter=ca-anchors --purpose=server-auth "$root/etc/ssl/certs/java/cacerts"
	chmod a=r "$root/etc/ssl/certs/java/cacerts"
	cp -L /etc/nsswitch.conf "$root/etc/"
	ln -s "$(readlink -f /usr/bin/java)" "$root/usr/bin/java"
	ln -s bash "$root/usr/bin/sh"
	echo 'root:x:0:0:root:/root:/bin/bash' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
}

mkdir -p "$root"
root=$(readlink -f "$root")
take base-files bash coreutils grep sed openjdk-21-jre-headless
# shellcheck disable=SC2046 # one word a package
take $(libraries)
made_at_installation
