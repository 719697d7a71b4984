#!/usr/bin/env bash
# fetch.sh MODULE TAGS PACKAGE...: prints where the source of Juju is, in the version that the go.mod in the folder MODULE names;
# afterwards all that the commands PACKAGE need is in Go's module cache. (`go mod download` in Juju's source would fetch all clouds'
# modules as well.)
set -euo pipefail
module=$1 tags=$2
shift 2
export GOWORK=off GOFLAGS=''

source=$(go -C "$module" mod download -json github.com/juju/juju | jq -r .Dir)
[[ -d $source ]]
go -C "$source" list -deps -tags "dqlite,libsqlite3,$tags" "$@" >/dev/null
printf '%s' "$source"
