"""The hook tools about the unit itself: leadership, status, configuration, ports, network, resources, log."""

from datetime import datetime, timezone

import ops

from .tools import Context, Refused, argument, tool


@tool("is-leader")
def is_leader(context: Context, _):
    return context.backend.is_leader()


@tool("config-get", argument("--all", action="store_true"), argument("key", nargs="?"))
def config_get(context: Context, arguments):
    config = context.backend.config_get()
    if arguments.key:
        return config.get(arguments.key)
    unset = dict.fromkeys(context.charm.meta.config) if arguments.all else {}
    return unset | config


APPLICATION = argument("--application", action="store_true")


@tool("status-set", APPLICATION, argument("status"), argument("message", nargs="?", default=""))
def status_set(context: Context, arguments):
    if arguments.application:
        context.require_leader()
    context.backend.status_set(arguments.status, arguments.message, is_app=arguments.application)


@tool("status-get", APPLICATION, argument("--include-data", action="store_true"))
def status_get(context: Context, arguments):
    if arguments.application:
        context.require_leader()
        return {"application-status": context.backend.status_get(is_app=True) | {"status-data": {}, "units": {}}}
    return context.backend.status_get(is_app=False) | {"status-data": {}}


@tool("application-version-set", argument("version"))
def application_version_set(context: Context, arguments):
    context.backend.application_version_set(arguments.version)


@tool("juju-log", argument("-l", "--log-level", default="INFO"), argument("message", nargs="+"))
def juju_log(context: Context, arguments):
    context.backend.juju_log(arguments.log_level, " ".join(arguments.message))


@tool("opened-ports")
def opened_ports(context: Context, _):
    return sorted(f"{port.port}/{port.protocol}" for port in context.backend.opened_ports())


@tool("open-port", argument("port"))
def open_port(context: Context, arguments):
    number, protocol = arguments.port.split("/")
    context.backend.open_port(protocol, int(number))


@tool("close-port", argument("port"))
def close_port(context: Context, arguments):
    number, protocol = arguments.port.split("/")
    context.backend.close_port(protocol, int(number))


@tool("network-get", argument("binding"), argument("-r", "--relation"))
def network_get(context: Context, arguments):
    try:
        return context.backend.network_get(arguments.binding)
    except ops.RelationNotFoundError:
        raise Refused(f'no network config found for binding "{arguments.binding}"') from None


@tool("resource-get", argument("name"))
def resource_get(context: Context, arguments):
    if not any(resource.name == arguments.name for resource in context.state.resources):
        raise Refused(f'could not download resource: resource "{arguments.name}" not found')
    return context.backend.resource_get(arguments.name)


@tool("goal-state")
def goal_state(context: Context, _):
    """What is planned is what is there: the State knows no units that are on their way."""
    units = [context.model.unit.name]
    relations: dict[str, dict] = {}
    for relation in context.state.relations:
        members = context.backend.relation_list(relation.id)
        if relation.endpoint in context.charm.meta.peers:
            units += members
            continue
        remote = context.backend.relation_remote_app_name(relation.id)
        relations.setdefault(relation.endpoint, {}).update({name: _goal("joined") for name in (remote, *members)})
    return {"units": {name: _goal("active") for name in units}, "relations": relations}


def _goal(status: str) -> dict[str, str]:
    return {"status": status, "since": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")}
