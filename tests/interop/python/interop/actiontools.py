"""The hook tools of actions."""

from .tools import Context, argument, tool


@tool("action-get", argument("key", nargs="?"))
def action_get(context: Context, arguments):
    value = context.backend.action_get()
    for key in arguments.key.split(".") if arguments.key else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value


@tool("action-set", argument("results", nargs="*"))
def action_set(context: Context, arguments):
    results: dict = {}
    for word in arguments.results:
        path, value = word.split("=", 1)
        *parents, last = path.split(".")
        at = results
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = value
    context.backend.action_set(results)


@tool("action-log", argument("message", nargs="+"))
def action_log(context: Context, arguments):
    context.backend.action_log(" ".join(arguments.message))


@tool("action-fail", argument("message", nargs="?", default=""))
def action_fail(context: Context, arguments):
    context.backend.action_fail(arguments.message)
