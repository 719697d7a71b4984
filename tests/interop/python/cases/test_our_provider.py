"""The compiled provider, with a real worker of Kafka Connect, and Python requirers."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Row
from kafkaconnect import CONNECTOR, NAME, Client
from peers.pluginserver import PluginServer
from peers.requirer import Notes
from peers.requirer_v0 import requirer_v0
from peers.requirer_v1 import requirer_v1


@dataclass
class Peer:
    make: Callable[[str, Notes], type]
    follows_passwords: bool = True


PEERS = {
    ("v0", "v0 library, patch 40"): Peer(lambda url, notes: requirer_v0(40, url, CONNECTOR, notes), follows_passwords=False),
    ("v0", "v0 library, patch 59"): Peer(lambda url, notes: requirer_v0(59, url, CONNECTOR, notes)),
    ("v1", "dpcharmlibs"): Peer(lambda url, notes: requirer_v1([url], CONNECTOR, notes)),
}


class Case:
    """A requirer of one kind, and its row."""

    def __init__(self, connect, pair):
        self.connect, self.pair, self.peer = connect, pair, PEERS[pair]
        self.model = connect.model
        self.clients = []

    def client(self, plugin_url: str | None = None, **how) -> Client:
        """Deploys the requirer; not related yet."""
        notes, name = Notes(), f"integrator-{self.connect.model.last_relation + 1}"
        charm = self.peer.make(plugin_url or self.connect.plugin_url, notes)
        return self.add(Client(self.connect, name, charm, notes, **how))

    def add(self, client: Client) -> Client:
        """Has a client leave at the end of the case."""
        self.clients.append(client)
        return client

    def row(self, client: Client, story: str) -> Row:
        version, peer = self.pair
        return Row(self.model, NAME, client.name, role="provider", version=version, peer=peer, story=story)


@pytest.fixture(params=PEERS, ids=", ".join)
def case(request, connect):
    made = Case(connect, request.param)
    yield made
    for client in made.clients:
        client.leave()


@pytest.fixture
def plugin_server(parts):
    server = PluginServer(Path(parts["plugin"]).read_bytes())
    yield server
    server.close()


def test_first_integration(case):
    client = case.client()
    row = case.row(client, "first integration")
    client.integrate()
    assert client.notes.events == ["created"]
    assert client.connector in case.connect.connectors()
    row.done("a connector runs")


def test_tls(case):
    before = case.client()
    before.integrate()
    row = case.row(before, "TLS on after")
    case.connect.serve_with_tls()
    case.model.settle(until=lambda: before.notes.only.endpoints.startswith("https"))
    assert before.notes.only.is_let_in(), "by the CA that was told"
    row.done("it follows to https, verified")

    after = case.client()
    row = case.row(after, "TLS on before")
    after.integrate()
    assert after.notes.events == ["created"]
    assert after.notes.only.endpoints.startswith("https://")
    assert after.connector in case.connect.connectors()
    row.done("a connector runs, over https, verified")

    row = case.row(before, "TLS off again")
    case.connect.serve_without_tls()
    case.model.settle(until=lambda: before.notes.only.endpoints.startswith("http:"))
    assert before.notes.only.is_let_in()
    row.done("it follows to http")


def test_a_password_that_changes(case):
    client = case.client()
    client.integrate()
    old = client.notes.only
    row = case.row(client, "password rotated")
    case.model.act(case.connect.unit, "rotate-credentials", client=client.name)
    case.model.settle(until=lambda: not case.peer.follows_passwords or client.notes.only.password != old.password)
    assert client.notes.only.is_let_in()
    assert old.is_let_in() != case.peer.follows_passwords, "the old one works until all who read it have the new one"
    row.done("it follows" if case.peer.follows_passwords else "it stays with the old one, which works for the overlap")


@pytest.mark.parametrize("case", [pair for pair in PEERS if pair[0] == "v0"], indirect=True, ids=", ".join)
def test_a_plugin_url_that_changes(case):
    """dpcharmlibs writes requests when the relation is made, and never again."""
    client = case.client("NOT-REQUIRED")
    client.integrate()
    row = case.row(client, "plugin-url changed")
    case.model.configure(client.name, plugin_url=case.connect.plugin_url)
    case.model.settle()
    case.model.update_status()
    assert client.notes.only.is_let_in()
    listed = case.model.act(case.connect.unit, "list-clients")
    assert listed[f"relation-{client.relation.id}"].startswith(f"{client.name}: plugin ")
    row.done("the new plugin is loaded; credentials stay")


def test_trouble_is_told_and_resolved(case, plugin_server):
    plugin_server.has_plugin = False
    client = case.client(plugin_server.url)
    row = case.row(client, "bad plugin told, resolved")
    client.relate()
    case.model.settle()
    (told,) = json.loads(client.bag["status"])
    assert (told["code"], told["resolution"]) == (4000, "tried again at the next update-status")
    assert "404 Not Found" in told["message"]
    assert "secret-user" not in client.bag
    plugin_server.has_plugin = True
    case.model.settle(until=lambda: client.notes.rest)
    assert client.connector in case.connect.connectors()
    assert "status" not in client.bag
    told = [("raised", 4000), ("resolved", 4000)]
    assert client.notes.statuses == (told if case.pair[0] == "v1" else [])
    row.done("told by status 4000; then a connector runs")


@pytest.mark.parametrize("case", [("v1", "dpcharmlibs")], indirect=True, ids=", ".join)
def test_several_requests_in_one_relation(case):
    """Each has an answer, a secret and an account of its own."""
    notes = Notes()
    charm = requirer_v1([case.connect.plugin_url, "NOT-REQUIRED"], CONNECTOR, notes)
    client = case.add(Client(case.connect, "several", charm, notes))
    row = case.row(client, "two requests in one relation")
    client.relate()
    case.model.settle(until=lambda: len(notes.rest) == 2)
    assert notes.events == ["created", "created"]
    one, other = notes.rest.values()
    assert one.username != other.username
    assert one.is_let_in()
    assert other.is_let_in()
    client.part()
    assert not one.is_let_in()
    assert not other.is_let_in()
    row.done("an account for each; all are gone with the relation")


@pytest.mark.parametrize("case", [("v0", "v0 library, patch 59")], indirect=True, ids=", ".join)
def test_a_plugin_that_goes_with_its_relation(case, plugin_server):
    """Once is enough: another plugin costs a restart of the worker."""
    plugin_server.plugin = gzip.compress(gzip.decompress(plugin_server.plugin), compresslevel=1)
    before = case.connect.plugins()
    client = case.client(plugin_server.url)
    row = case.row(client, "a plugin of its own")
    client.integrate()
    assert len(case.connect.plugins()) == len(before) + 1
    client.part()
    assert case.connect.plugins() == before
    row.done("installed for it, and gone with the relation")


def test_a_relation_that_ends(case):
    client = case.client()
    client.integrate()
    rest, connector, relation = client.notes.only, client.connector, client.relation.id
    row = case.row(client, "relation removed")
    client.part()
    assert not rest.is_let_in()
    assert connector not in case.connect.connectors()
    labels = [record.label for record in case.model.secrets.records.values()]
    assert not [label for label in labels if label and label.startswith(f"connect-client.{relation}.")]
    row.done("account, secret and connectors are gone")


def test_units_that_do_not_lead(case):
    client = case.client(units=2)
    row = case.row(client, "two units")
    client.integrate()
    assert client.notes.events == ["created", "created"]
    case.model.remove_unit(client.application.units[1])
    case.model.settle()
    case.model.update_status()
    assert client.connector in case.connect.connectors()
    assert client.notes.only.is_let_in()
    row.done("the connector stays when the other unit goes")
