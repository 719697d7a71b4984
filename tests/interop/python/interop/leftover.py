"""Ends what units leave running: they are the processes of this user that have the model's directory in their command line."""

import os
import signal
from pathlib import Path


def end_processes(directory: Path):
    mark = f"{directory}/".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue  # it has ended, or is another's
