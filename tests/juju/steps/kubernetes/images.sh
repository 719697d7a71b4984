# shellcheck shell=bash # sourced by ../../kubernetes
# The images that Juju and the node itself ask for, made here under the names they are asked for by: one archive in the cache.
#   pause           what a pod starts with
#   charm-base      a charm's container: Debian that says it is Ubuntu, as the machines do
#   jujud-operator  the same with Juju's agents, for the controller and for a pod's init container

CHARM_BASE_PACKAGES=ca-certificates,curl,procps,python3,python3-yaml
JUJU_IMAGES=ghcr.io/juju # caas-image-repo's default
PAUSE_IMAGE=localhost/pause:1

IMAGES=$NODE_CACHE/images-$JUJU_VERSION-$(fingerprint "$CHARM_BASE_PACKAGES" "$DEBIAN_SUITE" "$UBUNTU_VERSION" "${BINARIES##*/}" "${COMPONENTS##*/}" \
	"$(cat "$HERE"/steps/{say-ubuntu,kubernetes/dress-image,kubernetes/images,kubernetes/archive}.sh)").tar

ensure_images() {
	[[ ! -e $IMAGES ]] || return 0
	local -r root=$NODE_CACHE/charm-base.partial
	stage "Making the images of charms and controller: Debian $DEBIAN_SUITE that says it is Ubuntu $UBUNTU_VERSION (30 s)"
	remove_tree "$root"
	mkdir -p "$root"
	# shellcheck disable=SC2016 # mmdebstrap's $1
	make_debian_root "$root/charm-base" "$CHARM_BASE_PACKAGES" \
		--customize-hook="bash '$HERE/steps/kubernetes/dress-image.sh' \"\$1\" $UBUNTU_VERSION $UBUNTU_CODENAME"
	copy_agents "$root/agents/opt"
	mkdir -p "$root/pause"
	cp "$COMPONENTS/pause" "$root/pause/"
	pack_images "$root"
	remove_tree "$root"
	note "$(du -sh "$IMAGES" | cut -f1) in $IMAGES"
}

copy_agents() {
	mkdir -p "$1"
	cp "$BINARIES"/{jujuagentd,jujuc,containeragent,pebble} "$1/"
	ln -s jujuagentd "$1/jujud"
}

pack_images() {
	local -r root=$1 work=$1/archive
	local base agents pause
	start_archive "$work"
	base=$(add_layer "$work" "$root/charm-base")
	agents=$(add_layer "$work" "$root/agents")
	pause=$(add_layer "$work" "$root/pause")
	add_image "$work" "$PAUSE_IMAGE" '{"Entrypoint": ["/pause"]}' "$pause"
	add_image "$work" "$JUJU_IMAGES/charm-base:ubuntu-$UBUNTU_VERSION" '{"Cmd": ["bash"]}' "$base"
	add_image "$work" "$JUJU_IMAGES/jujud-operator:$(<"$BINARIES/VERSION")" \
		'{"Entrypoint": ["sh", "-c"], "WorkingDir": "/var/lib/juju"}' "$base" "$agents"
	finish_archive "$work" "$IMAGES"
}

# import_images FILE...: into the running node; a pod that names one of them needs no registry.
import_images() {
	local file
	for file; do
		[[ -r $file ]] || fail "There is no file $file to import."
		in_node ctr --namespace k8s.io images import --digests - <"$file" >"$STATE/import.log" 2>&1 ||
			fail_with_log "$STATE/import.log" "containerd could not import $file: it takes what \`docker save\` and skopeo write."
	done
}
