"""Compiled charms: each hook is a process, whose hook tools come back over a socket and are answered from ops' model."""

import os
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import ops
import yaml

from . import actiontools, relationtools, secrettools, unittools, wire  # noqa: F401: they register the tools
from .application import Charm
from .tools import Context, answer, tools

TIMEOUT = 300  # seconds, of one hook


class HookFailed(Exception):
    """A compiled charm's process ended with an error: Juju would keep nothing of the hook and run it again."""


def compiled(directory: str | Path, hooktool: str | Path) -> Charm:
    """The charm in a directory as Juju unpacks it. hooktool is the program that is every hook tool."""
    directory = Path(directory)
    documents = {name: _read(directory / f"{name}.yaml") for name in ("metadata", "config", "actions")}
    return Charm(
        lambda root: shim(directory, root, Path(hooktool)),
        meta=documents["metadata"],
        config=documents["config"],
        actions=documents["actions"],
        is_compiled=True,
    )


def _read(file: Path) -> dict:
    return yaml.safe_load(file.read_text()) if file.exists() else {}


def shim(directory: Path, root: Path, hooktool: Path) -> type[ops.CharmBase]:
    """A charm class of ops' for a unit that sees root as its file system; every hook of it runs the compiled charm."""

    class CompiledCharm(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            for name, event in self.on.events().items():
                if not name.startswith("collect_"):  # those are ops' own
                    framework.observe(event, self._dispatch)

        def _dispatch(self, event: ops.EventBase):
            Dispatch(self, event, directory, root, hooktool).run()

    return CompiledCharm


class Dispatch:
    """One hook's process."""

    def __init__(self, charm: ops.CharmBase, event: ops.EventBase, directory: Path, root: Path, hooktool: Path):
        self.charm, self.event, self.hooktool = charm, event, hooktool
        agent = root / "var/lib/juju/agents" / ("unit-" + charm.unit.name.replace("/", "-"))
        self.directory = agent / "charm"
        self.log = agent / "log"
        if not self.directory.exists():
            shutil.copytree(directory, self.directory, copy_function=_link)

    def run(self):
        with tempfile.TemporaryDirectory(prefix="hook-") as place, socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{place}/socket")
            server.listen()
            bin = Path(place, "bin")
            bin.mkdir()
            for name in tools:
                (bin / name).symlink_to(self.hooktool)
            with self.log.open("a+b") as log:
                begin = log.seek(0, os.SEEK_END)
                process = subprocess.Popen(
                    [self.directory / "dispatch"],
                    cwd=self.directory,
                    env=self._environment(f"{place}/socket", bin),
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
                try:
                    code = self._serve(server, process)
                finally:
                    _end(process)
                if code != 0:
                    log.seek(begin)
                    said = log.read().decode(errors="replace")
                    raise HookFailed(f"{self.charm.unit.name}: {type(self.event).__name__}: exit code {code}\n{said}")

    def _environment(self, address: str, bin: Path) -> dict[str, str]:
        """What Scenario says of the hook, and what only Juju's agent has to say: that there is a machine, for one."""
        kept = {name: value for name, value in os.environ.items() if name.startswith("JUJU_") or name == "JAVA_HOME"}
        return {"JUJU_MACHINE_ID": "0"} | kept | {
            "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "CHARM_DIR": str(self.directory),
            "JUJU_CHARM_DIR": str(self.directory),
            "JUJU_CONTEXT_ID": "interop",
            "JUJU_AGENT_SOCKET_NETWORK": "unix",
            "JUJU_AGENT_SOCKET_ADDRESS": address,
        }

    def _serve(self, server: socket.socket, process: subprocess.Popen) -> int:
        """Answers the hook's tools, one after the other, until the process ends."""
        deadline = time.monotonic() + TIMEOUT
        ended = os.pidfd_open(process.pid)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(server, selectors.EVENT_READ)
                selector.register(ended, selectors.EVENT_READ)
                while ready := selector.select(deadline - time.monotonic()):
                    for key, _ in ready:
                        if key.fileobj is not server:
                            return process.wait()
                        self._answer(server)
        finally:
            os.close(ended)
        raise HookFailed(f"{self.charm.unit.name}: {type(self.event).__name__}: it ran longer than {TIMEOUT} s")

    def _answer(self, server: socket.socket):
        connection, _ = server.accept()
        with connection:
            call = wire.receive(connection)
            wire.send(connection, answer(Context(self.charm, self.event, call)))


def _link(source: str, target: str):
    """Copies a file without its bytes. Programs that run keep theirs."""
    os.link(source, target)


def _end(process: subprocess.Popen):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
