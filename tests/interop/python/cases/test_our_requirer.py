"""The compiled requirer against Python providers."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import ops
import pytest
from conftest import Row
from interop import Application, Model, python_charm
from interop.addresses import take_address
from peers import provider_in_steps, provider_v0, provider_v1
from peers.authority import Authority
from peers.pluginserver import PluginServer
from peers.requirer import connector_name
from peers.worker import Worker
from scenario.errors import UncaughtCharmError

RUNS = "active: 1 connector, 1 task running"
STATE = "connectors: [{name: lines, config: {connector.class: FileStreamSource, file: /dev/null, topic: lines}}]"


@dataclass
class Peer:
    module: object
    make: Callable[[Worker, str], type[ops.CharmBase]]
    tells_trouble: bool = True


PEERS = {
    "v0 library, in clear": Peer(provider_v0, lambda worker, ca: provider_v0.provider_v0(worker, 40, ca, False), False),
    "v0 library, patch 40": Peer(provider_v0, lambda worker, ca: provider_v0.provider_v0(worker, 40, ca), False),
    "v0 library, patch 59": Peer(provider_v0, lambda worker, ca: provider_v0.provider_v0(worker, 59, ca)),
    "dpcharmlibs": Peer(provider_v1, provider_v1.provider_v1),
}
PAIRS = [*(("v0", peer) for peer in PEERS), ("v1", "dpcharmlibs")]
PEERS["in steps"] = Peer(provider_in_steps, lambda worker, _: provider_in_steps.provider_in_steps(worker))


class Pair:
    """The integrator, speaking a version, and a Python provider with its worker; not related yet."""

    def __init__(self, model: Model, integrator, version: str, name: str, directory):
        self.model, self.version, self.name, self.peer = model, version, name, PEERS[name]
        self.address = take_address()
        self.authority = Authority.issue(self.address.ip, directory)
        self.worker = Worker(self.address.ip, self.authority)
        charm = self.peer.make(self.worker, self.authority.ca)
        module = self.peer.module
        self.provider = model.deploy(Application("python-connect", python_charm(charm, module.META, module.CONFIG)))
        config = {"state": STATE, "connect_client_version": version}
        self.deploy_integrator = lambda **how: integrator(model, **config, **how)
        self.requirer = None

    def integrate(self, **how):
        """Deploys the integrator, relates it, and settles."""
        self.requirer = self.deploy_integrator(**how)
        self.model.settle()
        self.model.counted()
        self.relation = self.model.relate("connect-integrator", "connect-client", "python-connect", "connect-client")
        self.model.settle()

    def row(self, story: str) -> Row:
        sides = {"ours": "connect-integrator", "theirs": "python-connect"}
        return Row(self.model, **sides, role="requirer", version=self.version, peer=self.name, story=story)

    def status(self, unit: int = 0) -> str:
        status = self.requirer.units[unit].status
        return f"{status.name}: {status.message}"

    def comes_to(self, status: str, unit: int = 0, whole: bool = True):
        """Requires a status, or its beginning. A unit that waits, as for its manager on a busy machine, looks again at update-status."""

        def is_there() -> bool:
            return self.status(unit) == status or not whole and self.status(unit).startswith(status)

        self.model.settle(until=lambda: is_there() or not self.status(unit).startswith("waiting"))
        assert is_there(), self.status(unit)

    @property
    def published(self) -> dict[str, str]:
        return self.relation.application_bags["python-connect"]

    @property
    def asked(self) -> dict[str, str]:
        return self.relation.application_bags["connect-integrator"]

    @property
    def connector(self) -> str:
        return connector_name("lines", self.relation.id, self.model.uuid)

    def close(self):
        self.worker.close()
        self.address.release()


@pytest.fixture
def meet(model, integrator, tmp_path):
    """Makes the pair of a version and a peer."""
    with ExitStack() as stack:

        def make(version: str, name: str) -> Pair:
            made = Pair(model, integrator, version, name, tmp_path)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture(params=PAIRS, ids=", ".join)
def pair(request, meet):
    return meet(*request.param)


@pytest.fixture
def plugin_server():
    """A server whose plugin is not there yet."""
    server = PluginServer(b"a plugin")
    server.has_plugin = False
    yield server
    server.close()


def test_first_integration(pair):
    row = pair.row("first integration")
    pair.integrate()
    pair.comes_to(RUNS)
    assert list(pair.worker.connectors) == [pair.connector]
    assert "data" in pair.published, "the peer's own notes are no trouble"
    row.done("a connector runs")


def test_tls_that_is_on_before(pair):
    pair.model.configure("python-connect", tls=True)
    row = pair.row("TLS on before")
    pair.integrate()
    if pair.peer.module is provider_v0:
        assert "secret-tls" not in pair.published
        pair.comes_to("blocked: python-connect: https endpoints and no CA certificate from the provider", whole=False)
        return row.done("the status says that the provider gives no CA")
    pair.comes_to(RUNS)
    row.done("a connector runs")


def test_tls_that_comes_on_after(pair):
    pair.integrate()
    row = pair.row("TLS on after")
    pair.model.configure("python-connect", tls=True)
    pair.model.settle()
    pair.comes_to(RUNS)
    assert "http://" not in str(pair.published)
    row.done("it follows to https, verified")


def test_a_password_that_changes(pair):
    pair.integrate()
    row = pair.row("password rotated")
    pair.model.configure("python-connect", password="another-password")
    pair.model.settle()
    refused = pair.worker.refused  # Connect Manager may have asked with the old one before the hook that told of the new one
    pair.model.update_status()
    pair.comes_to(RUNS)
    assert pair.worker.refused == refused
    row.done("it follows, with no request refused from then on")


def test_a_plugin_url_that_changes(pair, plugin_server):
    plugin_server.has_plugin = True
    pair.integrate()
    row = pair.row("plugin-url changed")
    pair.model.configure("connect-integrator", plugin_url=plugin_server.url)
    if (pair.version, pair.name) == ("v0", "dpcharmlibs"):
        with pytest.raises(UncaughtCharmError, match="Cannot change resource"):
            pair.model.settle()
        return row.done("the peer's hook fails, as it does with anyone: keep the URL")
    pair.model.settle()
    pair.comes_to(RUNS)
    assert list(pair.worker.connectors) == [pair.connector]
    took = "serves it as another request" if pair.version == "v1" else "takes no notice"
    row.done(f"the peer {took}; connectors go on")


def request_ids(bag: dict[str, str]) -> list[str]:
    return [request["request-id"] for request in json.loads(bag.get("requests", "[]"))]


def test_another_plugin_behind_its_url(pair, tmp_path):
    plugin = tmp_path / "plugin.tar.gz"
    plugin.write_bytes(b"one")
    pair.integrate(resources={"plugin": str(plugin)})
    asked = dict(pair.asked)
    row = pair.row("another plugin behind its URL")
    plugin.write_bytes(b"another")
    pair.model.update_status()
    pair.comes_to(RUNS)
    changed = {key for key in asked if asked[key] != pair.asked[key]}
    assert changed == ({"plugin-sha256"} if pair.version == "v0" else {"requests"}), "no more than the digest"
    assert request_ids(asked) == request_ids(pair.asked)
    row.done("URL and connectors stay; the digest is another")


@pytest.mark.parametrize("peer", ["v0 library, patch 40", "v0 library, patch 59"])
def test_a_newer_request_to_an_older_provider(meet, peer):
    pair = meet("v1", peer)
    row = pair.row("first integration")
    pair.integrate()
    pair.comes_to("waiting: python-connect: waiting for the provider: no endpoints, secret-user yet")
    row.done("the peer knows no v1, and never answers: ask it in v0")


def test_what_belongs_in_one_hook_comes_in_several(meet):
    pair = meet("v0", "in steps")
    row = pair.row("a secret before its grant, a grant before the password")
    pair.integrate()
    for step, status in (
        ("publish", "waiting: python-connect: waiting for the provider to grant its secret"),
        ("grant", "waiting: python-connect: waiting for the provider: its secret has no username or no password yet"),
        ("complete", RUNS),
    ):
        pair.model.configure("python-connect", step=step)
        pair.model.settle()
        pair.comes_to(status, whole=False)
    row.done("it waits, and says for what; then a connector runs")


def test_trouble_is_told_and_resolved(pair, plugin_server):
    row = pair.row("bad plugin told, resolved")
    pair.integrate(plugin_url=plugin_server.url)
    says = "no plugin there (serve it)" if pair.peer.tells_trouble else "no endpoints, secret-user yet"
    pair.comes_to(f"waiting: python-connect: waiting for the provider: {says}")
    plugin_server.has_plugin = True
    pair.model.configure("python-connect", password="")
    pair.model.settle()
    pair.comes_to(RUNS)
    row.done(f"the status says: {says}; then a connector runs")


def test_a_relation_that_ends(pair):
    pair.integrate()
    row = pair.row("relation removed")
    pair.model.remove(pair.relation)
    pair.model.settle()
    pair.comes_to("blocked: integrate connect-client with Kafka Connect")
    assert pair.worker.accounts == {}
    row.done("nothing is left; the status says so")


def test_units_that_do_not_lead(pair):
    row = pair.row("two units")
    pair.integrate(units=2)
    pair.comes_to(RUNS)
    pair.comes_to("active: standby: the leader manages the connectors", unit=1)
    pair.model.remove_unit(pair.requirer.units[1])
    pair.model.settle()
    pair.model.update_status()
    assert list(pair.worker.connectors) == [pair.connector]
    row.done("the leader's connector stays when another goes")
