"""The part of JSON Schema (draft 2020-12) that our schema uses; an unknown keyword is an error."""

import re

_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
_SAID = {"$schema", "$comment", "$defs", "title", "description"}


def errors(value, schema, root=None, at="$"):
    """Where and how `value` breaks `schema`."""
    root = root or schema
    for key, rule in schema.items():
        if key not in _SAID:
            yield from _RULES[key](value, rule, schema, root, at)


def _ref(value, rule, schema, root, at):
    yield from errors(value, root["$defs"][rule.removeprefix("#/$defs/")], root, at)


def _is(value, name):
    if name in {"integer", "number"}:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (name == "number" or whole)
    return isinstance(value, _TYPES[name])


def _type(value, rule, schema, root, at):
    if not any(_is(value, name) for name in ([rule] if isinstance(rule, str) else rule)):
        yield f"{at}: {value!r} is not {rule}"


def _properties(value, rule, schema, root, at):
    for key in value.keys() & rule.keys() if isinstance(value, dict) else ():
        yield from errors(value[key], rule[key], root, f"{at}.{key}")


def _required(value, rule, schema, root, at):
    yield from (f"{at}: {key} is missing" for key in rule if isinstance(value, dict) and key not in value)


def _additional(value, rule, schema, root, at):
    assert rule is False
    extra = value.keys() - schema["properties"].keys() if isinstance(value, dict) else ()
    yield from (f"{at}: {key} is not allowed" for key in extra)


def _items(value, rule, schema, root, at):
    rest = value[len(schema.get("prefixItems", [])) :] if isinstance(value, list) else []
    if rule is False:
        yield from (f"{at}: one item too many" for _ in rest)
        return
    for i, item in enumerate(rest):
        yield from errors(item, rule, root, f"{at}[{i}]")


def _prefix(value, rule, schema, root, at):
    for i, (item, own) in enumerate(zip(value, rule, strict=False)):
        yield from errors(item, own, root, f"{at}[{i}]")


def _any_of(value, rule, schema, root, at):
    if all(list(errors(value, one, root, at)) for one in rule):
        yield f"{at}: fits none of {len(rule)} forms"


def _enum(value, rule, schema, root, at):
    if value not in rule:
        yield f"{at}: {value!r} is not one of {rule}"


def _const(value, rule, schema, root, at):
    if value != rule:
        yield f"{at}: {value!r} is not {rule!r}"


def _pattern(value, rule, schema, root, at):
    if isinstance(value, str) and not re.search(rule, value):
        yield f"{at}: {value!r} does not match {rule}"


def _least(value, rule, schema, root, at):
    if isinstance(value, list) and len(value) < rule:
        yield f"{at}: fewer than {rule} items"


_RULES = {
    "$ref": _ref,
    "type": _type,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "prefixItems": _prefix,
    "anyOf": _any_of,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minItems": _least,
}
