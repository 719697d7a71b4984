#!/bin/sh
# Lists plugins and writes their service manifests: connect-plugin-path.sh list|sync-manifests --plugin-path DIRECTORY
# The environment is that of kafka-run-class.sh.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# Kafka 4 logs with log4j 2, Kafka 3 with log4j 1: each reads its own option.
export KAFKA_LOG4J_OPTS="${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=tools-log4j2.yaml -Dlog4j.configuration=tools-log4j.properties}"
exec "$here/kafka-run-class.sh" org.apache.kafka.tools.ConnectPluginPath "$@"
