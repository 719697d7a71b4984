#!/bin/sh
# Runs a Kafka Connect worker in distributed mode: connect-distributed.sh WORKER.PROPERTIES
# The environment is that of kafka-run-class.sh.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# Kafka 4 logs with log4j 2, Kafka 3 with log4j 1: each reads its own option.
export KAFKA_LOG4J_OPTS="${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=connect-log4j2.yaml -Dlog4j.configuration=connect-log4j.properties}"
exec "$here/kafka-run-class.sh" org.apache.kafka.connect.cli.ConnectDistributed "$@"
