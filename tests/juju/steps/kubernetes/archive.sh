# shellcheck shell=bash # sourced by ../../kubernetes
# Archives of container images, in the form that `docker save` writes and containerd imports, without docker: layers are plain
# archives of folders, named by their digests, so images may share them.

# start_archive WORK
start_archive() {
	remove_tree "$1"
	mkdir -p "$1"
	echo '[]' >"$1/manifest.json"
}

# add_layer WORK ROOT: makes a layer of what is in the folder ROOT; prints its digest.
add_layer() {
	local -r work=$1 root=$2
	local digest
	tar --create --file="$work/layer" --directory="$root" --numeric-owner --sort=name --mtime=@0 --exclude='./dev/*' .
	digest=$(sha256sum "$work/layer" | cut -d' ' -f1)
	mv "$work/layer" "$work/$digest.tar"
	printf '%s' "$digest"
}

# add_image WORK NAME CONFIG LAYER...: an image of these layers; CONFIG is the part of its configuration that Docker calls so, as JSON.
add_image() {
	local -r work=$1 name=$2 config=$3
	shift 3
	jq --null-input --arg architecture "$(dpkg --print-architecture)" --argjson config "$config" '
		{architecture: $architecture, os: "linux", rootfs: {type: "layers", diff_ids: $ARGS.positional | map("sha256:" + .)},
		 config: ({Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]} + $config)}' --args "$@" >"$work/config"
	local id
	id=$(sha256sum "$work/config" | cut -d' ' -f1)
	mv "$work/config" "$work/$id.json"
	jq --arg name "$name" --arg config "$id.json" \
		'. + [{Config: $config, RepoTags: [$name], Layers: ($ARGS.positional | map(. + ".tar"))}]' --args "$@" <"$work/manifest.json" >"$work/manifest"
	mv "$work/manifest" "$work/manifest.json"
}

# finish_archive WORK FILE
finish_archive() {
	tar --create --file="$2.partial" --directory="$1" .
	mv "$2.partial" "$2"
	remove_tree "$1"
}
