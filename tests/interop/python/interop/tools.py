"""Juju's hook tools, answered from ops' model, so that its rules decide what a compiled charm may do.

Each tool is a function of the call's context and its parsed arguments, registered under its name. What it returns is
printed in the format that was asked for. It refuses by raising Refused, with Juju's words: the charms' library reads them.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ops
import yaml

from .wire import NEEDS_STDIN, Answer, Call


class Refused(Exception):
    """A tool's refusal, which it prints after the word ERROR."""


class NeedsStdin(Exception):
    """The tool reads its standard input, which it has to be asked for."""


class Parser(argparse.ArgumentParser):
    """A tool's command line. Options may stand anywhere, as in Juju's."""

    def error(self, message):
        raise argparse.ArgumentError(None, message)


@dataclass
class Context:
    """The hook in which a tool is called."""

    charm: ops.CharmBase
    event: ops.EventBase
    call: Call

    @property
    def model(self) -> ops.Model:
        return self.charm.model

    @property
    def backend(self):
        """The model's backend, which Scenario has replaced by its own."""
        return self.charm.model._backend

    @property
    def state(self):
        """The State that the hook runs on, for what ops has no question."""
        return self.backend._state

    def require_leader(self):
        if not self.backend.is_leader():
            raise Refused("this unit is not the leader")

    def settings(self, file: str) -> dict[str, str]:
        """A map of texts from a file; "-" is standard input."""
        if file != "-":
            with open(file, encoding="utf-8") as stream:
                return yaml.safe_load(stream) or {}
        if self.call.stdin is None:
            raise NeedsStdin
        return yaml.safe_load(self.call.stdin) or {}


@dataclass
class Tool:
    parser: Parser
    run: Callable[[Context, argparse.Namespace], Any]


tools: dict[str, Tool] = {}


def argument(*names, **options):
    """One option or word of a tool's command line."""
    return names, options


def tool(name: str, *arguments):
    """Registers a function as a hook tool."""

    def register(run):
        parser = Parser(prog=name, add_help=False, allow_abbrev=False)
        parser.add_argument("--format", default="smart")
        for names, options in arguments:
            parser.add_argument(*names, **options)
        tools[name] = Tool(parser, run)
        return run

    return register


def answer(context: Context) -> Answer:
    """Runs the tool that was called."""
    known = tools.get(context.call.tool)
    if known is None:
        return Answer("1", stderr=f"ERROR bad request: unknown command: {context.call.tool}\n")
    try:
        arguments = known.parser.parse_intermixed_args(context.call.arguments)
        return Answer(stdout=_printed(known.run(context, arguments), arguments.format))
    except argparse.ArgumentError as error:
        return Answer("2", stderr=f"ERROR {error}\n")
    except NeedsStdin:
        return NEEDS_STDIN
    except Refused as error:
        return Answer("1", stderr=f"ERROR {error}\n")
    except ops.SecretNotFoundError as error:
        return Answer("1", stderr=f'ERROR secret "{error}" not found\n')
    except ops.ModelError as error:
        return Answer("1", stderr=f"ERROR {str(error).removeprefix('ERROR ')}\n")


def _printed(value, form: str) -> str:
    if form == "json":
        return json.dumps(value) + "\n"
    if value is None:
        return ""
    if isinstance(value, str):
        return value + "\n"
    return yaml.safe_dump(value)
