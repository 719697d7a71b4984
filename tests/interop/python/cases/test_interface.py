"""The interface's own tests (interface/connect_client), on both compiled charms.

They are in the manner of pytest-interface-tester, whose Tester runs one hook of a charm on a State. Here it also runs a few
update-status after it: a charm may take several hooks to answer.
"""

import dataclasses
from pathlib import Path

import pytest
from interface_tester import InterfaceTester, Tester
from interface_tester.collector import gather_test_spec_for_version
from conftest import a_model
from interop import Application, compiled
from interop.secrets import watching
from ops import testing
from scenario.state import _EventPath

INTERFACE = Path(__file__).parents[2] / "interface" / "connect_client"
SPECS = {version: gather_test_spec_for_version(INTERFACE / f"v{version}", "connect_client", version) for version in (0, 1)}
TESTS = [
    pytest.param(version, role, test, id=f"v{version}, {role}, {test.__name__}")
    for version, spec in SPECS.items()
    for role in ("provider", "requirer")
    for test in spec[role]["tests"]
]
_EventPath.suffix = property(lambda path: path.python_suffix)  # its name when the tester was written


@pytest.fixture(scope="module", autouse=True)
def several_hooks():
    """Has the Tester go on after its one hook."""
    once = Tester._run_scenario

    def _run_scenario(self, event, state):
        after = once(self, event, state)
        for _ in range(0 if event.name.endswith("_broken") else 3):
            after = once(self, testing.CharmEvents.update_status(), after)
        return after

    Tester._run_scenario = _run_scenario
    yield
    Tester._run_scenario = once


@pytest.fixture(scope="module")
def units(parts):
    """A unit of each compiled charm, by role; the provider has a worker that is up."""
    with a_model() as model:
        with_kafka = {"config": {"bootstrap-servers": parts["bootstrap"]}, "resources": {"kafka": parts["kafka"]}}
        made = {}
        for role, name, how in (("provider", "kafka-connect", with_kafka), ("requirer", "connect-integrator", {})):
            charm = compiled(parts[name], parts["hooktool"])
            made[role] = model.deploy(Application(name, charm, **how)).units[0]
        model.settle(until=lambda: made["provider"].status.name == "active")
        yield {role: (unit, model.shown_to(unit)) for role, unit in made.items()}


@pytest.mark.parametrize(("version", "role", "test"), TESTS)
def test_interface(units, version, role, test):
    unit, state = units[role]
    if role == "requirer":
        state = dataclasses.replace(state, config={"connect-client-version": f"v{version}"})
    charm = unit.application.charm
    tester = InterfaceTester()
    tester.configure(
        charm_type=unit.charm_class,
        meta=charm.meta,
        config=charm.config,
        actions=charm.actions,
        interface_name="connect_client",
        interface_version=version,
        state_template=state,
    )
    with watching(), tester.context(test, role, SPECS[version][role]["schema"], "connect-client"):
        test()


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("role", ["provider", "requirer"])
def test_units_that_do_not_lead_write_nothing(units, version, role):
    """Nor do they try: ops would fail their hook."""
    unit, state = units[role]
    asked = {"plugin-url": "NOT-REQUIRED", "requested-secrets": '["username", "password"]'}
    told = {"endpoints": "http://10.1.1.100:8083", "secret-user": "secret:cjqub6vubg2s77p3nio0"}
    relation = testing.Relation("connect-client", remote_app_data=asked if role == "provider" else told)
    config = {"connect-client-version": f"v{version}"} if role == "requirer" else state.config
    context = unit.context()
    state = dataclasses.replace(state, leader=False, config=config, relations={*state.relations, relation})
    with watching():
        after = context.run(context.on.relation_changed(relation), state)
    assert after.get_relation(relation.id).local_app_data == {}
