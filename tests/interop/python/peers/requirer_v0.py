"""A charm that requires Kafka Connect as one on the older library does, at patch level 40 or 59."""

import json

import ops

from .requirer import Notes, connector_name
from .rest import Rest

SECRETS = ["username", "password", "tls", "tls-ca", "uris"]
SECRETS_59 = [*SECRETS, "read-only-uris", "entity-name", "entity-password"]


def requirer_v0(patch: int, plugin_url: str, connector: dict[str, str], notes: Notes) -> type[ops.CharmBase]:
    """The charm's class. It asks for plugin_url, makes one connector, and keeps notes."""

    class RequirerV0(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            events = self.on["connect-client"]
            framework.observe(events.relation_created, self._on_created)
            framework.observe(events.relation_changed, self._on_changed)
            framework.observe(self.on.secret_changed, self._on_secret)
            framework.observe(self.on.config_changed, self._on_config)

        def _on_created(self, event: ops.RelationCreatedEvent):
            """Asks once, and never again."""
            if not self.unit.is_leader():
                return
            bag = event.relation.data[self.app]
            bag["requested-secrets"] = json.dumps(SECRETS_59 if patch >= 59 else SECRETS)
            if patch >= 59:
                bag["provided-secrets"] = json.dumps(["mtls-cert"])
            bag["plugin-url"] = plugin_url

        def _on_config(self, _):
            """No peer changes its plugin-url; here a person may."""
            for relation in self.model.relations["connect-client"]:
                if self.unit.is_leader() and self.config["plugin-url"]:
                    relation.data[self.app]["plugin-url"] = self.config["plugin-url"]

        def _on_changed(self, event: ops.RelationChangedEvent):
            """A new secret-user makes the integration; endpoints that are new or others are an event of their own."""
            own, remote = event.relation.data[self.unit], dict(event.relation.data[event.app])
            seen = json.loads(own.get("data", "{}"))
            own["data"] = json.dumps(remote)
            for group in ("user", "tls"):
                if f"secret-{group}" in remote and f"secret-{group}" not in seen:
                    uri, label = remote[f"secret-{group}"], _label(event.relation, group)
                    self.model.get_secret(id=uri, label=label).get_content()  # not granted yet, it fails the hook
            if "secret-user" in remote and "secret-user" not in seen:
                notes.events.append("created")
                self._use(event.relation, make=True)
            elif remote.get("endpoints") != seen.get("endpoints"):
                notes.events.append("endpoints changed")
                self._use(event.relation)

        def _on_secret(self, event: ops.SecretChangedEvent):
            """The newer patches read the secret anew; the older go on with what they have."""
            if patch < 59 or not event.secret.label:
                return
            event.secret.get_content(refresh=True)
            notes.events.append("secret changed")
            name, relation, *_ = event.secret.label.split(".")
            self._use(self.model.get_relation(name, int(relation)))

        def _use(self, relation: ops.Relation, make: bool = False):
            account, tls = self._read(relation, "user"), self._read(relation, "tls")
            endpoints = relation.data[relation.app].get("endpoints", "")
            if not (endpoints and account.get("username") and account.get("password")):
                return
            rest = Rest(endpoints, account["username"], account["password"], tls.get("tls-ca", ""))
            notes.rest[""] = rest
            if make and connector and self.unit.is_leader():
                rest.create(connector_name(self.app.name, relation.id, self.model.uuid), connector)

        def _read(self, relation: ops.Relation, group: str) -> dict[str, str]:
            """Reads by label, the revision that was read first unless it was refreshed."""
            try:
                return self.model.get_secret(label=_label(relation, group)).get_content()
            except ops.SecretNotFoundError:
                return {}

    return RequirerV0


def _label(relation: ops.Relation, group: str) -> str:
    return f"{relation.name}.{relation.id}.{group}.secret"
