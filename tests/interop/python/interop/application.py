"""An application, as it is deployed: a charm, its options and its units."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import ops
from ops import testing


@dataclass
class Charm:
    """A charm of either kind: what Scenario has to know of it, and the class that it runs for a unit with a given root."""

    class_for: Callable[[Path], type[ops.CharmBase]]
    meta: dict
    config: dict = field(default_factory=dict)
    actions: dict = field(default_factory=dict)
    is_compiled: bool = False


@dataclass
class Application:
    name: str
    charm: Charm
    unit_count: int = 1
    config: dict = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    leader: int = 0

    @property
    def endpoints(self) -> dict[str, str]:
        """The charm's endpoints, by name, with their interfaces."""
        roles = ("provides", "requires", "peers")
        return {name: about["interface"] for role in roles for name, about in self.charm.meta.get(role, {}).items()}


@dataclass(frozen=True)
class Event:
    """A hook that is due, and what it is about."""

    kind: str
    relation: int | None = None
    remote: str | None = None  # a unit
    secret: str | None = None
    revision: int | None = None


@dataclass
class Unit:
    application: Application
    number: int
    address: str
    root: Path
    charm_class: type[ops.CharmBase]
    state: testing.State = field(default_factory=testing.State)
    due: deque[Event] = field(default_factory=deque)

    @property
    def name(self) -> str:
        return f"{self.application.name}/{self.number}"

    @property
    def leads(self) -> bool:
        return self.application.units[self.application.leader] is self

    @property
    def status(self) -> ops.StatusBase:
        return self.state.unit_status

    def will(self, event: Event):
        """Has a hook run, once though it be asked for twice."""
        if event not in self.due:
            self.due.append(event)

    def context(self) -> testing.Context:
        charm = self.application.charm
        return testing.Context(
            self.charm_class,
            meta=charm.meta,
            config=charm.config or None,
            actions=charm.actions or None,
            app_name=self.application.name,
            unit_id=self.number,
            machine_id=str(self.number),
        )

    def networks(self) -> list[testing.Network]:
        at = [testing.BindAddress([testing.Address(self.address)])]
        here = {"ingress_addresses": [self.address], "egress_subnets": [f"{self.address}/32"]}
        return [testing.Network(endpoint, at, **here) for endpoint in self.application.endpoints]
