"""The compiled kafka-connect with a real worker, which all cases share that have a Kafka: each brings a requirer of its own."""

import json
import urllib.request

from interop import Application, Model, compiled, python_charm
from interop.application import Unit
from interop.relation import Relation
from peers import requirer
from peers.authority import Authority
from peers.requirer import Notes
from peers.requirer_v0 import requirer_v0

NAME = "kafka-connect"
CONNECTOR = {
    "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
    "tasks.max": "1",
    "file": "/dev/null",
    "topic": "interop",
}


class KafkaConnect:
    def __init__(self, model: Model, parts: dict[str, str], plugin_url: str):
        self.model, self.plugin_url = model, plugin_url
        charm = compiled(parts["kafka-connect"], parts["hooktool"])
        self.application = model.deploy(
            Application(NAME, charm, config={"bootstrap-servers": parts["bootstrap"]}, resources={"kafka": parts["kafka"]})
        )
        self.authority = Authority.issue(self.unit.address, model.directory)
        model.settle()
        notes = Notes()
        self.anchor = Client(self, "anchor", requirer_v0(59, plugin_url, {}, notes), notes)
        self.anchor.integrate()

    @property
    def unit(self) -> Unit:
        return self.application.units[0]

    @property
    def status(self) -> str:
        return f"{self.unit.status.name}: {self.unit.status.message}"

    def connectors(self) -> list[str]:
        """The worker's connectors, asked past the gateway."""
        with urllib.request.urlopen(f"http://{self.unit.address}:8084/connectors", timeout=60) as answer:
            return json.load(answer)

    def plugins(self) -> list[str]:
        return [path.name for path in (self.unit.root / "var/lib/kafka-connect-0/plugins/installed").iterdir()]

    def serve_with_tls(self):
        content = {
            "certificate": self.authority.certificate,
            "private-key": self.authority.key,
            "ca-certificate": self.authority.ca,
        }
        self.model.configure(NAME, tls_secret=self.model.secrets.of_person(content, NAME))

    def serve_without_tls(self):
        del self.application.config["tls-secret"]
        self.model.configure(NAME)


class Related:
    """An application that shares kafka-connect for the time of a case, and its relation."""

    def __init__(self, connect: KafkaConnect, application: Application):
        self.connect, self.application, self.name = connect, application, application.name
        self.relation: Relation | None = None
        connect.model.deploy(application)
        connect.model.settle()

    @property
    def bag(self) -> dict[str, str]:
        """What is published for it."""
        return self.relation.application_bags[NAME]

    def relate(self):
        self.connect.model.counted()
        self.relation = self.connect.model.relate(NAME, "connect-client", self.name, "connect-client")

    def part(self):
        self.connect.model.remove(self.relation)
        self.connect.model.settle()
        self.relation = None

    def leave(self):
        if self.relation:
            self.part()
        self.connect.model.remove_application(self.name)


class Client(Related):
    """A Python requirer of the shared kafka-connect."""

    def __init__(self, connect: KafkaConnect, name: str, charm: type, notes: Notes, units: int = 1):
        self.notes = notes
        super().__init__(connect, Application(name, python_charm(charm, requirer.META, requirer.CONFIG), units))

    @property
    def connector(self) -> str:
        return requirer.connector_name(self.name, self.relation.id, self.connect.model.uuid)

    def integrate(self):
        self.relate()
        self.connect.model.settle(until=lambda: self.notes.rest)
