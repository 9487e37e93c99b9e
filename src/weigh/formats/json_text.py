"""JSON of strangers: bounded, no key twice, nothing that cannot be written back."""

import json
import re
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader
from weigh.formats.reader import read_exact

MAX_JSON = 64 * 1024 * 1024
MAX_DEPTH = 64

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _TwiceError(ValueError):
    pass


def read_json(reader: RangeReader) -> Any:
    """The value of a JSON file.

    NaN and the infinities, which JSON does not have but some writers emit, come as None. Half
    surrogate pairs come as escapes.

    Raises:
        MalformedError: rule WGH-J001 (not JSON), J002 (a key stands twice), J003 (nested deeper than
            64), J005 (larger than 64 MiB).
    """
    if reader.size > MAX_JSON:
        why = f"it has {reader.size} bytes, at most {MAX_JSON} are read"
        raise MalformedError("the JSON file is too large", why=why, rule="WGH-J005")
    data = read_exact(reader, 0, reader.size, rule="WGH-J001")
    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if _SURROGATE.search(data):
            value = _writable(value)
    except _TwiceError as error:
        raise MalformedError("a JSON key stands twice", why=str(error), rule="WGH-J002") from error
    except RecursionError as error:
        raise MalformedError("JSON is nested too deeply", rule="WGH-J003") from error
    except UnicodeDecodeError as error:
        raise _bad("it is not UTF-8", error.start) from error
    except json.JSONDecodeError as error:
        raise _bad(error.msg, len(text[: error.pos].encode())) from error
    except ValueError as error:
        raise _bad("it holds a number with too many digits", 0) from error
    if _depth_beyond(value):
        raise MalformedError("JSON is nested too deeply", why=f"more than {MAX_DEPTH}", rule="WGH-J003")
    return value


def _bad(why: str, offset: int) -> MalformedError:
    return MalformedError("this is not JSON", why=why, offset=offset, rule="WGH-J001")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _TwiceError(f"the key {twice[:80]!a}")
    return found


def _no_constant(_: str) -> None:
    return None


def _writable(value: Any) -> Any:
    """The same value with half surrogate pairs as escapes, so that it can be encoded again."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return value


def _depth_beyond(value: Any) -> bool:
    """Whether containers are nested deeper than MAX_DEPTH."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += (i for i in item.values() if isinstance(i, dict | list))
            elif isinstance(item, list):
                inner += (i for i in item if isinstance(i, dict | list))
        if not inner:
            return False
        level = inner
    return True
