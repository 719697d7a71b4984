#!/bin/sh
# kafka.sh ROOT: puts Kafka Connect's runtime into ROOT/opt/kafka: jars by Maven, no other than the recorded ones, and the
# scripts and settings beside this one.
set -eu
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
kafka=$1/opt/kafka
mkdir -p "$kafka/libs"
kafka=$(readlink -f "$kafka")
mvn --batch-mode --no-transfer-progress -q -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$kafka/libs"
if ! (cd "$kafka/libs" && sha256sum -- *.jar) | diff "$here/jars.sha256" -; then
	echo "kafka.sh: Maven brought other jars than the recorded ones (<)" >&2
	exit 1
fi
cp -R "$here/bin" "$here/config" "$kafka/"
chmod -R u=rwX,go=rX "$kafka"
