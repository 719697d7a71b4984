"""Charms written in Python, run by Scenario as it runs any."""

import ops

from .application import Charm


def python_charm(charm_class: type[ops.CharmBase], meta: dict, config: dict | None = None) -> Charm:
    return Charm(lambda _: charm_class, meta, config or {})
