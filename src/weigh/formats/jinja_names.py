"""Which names, filters, tests and methods chat templates use, and which ones lead out of a template.

The environment is that of Transformers (utils/chat_template_utils.py: an immutable sandbox with `tojson`,
`raise_exception`, `strftime_now`, `generation` and loop controls) and llama.cpp's minja; filters and tests
are those of Jinja 3.1.
"""

import re

FUNCTIONS = frozenset(
    {
        "raise_exception", "strftime_now", "range", "namespace", "dict", "joiner", "cycler", "caller",
        "loop", "super", "is_mapping", "is_sequence", "is_string", "tojson",
    }
)  # fmt: skip
"""Functions that a template may call by name."""

FILTERS = frozenset(
    {
        "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e",
        "escape", "filesizeformat", "first", "float", "forceescape", "format", "groupby", "indent",
        "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "pprint",
        "random", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr",
        "slice", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "truncate", "unique",
        "upper", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr", "from_json", "fromjson",
        "to_json", "strip", "equalto",
    }
)  # fmt: skip

TESTS = frozenset(
    {
        "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "escaped", "even", "false",
        "filter", "float", "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan",
        "lower", "lt", "mapping", "ne", "none", "None", "number", "odd", "sameas", "sequence", "string",
        "test", "true", "undefined", "upper", "True", "False", "list", "dict",
    }
)  # fmt: skip

METHODS = frozenset(
    {
        # text
        "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find",
        "format", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier",
        "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "ljust",
        "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex",
        "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip",
        "swapcase", "title", "translate", "upper", "zfill",
        # lists and dictionaries; what changes them is refused by Transformers and offered by llama.cpp
        "append", "clear", "copy", "extend", "get", "insert", "items", "keys", "pop", "remove",
        "reverse", "setdefault", "sort", "update", "values",
        # of a loop; of dates
        "changed", "cycle", "next", "strftime", "isoformat",
    }
)  # fmt: skip
"""Methods that only work on the value they belong to."""

INTERNAL = frozenset(
    {
        "mro", "func_globals", "func_code", "func_closure", "im_func", "im_self", "im_class",
        "gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code", "f_globals", "f_locals",
        "f_builtins", "f_back", "tb_frame", "tb_next", "co_code", "co_consts",
    }
)  # fmt: skip
"""Attributes without underscores through which Python's insides are reached."""

RUNTIME = frozenset(
    {
        "os", "sys", "subprocess", "builtins", "importlib", "shutil", "socket", "pty", "ctypes",
        "codecs", "platform", "posix", "nt", "commands", "pickle", "marshal", "runpy", "pathlib",
        "urllib", "requests",
    }
)  # fmt: skip
"""Names of modules that no template is given."""

CALLS_OUT = frozenset(
    {
        "eval", "exec", "execfile", "compile", "open", "file", "input", "getattr", "setattr", "delattr",
        "vars", "globals", "locals", "dir", "type", "object", "import_module", "popen", "popen2",
        "popen3", "system", "spawn", "spawnl", "execl", "execv", "execve", "check_output", "check_call",
        "Popen", "getoutput", "mro", "subclasses", "load_module", "import_string", "exec_module",
        "breakpoint", "memoryview", "classmethod", "staticmethod", "writelines", "urlopen",
        "system_exec",
    }
)  # fmt: skip
"""Names whose call reaches the machine or Python's insides."""

GIVEN = frozenset(
    {
        "cycler", "joiner", "lipsum", "namespace", "range", "dict", "caller", "self", "request",
        "config", "url_for", "get_flashed_messages", "g", "session", "environment", "env", "context",
        "app", "current_app", "raise_exception", "strftime_now", "loop_controls", "varargs", "kwargs",
        "handler", "settings",
    }
)  # fmt: skip
"""Objects that environments hand to templates and whose attributes lead out of them."""

STEMS = (
    "class", "mro", "bases", "base", "subclasses", "globals", "builtins", "init", "import",
    "getattribute", "reduce", "popen", "subprocess", "getitem", "dict", "code", "closure", "loader",
    "spec", "module", "self",
)  # fmt: skip
"""Words between double underscores in every known way out."""

_SPECIAL = frozenset(
    {
        *STEMS, "add", "all", "annotations", "args", "build_class", "cached", "call", "contains", "debug",
        "defaults", "delattr", "delitem", "dir", "doc", "enter", "exit", "file", "format", "func", "get",
        "getattr", "getstate", "hash", "init_subclass", "iter", "kwdefaults", "len", "main", "missing",
        "name", "new", "next", "objclass", "origin", "package", "parameters", "path", "prepare",
        "qualname", "reduce_ex", "repr", "self_class", "set", "set_name", "setattr", "setitem",
        "setstate", "sizeof", "slots", "str", "subclasscheck", "subclasshook", "thisclass", "weakref",
        "wrapped",
    }
)  # fmt: skip
"""Words between double underscores that Python gives a meaning (docs.python.org/3/reference/datamodel)."""

DUNDER = re.compile(r"__\w+__")
_REACHES = re.compile(r"__(?:" + "|".join(STEMS) + r")__")
_PIECES = frozenset(
    {
        "globals", "builtins", "subclasses", "popen", "mro", "getattribute", "__import__", "class",
        "init",
    }
)  # fmt: skip

CHAT_NAMES = frozenset(
    {
        "messages", "message", "bos_token", "eos_token", "add_generation_prompt", "tools",
        "conversation", "prompt", "enable_thinking", "documents", "raise_exception",
    }
)  # fmt: skip
"""Names that show a template to be one for chats."""


def is_internal(name: str) -> bool:
    """Whether an attribute of that name belongs to Python's insides."""
    return name in INTERNAL or (name.startswith("__") and len(name) > 2)


def names_internal(text: str) -> bool:
    """Whether a text that stands alone is the name of one of Python's insides.

    A rule of underscores or a mark such as `__none__` is a text like others: what reads an attribute by it
    is judged where it does.
    """
    return text in INTERNAL or (text[:2] == text[-2:] == "__" and text[2:-2].lower() in _SPECIAL)


def reaches(text: str) -> bool:
    """Whether a text constant names something inside Python, whole or as part of a path."""
    return bool(_REACHES.search(text)) and len(text) <= 400


def is_piece(text: str) -> bool:
    """Whether a text is what is left of such a name when its underscores are added elsewhere."""
    return text.strip("_") in _PIECES or text in _PIECES
