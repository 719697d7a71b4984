#!/bin/sh
# Runs a Kafka broker: kafka-server-start.sh SERVER.PROPERTIES
# The environment is that of kafka-run-class.sh.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec "$here/kafka-run-class.sh" kafka.Kafka "$@"
