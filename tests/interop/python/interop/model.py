"""The model: applications, related, whose hooks are run until nobody has one to run."""

from __future__ import annotations

import dataclasses
import os
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable

from ops import testing

from .addresses import Address, take_address
from .application import Application, Event, Unit
from .leftover import make_directory, remove
from .relation import End, Relation
from .secrets import Secrets, watching

MOST_HOOKS = 300  # between two rests: more means that charms never stop answering each other


class NeverSettles(Exception):
    """What was waited for did not come, or charms go on answering each other."""


class Model:
    def __init__(self):
        self.name, self.uuid = "interop", str(uuid.uuid4())
        self.directory, self.lock = make_directory()
        self.applications: dict[str, Application] = {}
        self.relations: dict[int, Relation] = {}
        self.secrets = Secrets()
        self.hooks: Counter[str] = Counter()  # by application
        self.updates: Counter[str] = Counter()  # how many of them were update-status
        self.addresses: list[Address] = []
        self.last_relation = -1

    # ── What a person does ──

    def deploy(self, application: Application) -> Application:
        self.applications[application.name] = application
        for endpoint, about in application.charm.meta.get("peers", {}).items():
            self._add(Relation(self._next(), (End(application.name, endpoint, about["interface"]),)))
        for _ in range(application.unit_count):
            self.add_unit(application)
        return application

    def add_unit(self, application: Application) -> Unit:
        number = len(application.units)
        address = take_address()
        self.addresses.append(address)
        root = self.directory / f"{application.name}-{number}"
        root.mkdir(parents=True)
        unit = Unit(application, number, address.ip, root, application.charm.class_for(root))
        application.units.append(unit)
        unit.will(Event("install"))
        for relation in self._relations_of(unit):
            self._invite(unit, relation)
        if unit.leads:
            unit.will(Event("leader_elected"))
        for kind in ("config_changed", "start"):
            unit.will(Event(kind))
        return unit

    def remove_application(self, name: str):
        """Removes an application that has no relation any more, and what its units have running."""
        assert not [r for r in self.relations.values() if r.end_of(name) and not r.is_peer], "remove its relations first"
        for unit in self.applications.pop(name).units:
            remove(unit.root)

    def remove_unit(self, unit: Unit):
        """Takes a unit away, as its machine may go: those that stay are told, and it itself is not."""
        unit.application.units.remove(unit)
        remove(unit.root)
        for relation in self._relations_of(unit):
            for other in relation.others(unit, self.applications):
                self._part(other, unit.name, relation)

    def relate(self, one: str, endpoint: str, other: str, other_endpoint: str) -> Relation:
        ends = []
        for name, wanted in ((one, endpoint), (other, other_endpoint)):
            ends.append(End(name, wanted, self.applications[name].endpoints[wanted]))
        relation = self._add(Relation(self._next(), tuple(ends)))
        for end in relation.ends:
            for unit in self.applications[end.application].units:
                self._invite(unit, relation)
        return relation

    def remove(self, relation: Relation):
        relation.dying = True
        for end in relation.ends:
            for unit in self.applications[end.application].units:
                unit.due = deque(event for event in unit.due if event.relation != relation.id)
                for member in relation.members(unit):
                    unit.will(Event("relation_departed", relation.id, member))
                unit.will(Event("relation_broken", relation.id))

    def configure(self, name: str, **options):
        application = self.applications[name]
        application.config |= {key.replace("_", "-"): value for key, value in options.items()}
        for unit in application.units:
            unit.will(Event("config_changed"))

    def act(self, unit: Unit, action: str, **params) -> dict:
        """Runs an action and returns its results."""
        context = unit.context()
        self._run_in(context, unit, context.on.action(action, params=params), self.shown_to(unit))
        return context.action_results or {}

    def close(self):
        """Ends what the units have running."""
        remove(self.directory)
        os.close(self.lock)
        for address in self.addresses:
            address.release()

    # ── What Juju does ──

    def settle(self, until: Callable[[], object] | None = None, within: float = 300):
        """Runs all hooks that are due, and then update-status until what is waited for is there: Juju's own come every 5 min."""
        deadline = time.monotonic() + within
        self._run_due()
        while until is not None and not until():
            if time.monotonic() > deadline:
                raise NeverSettles(f"not within {within} s\n{self.describe()}")
            next_update = time.monotonic() + 0.5
            for unit in self._units():
                unit.will(Event("update_status"))
            self._run_due()
            time.sleep(max(0, next_update - time.monotonic()))

    def update_status(self):
        for unit in self._units():
            unit.will(Event("update_status"))
        self._run_due()

    def counted(self) -> dict[str, tuple[int, int]]:
        """How many hooks each application has run since it was asked last, and how many of them were update-status."""
        counts = {name: (self.hooks[name], self.updates[name]) for name in self.hooks}
        self.hooks.clear()
        self.updates.clear()
        return counts

    def describe(self) -> str:
        lines = [f"{unit.name}: {unit.status.name}: {unit.status.message}" for unit in self._units()]
        for relation in self.relations.values():
            if not relation.is_peer:
                lines.append(f"relation {relation.id}: {relation.application_bags}")
        return "\n".join(lines)

    def _run_due(self):
        for _ in range(MOST_HOOKS):
            self.secrets.tell(self.applications)
            due = [unit for unit in self._units() if unit.due]
            if not due:
                return
            for unit in due:
                if unit.due:
                    self._run(unit, unit.due.popleft())
        raise NeverSettles(f"the charms go on answering each other\n{self.describe()}")

    def _run(self, unit: Unit, event: Event):
        relation = self.relations.get(event.relation)
        if event.kind == "relation_joined":
            relation.met.add((unit.name, event.remote))
        if event.kind == "relation_departed":
            relation.met.discard((unit.name, event.remote))
        state, context = self.shown_to(unit), unit.context()
        self._count(unit, event)
        self._run_in(context, unit, self._scenario_event(context, state, event), state)
        if event.kind == "relation_created":
            self._introduce(unit, relation)
        if event.kind == "relation_broken":
            self._leave(unit, relation)

    def _count(self, unit: Unit, event: Event):
        self.hooks[unit.application.name] += 1
        if event.kind == "update_status":
            self.updates[unit.application.name] += 1

    def _run_in(self, context: testing.Context, unit: Unit, event, state: testing.State):
        with context, watching() as watch:
            after = context.run(event, state)
        unit.state = after
        for relation in self._relations_of(unit):
            if relation.take(unit, after.get_relation(relation.id)) and not relation.dying:
                for other in relation.others(unit, self.applications):
                    if (other.name, unit.name) in relation.met:
                        other.will(Event("relation_changed", relation.id, unit.name))
        self.secrets.take(unit, after.secrets, watch)

    def shown_to(self, unit: Unit) -> testing.State:
        """What the unit is shown of the model."""
        application = unit.application
        return dataclasses.replace(
            unit.state,
            leader=unit.leads,
            config=application.config,
            relations=[relation.shown_to(unit) for relation in self._relations_of(unit)],
            secrets=self.secrets.shown_to(unit),
            networks=unit.networks(),
            resources=[testing.Resource(name=name, path=path) for name, path in application.resources.items()],
            planned_units=len(application.units),
            model=testing.Model(self.name, uuid=self.uuid, type="lxd"),
        )

    def _scenario_event(self, context: testing.Context, state: testing.State, event: Event):
        make = getattr(context.on, event.kind)
        if event.secret:
            secret = state.get_secret(id=event.secret)
            return make(secret) if event.revision is None else make(secret, revision=event.revision)
        if event.relation is None:
            return make()
        relation = state.get_relation(event.relation)
        if event.remote is None:
            return make(relation)
        return make(relation, remote_unit=int(event.remote.partition("/")[2]))

    # ── Units that meet and part ──

    def _invite(self, unit: Unit, relation: Relation):
        relation.enter(unit)
        unit.will(Event("relation_created", relation.id))

    def _introduce(self, unit: Unit, relation: Relation):
        """Has a unit and those on the other side, once both know of the relation, be told of each other."""
        relation.entered.add(unit.name)
        for other in relation.others(unit, self.applications):
            if other.name in relation.entered:
                for viewer, seen in ((unit, other), (other, unit)):
                    viewer.will(Event("relation_joined", relation.id, seen.name))
                    viewer.will(Event("relation_changed", relation.id, seen.name))

    def _part(self, unit: Unit, gone: str, relation: Relation):
        unit.due = deque(event for event in unit.due if (event.relation, event.remote) != (relation.id, gone))
        if (unit.name, gone) in relation.met:
            unit.will(Event("relation_departed", relation.id, gone))

    def _leave(self, unit: Unit, relation: Relation):
        relation.left.add(unit.name)
        applications = [self.applications[end.application] for end in relation.ends]
        if relation.left >= {member.name for application in applications for member in application.units}:
            del self.relations[relation.id]
            self.secrets.revoke(relation.id)

    def _relations_of(self, unit: Unit) -> list[Relation]:
        name = unit.application.name
        return [r for r in self.relations.values() if r.end_of(name) and unit.name not in r.left]

    def _units(self) -> list[Unit]:
        return [unit for application in self.applications.values() for unit in application.units]

    def _add(self, relation: Relation) -> Relation:
        self.relations[relation.id] = relation
        return relation

    def _next(self) -> int:
        self.last_relation += 1
        return self.last_relation
