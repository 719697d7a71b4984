#!/usr/bin/env bash
# compile.sh ROOT OUT GOCACHE SOURCE TAGS PACKAGE...: compiles the commands of Juju's SOURCE (in Go's module cache) into OUT, with
# the C libraries of ROOT and the Go of this host, without network. Mounts into ROOT: to be run in a mount namespace of its own.
set -euo pipefail
root=$1 out=$2 gocache=$3 source=$4 tags=$5
shift 5
modules=$(go env GOMODCACHE)

bind() { mkdir -p "$root$2" && mount --bind "$1" "$root$2"; }
bind "$(go env GOROOT)" /go
bind "$modules" /modules
bind "$out" /out
bind "$gocache" /gocache
bind /dev /dev
mount -t proc proc "$root/proc"

inside() {
	nice -n 10 chroot "$root" /usr/bin/env -i PATH=/go/bin:/usr/bin:/bin HOME=/tmp GOROOT=/go GOMODCACHE=/modules GOCACHE=/gocache \
		GOPROXY=off GOTOOLCHAIN=local GOFLAGS='-buildvcs=false -trimpath -mod=readonly' "$@"
}
cd_source="/modules${source#"$modules"}"

# The agent holds the database, in C. Tags and flags follow Juju's own Makefile, with glibc in the place of musl.
inside CGO_ENABLED=1 CGO_LDFLAGS='-luv -ldqlite -llz4 -lsqlite3 -lxxhash -lm -Wl,-z,stack-size=1048576' \
	CGO_LDFLAGS_ALLOW='(-Wl,-wrap,pthread_create)|(-Wl,-z,now)' \
	go -C "$cd_source" build -tags "dqlite,libsqlite3,netgo,osusergo,$tags" \
	-ldflags "-s -w -linkmode external -extldflags '-static'" -o /out/ ./cmd/jujuagentd

for package in "$@"; do
	[[ $package != ./cmd/jujuagentd ]] || continue
	inside CGO_ENABLED=0 go -C "$cd_source" build -tags "$tags" -ldflags '-s -w' -o /out/ "$package"
done

inside dpkg-query --show libdqlite-dev libsqlite3-dev libuv1-dev >"$out/LINKED"
# As Juju names its images: without system and architecture.
inside JUJU_DATA=/tmp/juju /out/juju version | sed 's/-[a-z]*-[a-z0-9]*$//' >"$out/VERSION"
