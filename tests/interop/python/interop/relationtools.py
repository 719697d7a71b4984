"""The hook tools about relations. Databags are ops', which knows who may read and write which."""

import ops

from .tools import Context, Refused, argument, tool

RELATION = argument("-r", "--relation")
APPLICATION = argument("--app", action="store_true")


@tool("relation-ids", argument("endpoint", nargs="?"))
def relation_ids(context: Context, arguments):
    endpoint = arguments.endpoint or _relation_of(context, None).name
    return sorted(f"{endpoint}:{id}" for id in context.backend.relation_ids(endpoint))


@tool("relation-list", RELATION, APPLICATION)
def relation_list(context: Context, arguments):
    relation = _relation_of(context, arguments.relation)
    if arguments.app:
        return context.backend.relation_remote_app_name(relation.id)
    return sorted(context.backend.relation_list(relation.id))


@tool("relation-model-get", RELATION)
def relation_model_get(context: Context, arguments):
    return context.backend.relation_model_get(_relation_of(context, arguments.relation).id)


@tool("relation-get", RELATION, APPLICATION, argument("key", nargs="?", default="-"), argument("owner", nargs="?"))
def relation_get(context: Context, arguments):
    relation = _relation_of(context, arguments.relation)
    owner = _owner(context, relation, arguments)
    try:
        bag = dict(relation.data[owner])
    except (KeyError, ops.RelationDataAccessError):
        raise Refused("permission denied") from None
    return bag if arguments.key == "-" else bag.get(arguments.key)


@tool("relation-set", RELATION, APPLICATION, argument("--file"), argument("values", nargs="*"))
def relation_set(context: Context, arguments):
    relation = _relation_of(context, arguments.relation)
    values = context.settings(arguments.file) if arguments.file else {}
    values |= dict(word.split("=", 1) for word in arguments.values)
    try:
        relation.data[context.model.app if arguments.app else context.model.unit].update(values)
    except ops.RelationDataAccessError:
        raise Refused("cannot write relation settings") from None


def _relation_of(context: Context, number: str | None) -> ops.Relation:
    """The relation that is named, or else the hook's."""
    if number is None:
        if isinstance(context.event, ops.RelationEvent):
            return context.event.relation
        raise Refused("no relation id specified")
    wanted = number.rpartition(":")[2]
    for endpoint in context.charm.meta.relations:
        if wanted in map(str, context.backend.relation_ids(endpoint)):
            return context.model.get_relation(endpoint, int(wanted))
    raise Refused(f'invalid value "{number}" for option -r: relation not found')


def _owner(context: Context, relation: ops.Relation, arguments) -> ops.Unit | ops.Application:
    name = arguments.owner
    if name is None:
        about = context.event if isinstance(context.event, ops.RelationEvent) else None
        owner = about and (about.app if arguments.app else about.unit)
        if owner is None:
            raise Refused("no unit or application specified")
        return owner
    if arguments.app:
        return context.model.get_app(name.partition("/")[0])
    if "/" not in name:
        raise Refused(f'expected unit name, got application name "{name}"')
    return context.model.get_unit(name)
