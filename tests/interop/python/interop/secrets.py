"""The model's secrets: whose each one is, its revisions, who may read it and which revision each reader tracks."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field

from ops import testing
from scenario import state as scenario_state
from scenario.mocking import _MockModelBackend

from .application import Application, Event, Unit


@dataclass
class Consumer:
    """A unit that has read a secret: the revision that it goes on reading, and its own label for the secret."""

    revision: int
    label: str | None = None
    told: int = 0  # the latest revision that it had a secret-changed for


@dataclass
class Record:
    id: str
    application: str | None  # None: it is a person's
    unit: str | None  # set where the unit owns it, and not the application
    revisions: dict[int, dict[str, str]]
    label: str | None = None
    about: dict = field(default_factory=dict)  # description, rotation, expiry
    grants: dict[int, frozenset[str]] = field(default_factory=dict)  # by relation; a person's have relation 0
    consumers: dict[str, Consumer] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)  # revisions whose owner knows that nobody reads them

    @property
    def latest(self) -> int:
        return max(self.revisions)

    def owner_for(self, unit: Unit) -> str | None:
        """What Scenario calls the owner: "unit", "app", or None where the unit does not own it."""
        if self.unit:
            return "unit" if self.unit == unit.name else None
        return "app" if self.application == unit.application.name else None

    def is_granted_to(self, unit: Unit) -> bool:
        return any({unit.name, unit.application.name} & grantees for grantees in self.grants.values())

    def shown_to(self, unit: Unit) -> testing.Secret:
        owner = self.owner_for(unit)
        consumer = self.consumers.get(unit.name)
        tracked = consumer.revision if consumer and consumer.revision in self.revisions else self.latest
        shown = testing.Secret(
            dict(self.revisions[tracked]),
            latest_content=dict(self.revisions[self.latest]),
            id=self.id,
            owner=owner,
            label=self.label if owner else consumer and consumer.label,
            remote_grants=self.grants if owner else {},
            **(self.about if owner else {}),
        )
        object.__setattr__(shown, "_latest_revision", self.latest)  # Scenario counts from 1 in every run
        object.__setattr__(shown, "_tracked_revision", tracked)
        return shown


class Secrets:
    def __init__(self):
        self.records: dict[str, Record] = {}

    def of_person(self, content: dict[str, str], *applications: str) -> str:
        """Adds a secret of a person's own, granted to applications, and returns its URI."""
        made = testing.Secret(content)
        self.records[made.id] = Record(made.id, None, None, {1: content}, grants={0: frozenset(applications)})
        return made.id

    def shown_to(self, unit: Unit) -> list[testing.Secret]:
        records = self.records.values()
        return [record.shown_to(unit) for record in records if record.owner_for(unit) or record.is_granted_to(unit)]

    def revoke(self, relation: int):
        """Ends what was granted for a relation that is no more."""
        for record in self.records.values():
            record.grants.pop(relation, None)

    def take(self, unit: Unit, after: Iterable[testing.Secret], watch: Watch):
        """Takes what a hook has left."""
        left = {secret.id: secret for secret in after}
        for record in list(self.records.values()):
            if record.owner_for(unit) and record.id not in left:
                del self.records[record.id]
        for id, secret in left.items():
            if id not in self.records:
                owner = unit.name if secret.owner == "unit" else None
                self.records[id] = Record(id, unit.application.name, owner, {1: dict(secret.latest_content)})
            self._take(unit, self.records[id], secret)
            if id in watch.read:
                self._track(unit, self.records[id], secret)
        for id, revision in watch.removed:
            self.records[id].revisions.pop(revision, None)

    def _take(self, unit: Unit, record: Record, secret: testing.Secret):
        if not record.owner_for(unit):
            return
        if secret.latest_content != record.revisions[record.latest]:
            record.revisions[record.latest + 1] = dict(secret.latest_content)
        record.label, record.grants = secret.label, dict(secret.remote_grants)
        record.about = {"description": secret.description, "rotate": secret.rotate, "expire": secret.expire}

    def _track(self, unit: Unit, record: Record, secret: testing.Secret):
        consumer = record.consumers.setdefault(unit.name, Consumer(record.latest))
        if secret._tracked_revision == secret._latest_revision:
            consumer.revision = record.latest
        if not record.owner_for(unit):
            consumer.label = secret.label

    def tell(self, applications: dict[str, Application]):
        """Has the hooks run that are due: secret-changed for readers, secret-remove for owners of what nobody reads."""
        for record in self.records.values():
            for name, consumer in record.consumers.items():
                application, _, number = name.partition("/")
                reads = application != record.application and application in applications
                if reads and consumer.revision < record.latest > consumer.told:
                    consumer.told = record.latest
                    for unit in applications[application].units:
                        if unit.number == int(number):
                            unit.will(Event("secret_changed", secret=record.id))
            self._tell_owner(record, applications)

    def _tell_owner(self, record: Record, applications: dict[str, Application]):
        if record.application is None:
            return
        tracked = {consumer.revision for consumer in record.consumers.values()} | {record.latest}
        for revision in sorted(set(record.revisions) - tracked - record.told):
            record.told.add(revision)
            owner = applications[record.application]
            unit = owner.units[owner.leader]
            unit.will(Event("secret_remove", secret=record.id, revision=revision))


@dataclass
class Watch:
    """What a hook did to secrets that Scenario's State does not tell."""

    read: set[str] = field(default_factory=set)
    removed: set[tuple[str, int]] = field(default_factory=set)


def juju_secret_id() -> str:
    """A secret's id of the form that Juju's have. Scenario makes some with letters that Juju has none of."""
    return "secret:" + "".join(random.choices("0123456789abcdefghijklmnopqrstuv", k=20))


scenario_state._generate_secret_id = juju_secret_id


@contextmanager
def watching():
    """Notes which secrets are read, and which revisions removed, by charms of either kind.

    As in Juju, both forms of a URI will do: secret:ID and secret://MODEL-UUID/ID.
    """
    watch = Watch()
    backend = _MockModelBackend
    find, get, remove = backend._get_secret, backend.secret_get, backend.secret_remove

    def _get_secret(self, id=None, label=None):
        return find(self, id and "secret:" + id.rpartition("/")[2].removeprefix("secret:"), label)

    def secret_get(self, *, id=None, label=None, **how):
        content = get(self, id=id, label=label, **how)
        watch.read.add(self._get_secret(id, label).id)
        return content

    def secret_remove(self, id, *, revision=None):
        known = self._get_secret(id).id
        remove(self, id, revision=revision)
        if revision is not None:
            watch.removed.add((known, revision))

    backend._get_secret, backend.secret_get, backend.secret_remove = _get_secret, secret_get, secret_remove
    try:
        yield watch
    finally:
        backend._get_secret, backend.secret_get, backend.secret_remove = find, get, remove
