"""Both compiled charms with each other, inside Scenario: what the cases with Python charms are to be compared with."""

import pytest
from conftest import Row
from interop import Application, compiled
from kafkaconnect import CONNECTOR, NAME, Related

RUNS = "active: 1 connector, 1 task running"


class Control(Related):
    """A compiled integrator of the shared kafka-connect, which asks in a version."""

    def __init__(self, connect, parts, version: str, units: int):
        self.version = version
        entry = ", ".join(f"{key}: {value}" for key, value in CONNECTOR.items())
        state = f"connectors: [{{name: lines, config: {{{entry}}}}}]"
        config = {"state": state, "connect-client-version": version}
        charm = compiled(parts["connect-integrator"], parts["hooktool"])
        super().__init__(connect, Application("connect-integrator", charm, units, config, {"plugin": parts["plugin"]}))

    def row(self, story: str) -> Row:
        sides = {"ours": NAME, "theirs": self.name}
        return Row(self.connect.model, **sides, role="both", version=self.version, peer="each other", story=story)

    def integrate(self):
        self.relate()
        self.settle()

    def settle(self):
        self.connect.model.settle(until=lambda: self.status() == RUNS)

    def status(self, unit: int = 0) -> str:
        status = self.application.units[unit].status
        return f"{status.name}: {status.message}"


@pytest.fixture(params=["v0", "v1"])
def control(request, connect, parts):
    made = []

    def deploy(units: int = 1) -> Control:
        made.append(Control(connect, parts, request.param, units))
        return made[0]

    yield deploy
    for each in made:
        each.leave()


def test_first_integration(control):
    integrator = control()
    row = integrator.row("first integration")
    integrator.integrate()
    assert len(integrator.connect.connectors()) == 1
    row.done("a connector runs")


def test_tls_that_comes_on_after(control):
    integrator = control()
    integrator.integrate()
    row = integrator.row("TLS on after")
    integrator.connect.serve_with_tls()
    integrator.connect.model.settle(until=lambda: "https://" in str(integrator.bag))
    integrator.settle()
    row.done("it follows to https, verified")
    integrator.connect.serve_without_tls()
    integrator.connect.model.settle(until=lambda: "https://" not in str(integrator.bag))


def test_a_password_that_changes(control):
    integrator = control()
    integrator.integrate()
    row = integrator.row("password rotated")
    integrator.connect.model.act(integrator.connect.unit, "rotate-credentials", client=integrator.name, revoke=True)
    integrator.connect.model.settle()
    integrator.settle()
    row.done("it follows, though the old one has no overlap")


def test_a_relation_that_ends(control):
    integrator = control()
    integrator.integrate()
    row = integrator.row("relation removed")
    integrator.part()
    assert integrator.connect.connectors() == []
    assert integrator.status() == "blocked: integrate connect-client with Kafka Connect"
    row.done("account, secret and connectors are gone")


def test_units_that_do_not_lead(control):
    integrator = control(units=2)
    row = integrator.row("two units")
    integrator.integrate()
    assert integrator.status(1) == "active: standby: the leader manages the connectors"
    integrator.connect.model.remove_unit(integrator.application.units[1])
    integrator.connect.model.settle()
    integrator.settle()
    assert len(integrator.connect.connectors()) == 1
    row.done("the connector stays when the other unit goes")
