"""Loopback addresses of the units' own, so that servers of many units have the same ports."""

import random
import socket
from dataclasses import dataclass


@dataclass
class Address:
    ip: str
    lock: socket.socket

    def release(self):
        self.lock.close()


def take_address() -> Address:
    """Takes an address as package jujutest does, for as long as this process lives: by an abstract socket of its name."""
    while True:
        ip = f"127.0.{random.randint(16, 255)}.{random.randint(1, 254)}"
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0jujutest-{ip}")
        except OSError:
            lock.close()
            continue
        lock.listen()
        return Address(ip, lock)
