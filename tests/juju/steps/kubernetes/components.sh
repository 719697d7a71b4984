# shellcheck shell=bash # sourced by ../../kubernetes
# Kubernetes, its DNS and its volumes, compiled from the Go modules ../../node/kubernetes and ../../node.

KUBERNETES_COMMANDS=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)
KUBERNETES_PACKAGES=("${KUBERNETES_COMMANDS[@]/#/k8s.io/kubernetes/cmd/}")

COMPONENTS=$NODE_CACHE/components-$KUBERNETES_VERSION-$(fingerprint "${KUBERNETES_COMMANDS[@]}" "$(cd "$HERE/node" && cat go.* kubernetes/go.* ./*/*.go)")

ensure_components() {
	[[ ! -e $COMPONENTS ]] || return 0
	local -r work=$COMPONENTS.partial
	expect_go
	remove_tree "$work"
	mkdir -p "$work/out" "$work/gocache"

	stage "Fetching the modules of Kubernetes $KUBERNETES_VERSION and of what runs beside it (120 MB, unless Go has them already)"
	in_modules list -deps >"$work/modules.log" 2>&1 || fail_with_log "$work/modules.log" "Go could not fetch the modules of Kubernetes."
	stage "Compiling them (about 5 minutes on 2 cores; log: $work/compile.log)"
	in_modules build -trimpath -ldflags "-s -w $(version_flags)" -o "$work/out/" >"$work/compile.log" 2>&1 ||
		fail_with_log "$work/compile.log" "Kubernetes did not compile."

	mv "$work/out" "$COMPONENTS"
	remove_tree "$work"
	note "$(du -sh "$COMPONENTS" | cut -f1) in $COMPONENTS"
}

# in_modules COMMAND...: go COMMAND for what runs on the node, with a build cache that goes when all is compiled: it is 3 GB.
in_modules() {
	local -rx GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0 GOCACHE=$COMPONENTS.partial/gocache
	contained nice -n 10 go -C "$HERE/node/kubernetes" "$@" "${KUBERNETES_PACKAGES[@]}" &&
		contained nice -n 10 go -C "$HERE/node" "$@" ./...
}

# version_flags: a Kubernetes that does not know its version says 0.0.0, and clients go by what it says.
version_flags() {
	local -r package=k8s.io/component-base/version
	local major minor
	IFS=. read -r major minor _ <<<"${KUBERNETES_VERSION#v}"
	printf -- "-X $package.%s " "gitVersion=$KUBERNETES_VERSION" "gitMajor=$major" "gitMinor=$minor" gitTreeState=clean
}
