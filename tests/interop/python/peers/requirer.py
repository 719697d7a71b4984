"""What Python requirers of either version are made of: their metadata, and what a charm wrote down of what came to it."""

from dataclasses import dataclass, field

from .rest import Rest

META = {"name": "python-integrator", "requires": {"connect-client": {"interface": "connect_client"}}}
CONFIG = {"options": {"plugin-url": {"type": "string", "default": ""}}}


@dataclass
class Notes:
    """What happened to a requirer, hook by hook: the events of its library, and its way to the REST interface."""

    events: list[str] = field(default_factory=list)
    statuses: list[tuple[str, int]] = field(default_factory=list)
    rest: dict[str, Rest] = field(default_factory=dict)  # by request; of v0 there is one, ""

    @property
    def only(self) -> Rest:
        (rest,) = self.rest.values()
        return rest


def connector_name(application: str, relation: int, model_uuid: str) -> str:
    """The name by which providers know whose a connector is."""
    return f"{application}_r{relation}_{model_uuid.replace('-', '')}"
