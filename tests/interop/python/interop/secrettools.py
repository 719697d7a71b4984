"""The hook tools about secrets. What the State has, the unit may read; what is not in it, it may not."""

from datetime import datetime

import ops

from .tools import Context, Refused, argument, tool

PROPERTIES = [argument(name) for name in ("--label", "--description", "--rotate", "--expire", "--file")]
URI = argument("uri", nargs="?")


@tool("secret-add", *PROPERTIES, argument("--owner", default="application"))
def secret_add(context: Context, arguments):
    owner = context.model.unit
    if arguments.owner == "application":
        context.require_leader()
        owner = context.model.app
    label = arguments.label
    if label and any(secret.owner and secret.label == label for secret in context.state.secrets):
        raise Refused(f'secret with label "{label}" already exists')
    made = owner.add_secret(context.settings(arguments.file), **_properties(arguments))
    return f"secret://{context.state.model.uuid}/{_bare(made.id)}"


@tool("secret-set", URI, *PROPERTIES)
def secret_set(context: Context, arguments):
    content = context.settings(arguments.file) if arguments.file else None
    held = context.backend._get_secret(arguments.uri)
    if content == held.latest_content:
        content = None  # Juju makes no revision of the same content
    properties = {key: value for key, value in _properties(arguments).items() if value is not None}
    if content is not None or properties:
        context.backend.secret_set(arguments.uri, content=content, **properties)


def _properties(arguments) -> dict:
    expire = arguments.expire and datetime.fromisoformat(arguments.expire)
    rotate = arguments.rotate and ops.SecretRotate(arguments.rotate)
    return {"label": arguments.label, "description": arguments.description, "expire": expire, "rotate": rotate}


@tool("secret-get", URI, argument("--label"), argument("--refresh", action="store_true"), argument("--peek", action="store_true"))
def secret_get(context: Context, arguments):
    return context.backend.secret_get(
        id=arguments.uri, label=arguments.label, refresh=arguments.refresh, peek=arguments.peek
    )


@tool("secret-info-get", URI, argument("--label"))
def secret_info_get(context: Context, arguments):
    held = context.backend._get_secret(arguments.uri, arguments.label)
    info = context.backend.secret_info_get(id=held.id)
    shown = {
        "revision": info.revision,
        "label": info.label or "",
        "owner": "application" if held.owner == "app" else "unit",
        "description": info.description or "",
        "rotation": info.rotation.value if info.rotation else "never",
        "access": [
            {"target": _tag(grantee), "scope": f"relation-{relation}", "role": "view"}
            for relation, grantees in held.remote_grants.items()
            for grantee in grantees
        ],
    }
    if info.expires:
        shown["expiry"] = info.expires.isoformat()
    return {_bare(held.id): shown}


def _tag(grantee: str) -> str:
    return "unit-" + grantee.replace("/", "-") if "/" in grantee else "application-" + grantee


@tool("secret-ids")
def secret_ids(context: Context, _):
    manages = {"unit"} | ({"app"} if context.backend.is_leader() else set())
    return sorted(_bare(secret.id) for secret in context.state.secrets if secret.owner in manages) or None


@tool("secret-grant", URI, argument("-r", "--relation"), argument("--unit"))
def secret_grant(context: Context, arguments):
    context.backend.secret_grant(arguments.uri, _number(arguments.relation), unit=arguments.unit)


@tool("secret-revoke", URI, argument("-r", "--relation"), argument("--unit"))
def secret_revoke(context: Context, arguments):
    relation = _number(arguments.relation)
    if relation in context.backend._get_secret(arguments.uri).remote_grants:  # else there is nothing to take back
        context.backend.secret_revoke(arguments.uri, relation, unit=arguments.unit)


@tool("secret-remove", URI, argument("--revision", type=int))
def secret_remove(context: Context, arguments):
    context.backend.secret_remove(arguments.uri, revision=arguments.revision)


def _number(relation: str) -> int:
    return int(relation.rpartition(":")[2])


def _bare(uri: str) -> str:
    return uri.rpartition("/")[2].removeprefix("secret:")
