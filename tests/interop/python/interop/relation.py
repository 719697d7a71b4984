"""A relation of the model: its databags, and which unit has met which."""

from __future__ import annotations

from dataclasses import dataclass, field

from ops import testing

from .application import Application, Unit


@dataclass(frozen=True)
class End:
    application: str
    endpoint: str
    interface: str


@dataclass
class Relation:
    id: int
    ends: tuple[End, ...]  # one, of a peer relation
    application_bags: dict[str, dict[str, str]] = field(default_factory=dict)
    unit_bags: dict[str, dict[str, str]] = field(default_factory=dict)
    entered: set[str] = field(default_factory=set)  # units whose relation-created has run
    met: set[tuple[str, str]] = field(default_factory=set)  # a unit, and another that it was told of
    left: set[str] = field(default_factory=set)  # units whose relation-broken has run
    dying: bool = False  # nobody is told any more what others write

    @property
    def is_peer(self) -> bool:
        return len(self.ends) == 1

    def end_of(self, application: str) -> End | None:
        return next((end for end in self.ends if end.application == application), None)

    def other_end(self, application: str) -> End:
        return next((end for end in self.ends if end.application != application), self.ends[0])

    def members(self, unit: Unit) -> list[str]:
        """The units that a unit has been told of."""
        return sorted(other for viewer, other in self.met if viewer == unit.name)

    def shown_to(self, unit: Unit) -> testing.Relation | testing.PeerRelation:
        application = unit.application.name
        end, others = self.end_of(application), {}
        for name in self.members(unit):
            others[int(name.partition("/")[2])] = dict(self.unit_bags[name])
        local = {
            "id": self.id,
            "interface": end.interface,
            "local_app_data": dict(self.application_bags.setdefault(application, {})),
            "local_unit_data": dict(self.unit_bags[unit.name]),
        }
        if self.is_peer:
            return testing.PeerRelation(end.endpoint, peers_data=others, **local)
        other = self.other_end(application).application
        return testing.Relation(
            end.endpoint,
            remote_app_name=other,
            remote_app_data=dict(self.application_bags.setdefault(other, {})),
            remote_units_data=others,
            **local,
        )

    def enter(self, unit: Unit):
        self.unit_bags.setdefault(unit.name, {"ingress-address": unit.address, "private-address": unit.address})

    def take(self, unit: Unit, after: testing.RelationBase) -> bool:
        """Takes the databags that a hook has left, and says whether others see something new."""
        application = unit.application.name
        changed = self.unit_bags[unit.name] != after.local_unit_data
        self.unit_bags[unit.name] = dict(after.local_unit_data)
        if unit.leads:
            changed = changed or self.application_bags[application] != after.local_app_data
            self.application_bags[application] = dict(after.local_app_data)
        return changed

    def others(self, unit: Unit, applications: dict[str, Application]) -> list[Unit]:
        """The units on the other side; of a peer relation, the application's others."""
        other = applications[self.other_end(unit.application.name).application]
        return [member for member in other.units if member is not unit]
