#!/bin/sh
# Runs one class of this distribution. The JVM takes the place of this shell, so whoever signals this process signals the JVM.
#
#   kafka-run-class.sh CLASS [ARGUMENT...]
#
# JAVA_HOME                   the Java to use; without it, the java found in PATH
# CLASSPATH                   searched before config/ and libs/
# KAFKA_HEAP_OPTS             size of the heap (-Xmx512m)
# KAFKA_JVM_PERFORMANCE_OPTS  collector and compiler; without it, what jvm.options beside this script says
# KAFKA_LOG4J_OPTS            the log configuration; without it, the broker's one in config/
# KAFKA_OPTS                  any other option of the JVM
set -eu

if [ "$#" -eq 0 ]; then
	echo "usage: ${0##*/} CLASS [ARGUMENT...]" >&2
	exit 2
fi

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! command -v "$java" >/dev/null 2>&1; then
	echo "${0##*/}: $java is not there: install a Java 17 runtime, or set JAVA_HOME" >&2
	exit 127
fi

# Each of these variables holds several options, split at spaces.
# shellcheck disable=SC2086
exec "$java" \
	${KAFKA_HEAP_OPTS:--Xmx512m} \
	${KAFKA_JVM_PERFORMANCE_OPTS:-"@$home/bin/jvm.options"} \
	${KAFKA_LOG4J_OPTS:-} \
	${KAFKA_OPTS:-} \
	-cp "${CLASSPATH:+$CLASSPATH:}$home/config:$home/libs/*" \
	"$@"
