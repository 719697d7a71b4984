"""A charm that requires Kafka Connect with dpcharmlibs-interfaces, in v1: one request for each plugin, in one relation."""

import ops
from dpcharmlibs.interfaces import (
    RequirerCommonModel,
    ResourceProviderModel,
    ResourceRequirerEventHandler,
    StatusRaisedEvent,
    StatusResolvedEvent,
)
from dpcharmlibs.interfaces.events import ResourceRequirerEvent

from .requirer import Notes, connector_name
from .rest import Rest


def requirer_v1(plugin_urls: list[str], connector: dict[str, str], notes: Notes) -> type[ops.CharmBase]:
    """The charm's class. It asks for every plugin, makes one connector for the first, and keeps notes."""

    class RequirerV1(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            requests = [RequirerCommonModel(resource=url) for url in plugin_urls]
            self.connect = ResourceRequirerEventHandler(self, "connect-client", requests, ResourceProviderModel)
            on = self.connect.on
            for event in (on.resource_created, on.endpoints_changed, on.authentication_updated):
                framework.observe(event, self._on_told)
            framework.observe(on.status_raised, self._on_raised)
            framework.observe(on.status_resolved, self._on_resolved)

        def _on_told(self, event: ResourceRequirerEvent):
            kind = event.handle.kind
            notes.events.append(kind.replace("resource_", "").replace("_", " "))
            told = event.response
            if not (told.endpoints and told.username and told.password):
                return
            rest = Rest(told.endpoints, told.username, told.password, told.tls_ca or "")
            notes.rest[told.request_id] = rest
            if kind == "resource_created" and connector and self.unit.is_leader() and len(notes.rest) == 1:
                rest.create(connector_name(self.app.name, event.relation.id, self.model.uuid), connector)

        def _on_raised(self, event: StatusRaisedEvent):
            notes.statuses.append(("raised", event.status.code))

        def _on_resolved(self, event: StatusResolvedEvent):
            notes.statuses.append(("resolved", event.status.code))

    return RequirerV1
