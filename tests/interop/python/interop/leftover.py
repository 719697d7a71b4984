"""The models' directories, and what units leave running: the processes of this user that have such a directory in their command line."""

import fcntl
import os
import shutil
import signal
import tempfile
from pathlib import Path

PREFIX = "interop-"
LOCK = ".lock-of-an-interop-model"  # no other directory has such a file


def make_directory() -> tuple[Path, int]:
    """Makes a directory for a model, and first removes those of models whose process was killed.

    A file in it is locked for as long as the model's process lives. The second result is the lock, to be closed at the end.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        if (lock := _lock(left)) is not None:
            remove(left.parent)
            os.close(lock)
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    new = made / f"{LOCK}.new"
    new.touch()
    lock = _lock(new)
    new.rename(made / LOCK)  # it has its name only when it is locked
    return made, lock


def remove(directory: Path):
    """Ends what runs in a directory, and removes it."""
    _end_processes(directory)
    shutil.rmtree(directory, ignore_errors=True)


def _end_processes(directory: Path):
    mark = f"{directory}/".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue  # it has ended, or is another's


def _lock(path: Path) -> int | None:
    """Locks a file; None where another process has it, or it is gone."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file
