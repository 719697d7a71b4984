"""What the cases share: the parts that Go built and started, a model of their own, and the rows that they report."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from interop import Application, Model, compiled
from kafkaconnect import KafkaConnect
from peers.pluginserver import PluginServer

PARTS = json.loads(os.environ["INTEROP_PARTS"])


@pytest.fixture(scope="session")
def parts() -> dict[str, str]:
    """Paths and addresses by name: the compiled charms, the hook tools' program, Kafka."""
    return PARTS


@contextmanager
def a_model():
    made = Model()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def model():
    with a_model() as made:
        yield made


@pytest.fixture(scope="session")
def connect(parts):
    """The compiled kafka-connect with a worker; it serves no TLS at the end of a case, as at its beginning."""
    server = PluginServer(Path(parts["plugin"]).read_bytes())
    with a_model() as model:
        yield KafkaConnect(model, parts, server.url)
    server.close()


@pytest.fixture(scope="session")
def integrator(parts):
    """Deploys the compiled connect-integrator, which takes the role of the requirer."""
    charm = compiled(parts["connect-integrator"], parts["hooktool"])

    def deploy(model: Model, units: int = 1, resources: dict[str, str] | None = None, **config) -> Application:
        options = {key.replace("_", "-"): value for key, value in config.items()}
        return model.deploy(Application("connect-integrator", charm, units, options, resources or {}))

    return deploy


class Row:
    """One story of the matrix, in which ours and theirs are applications; it is done when it says what came of it."""

    def __init__(self, model: Model, ours: str, theirs: str, **case: str):
        self.model, self.ours, self.theirs, self.case = model, ours, theirs, case
        model.counted()

    def done(self, result: str):
        counted = self.model.counted()
        hooks = {"ours": counted.get(self.ours, (0, 0)), "theirs": counted.get(self.theirs, (0, 0))}
        report(row=self.case | {"result": result} | {name: {"hooks": h, "updates": u} for name, (h, u) in hooks.items()})


def report(**line):
    with open(PARTS["report"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Reports each case to Go: its outcome when it has run, and any trouble before or after."""
    outcome = (yield).get_result()
    if outcome.when == "call" or outcome.failed or outcome.skipped:
        report(
            case=item.name, file=item.path.name, when=outcome.when, outcome=outcome.outcome, text=outcome.longreprtext
        )
