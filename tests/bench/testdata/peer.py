"""Drives connectors with the PyPI client kafka-connect-py, as its users do: one by one. It reads what to do as JSON from
stdin, and says on stdout how long it took, how many connectors failed, and how much memory it had."""
import json
import sys
import time

from kafka_connect import KafkaConnect

asked = json.load(sys.stdin)
peer = KafkaConnect(asked["url"])


def put(name):
    peer.update_connector(name, asked["config"])


def compare(name):
    there = peer.get_connector_config(name)
    there.pop("name", None)
    if there != asked["config"]:
        put(name)


def create(name):
    peer.create_connector({"name": name, "config": asked["config"], "initial_state": "STOPPED"})


def read(_):
    peer.list_connectors(expand="info")


do = {"put": put, "compare": compare, "create": create, "read": read}[asked["mode"]]
failed = 0
began = time.monotonic()
for name in asked["names"]:
    try:
        do(name)
    except Exception:  # of any kind: its users go on with the next one
        failed += 1
print(json.dumps({
    "seconds": time.monotonic() - began,
    "failed": failed,
    "rss_kib": next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")),
}))
