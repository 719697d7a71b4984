"""A charm that provides Kafka Connect as one on the older library does, at patch level 40 or 59."""

import json
import secrets
import urllib.error
import urllib.request

import ops

META = {"name": "python-connect", "provides": {"connect-client": {"interface": "connect_client"}}}
CONFIG = {"options": {"tls": {"type": "boolean", "default": False}, "password": {"type": "string", "default": ""}}}
CANNOT_DOWNLOAD = 4001


def provider_v0(worker, patch: int, ca: str, knows_secrets: bool = True) -> type[ops.CharmBase]:
    """The charm's class. Its workload is worker; ca is what signs the worker's certificate."""

    class ProviderV0(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            events = self.on["connect-client"]
            framework.observe(events.relation_changed, self._on_changed)
            framework.observe(events.relation_broken, self._on_broken)
            framework.observe(self.on.config_changed, self._on_config)

        def _on_changed(self, event: ops.RelationChangedEvent):
            """Fires when plugin-url is new, and never for another one."""
            if not self.unit.is_leader():
                return
            own, remote = event.relation.data[self.app], dict(event.relation.data[event.app])
            seen = json.loads(own.get("data", "{}"))
            if remote:
                own["data"] = json.dumps(remote)
            if "plugin-url" in remote and "plugin-url" not in seen:
                self._on_requested(event.relation, remote)

        def _on_requested(self, relation: ops.Relation, remote):
            if not self._has_plugin(remote["plugin-url"]):
                if patch >= 59:
                    trouble = {"code": CANNOT_DOWNLOAD, "message": "no plugin there", "resolution": "serve it"}
                    relation.data[self.app]["status"] = json.dumps([trouble])
                return
            relation.data[self.app].pop("status", None)
            username, password = f"relation-{relation.id}", secrets.token_hex(16)
            worker.accounts[username] = password
            self._share(relation, "user", {"username": username, "password": password})
            relation.data[self.app]["endpoints"] = worker.endpoint("https" if self.config["tls"] else "http")

        def _has_plugin(self, url: str) -> bool:
            if url == "NOT-REQUIRED":
                return True
            try:
                with urllib.request.urlopen(url, timeout=60) as answer:
                    return bool(answer.read())
            except urllib.error.URLError:
                return False

        def _share(self, relation: ops.Relation, group: str, content: dict[str, str]):
            """What the requirer wants as secrets goes into one; the rest is written in clear."""
            bag = relation.data[self.app]
            asked = json.loads(relation.data[relation.app].get("requested-secrets", "[]")) if knows_secrets else []
            bag.update({key: value for key, value in content.items() if key not in asked})
            hidden = {key: value for key, value in content.items() if key in asked}
            if not hidden:
                return
            label = f"{relation.name}.{relation.id}.{group}.secret"
            try:
                held = self.model.get_secret(label=label)
                held.set_content(held.peek_content() | hidden)
            except ops.SecretNotFoundError:
                held = self.app.add_secret(hidden, label=label)
                held.grant(relation)
                bag[f"secret-{group}"] = held.id

        def _on_config(self, _):
            """TLS that comes after the integration is told; a new password is a new revision of the secret.

            The peers never try a download again; here a person who changes the configuration has it tried.
            """
            if not self.unit.is_leader():
                return
            for relation in self.model.relations["connect-client"]:
                if "endpoints" not in relation.data[self.app]:
                    self._on_requested(relation, relation.data[relation.app])
                    continue
                if self.config["tls"] and "https" not in relation.data[self.app]["endpoints"]:
                    self._share(relation, "tls", {"tls": "enabled", "tls-ca": ca})
                    relation.data[self.app]["endpoints"] = worker.endpoint("https")
                username = f"relation-{relation.id}"
                if self.config["password"] and worker.accounts[username] != self.config["password"]:
                    worker.accounts[username] = self.config["password"]
                    self._share(relation, "user", {"password": self.config["password"]})

        def _on_broken(self, event: ops.RelationBrokenEvent):
            if self.unit.is_leader():
                worker.accounts.pop(f"relation-{event.relation.id}", None)

    return ProviderV0
