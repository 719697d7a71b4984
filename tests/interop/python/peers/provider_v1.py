"""A charm that provides Kafka Connect with dpcharmlibs-interfaces, which serves requirers of v0 and of v1."""

import secrets
import urllib.error
import urllib.request

import ops
from dpcharmlibs.interfaces import (
    RequirerCommonModel,
    ResourceProviderEventHandler,
    ResourceProviderModel,
    ResourceRequestedEvent,
)

META = {"name": "python-connect", "provides": {"connect-client": {"interface": "connect_client"}}}
CONFIG = {"options": {"tls": {"type": "boolean", "default": False}, "password": {"type": "string", "default": ""}}}
CANNOT_DOWNLOAD = 4001


def provider_v1(worker, ca: str = "") -> type[ops.CharmBase]:
    """The charm's class. Its workload is worker; ca is what signs the worker's certificate."""

    class ProviderV1(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            self.clients = ResourceProviderEventHandler(self, "connect-client", RequirerCommonModel)
            framework.observe(self.clients.on.resource_requested, self._on_requested)
            framework.observe(self.on["connect-client"].relation_broken, self._on_broken)
            framework.observe(self.on.config_changed, self._on_config)

        def _on_requested(self, event: ResourceRequestedEvent):
            self._serve(event.relation, event.request)

        def _serve(self, relation: ops.Relation, request: RequirerCommonModel):
            if not _has_plugin(request.resource):
                trouble = {"code": CANNOT_DOWNLOAD, "message": "no plugin there", "resolution": "serve it"}
                self.clients.raise_status(relation.id, trouble)
                return
            self.clients.clear_statuses(relation.id)
            username, password = _account(relation, request), secrets.token_hex(16)
            worker.accounts[username] = password
            self._respond(relation, request, username=username, password=password)

        def _respond(self, relation: ops.Relation, request: RequirerCommonModel, username: str, password: str):
            """Answers a request, or changes its answer: one that is made anew would lose the secret of the first."""
            told = {response.request_id: response for response in self.clients.responses(relation, ResourceProviderModel)}
            response = told.get(request.request_id) or ResourceProviderModel(
                request_id=request.request_id, salt=request.salt, resource=request.resource
            )
            tls = self.config["tls"]
            response.endpoints = worker.endpoint("https" if tls else "http")
            response.username, response.password = username, password
            response.tls, response.tls_ca = tls, ca if tls else None
            self.clients.set_response(relation.id, response)

        def _on_config(self, _):
            if not self.unit.is_leader():
                return
            for relation in self.clients.relations:
                for request in self.clients.requests(relation):
                    username = _account(relation, request)
                    if username not in worker.accounts:
                        self._serve(relation, request)
                    else:
                        worker.accounts[username] = self.config["password"] or worker.accounts[username]
                        self._respond(relation, request, username=username, password=worker.accounts[username])

        def _on_broken(self, event: ops.RelationBrokenEvent):
            mark = f"relation-{event.relation.id}-"
            for username in [name for name in worker.accounts if name.startswith(mark)]:
                del worker.accounts[username]

    return ProviderV1


def _account(relation: ops.Relation, request: RequirerCommonModel) -> str:
    return f"relation-{relation.id}-{request.request_id or 'v0'}"


def _has_plugin(url: str) -> bool:
    if url == "NOT-REQUIRED":
        return True
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return bool(answer.read())
    except urllib.error.URLError:
        return False
