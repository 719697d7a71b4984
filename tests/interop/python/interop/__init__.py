"""A Juju model on Scenario, in which compiled charms and Python charms are related to each other.

Each hook is one run of Scenario, whose consistency checks and access rules apply to both kinds of charm alike.
"""

from .application import Application
from .compiled import compiled
from .model import Model
from .pythoncharm import python_charm

__all__ = ["Application", "Model", "compiled", "python_charm"]
