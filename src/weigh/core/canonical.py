"""Canonical JSON: one byte string for one value, on every machine.

Implements RFC 8785 (JSON Canonicalization Scheme): members sorted by UTF-16 code units, no
insignificant space, ECMAScript number formatting, minimal string escapes, UTF-8. NaN, infinities
and integers that a double cannot hold are refused, because they have no interoperable form.
"""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence, Set as AbstractSet
from enum import Enum
from typing import Any, NoReturn

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer every JSON reader keeps exact (RFC 7493, section 2.2)."""


class NotCanonicalError(TypeError):
    """A value has no canonical JSON form. Raised for our own values only, so it is our bug."""


def plain(value: Any) -> Any:
    """Turn dataclasses, enums, tuples and sets into the JSON data model.

    A dataclass becomes an object of its fields; a set becomes a list sorted by canonical form.
    """
    if value is None or (isinstance(value, str | bool | int | float) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {_key(k): plain(v) for k, v in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((plain(v) for v in value), key=dumps)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(v) for v in value]
    raise NotCanonicalError(f"{type(value).__name__} has no canonical JSON form")


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        key = key.value
    if not isinstance(key, str):
        raise NotCanonicalError(f"object keys must be strings, not {type(key).__name__}")
    return key


def dumps(value: Any) -> bytes:
    """Canonical UTF-8 bytes of `value`.

    Raises:
        NotCanonicalError: for NaN, infinities, unsafe integers, lone surrogates, and types
            outside the JSON data model.
    """
    out: list[str] = []
    _write(plain(value), out)
    try:
        return "".join(out).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonicalError("a string holds a lone surrogate") from error


def loads(data: bytes | str) -> Any:
    """Read JSON as RFC 8785 means it: a number is a double, so a large integer comes back as float.

    NaN and infinities, which Python would accept, and numbers too large for a double are refused.
    """
    return json.loads(
        data, parse_constant=_refuse_constant, parse_int=_integer_or_double, parse_float=_double
    )


def _double(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse_constant(text[:24])


def _integer_or_double(text: str) -> int | float:
    # Sixteen digits can hold every safe integer; a longer text is never converted to a long integer.
    value = _double(text) if len(text) > 17 else int(text)
    return value if abs(value) <= MAX_SAFE_INTEGER else float(text)


def _refuse_constant(name: str) -> NoReturn:
    raise NotCanonicalError(f"{name} is not JSON")


def _write(value: Any, out: list[str]) -> None:
    # Appending to one list is five times faster than generators; evidence is written thousands of times.
    if value is None:
        out.append("null")
    elif isinstance(value, bool):
        out.append("true" if value else "false")
    elif isinstance(value, str):
        out.append(_string(value))
    elif isinstance(value, int):
        out.append(_integer(value))
    elif isinstance(value, float):
        out.append(number(value))
    elif isinstance(value, dict):
        _write_object(value, out)
    else:
        _write_array(value, out)


def _write_object(value: dict[str, Any], out: list[str]) -> None:
    # Code points sort as UTF-16 code units do, but for those beyond the basic plane.
    plane = all(key.isascii() for key in value)
    order = sorted(value) if plane else sorted(value, key=lambda k: k.encode("utf-16-be", "surrogatepass"))
    out.append("{")
    for i, key in enumerate(order):
        out.append(("," if i else "") + _string(key) + ":")
        _write(value[key], out)
    out.append("}")


def _write_array(value: list[Any], out: list[str]) -> None:
    out.append("[")
    for i, item in enumerate(value):
        if i:
            out.append(",")
        _write(item, out)
    out.append("]")


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _integer(value: int) -> str:
    if abs(value) > MAX_SAFE_INTEGER:
        raise NotCanonicalError(f"{value} is beyond 2^53 - 1; store it as a string")
    return str(value)


def number(value: float) -> str:
    """Format a double as ECMAScript's Number::toString does (ECMA-262, 6.1.6.1.20)."""
    if not math.isfinite(value):
        raise NotCanonicalError(f"{value} is not a JSON number")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # A subclass of float (numpy has one) may print itself in another way.
    mantissa, _, exponent = repr(abs(float(value))).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    return sign + _layout(digits, point)


def _layout(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    mark = "e+" if exponent > 0 else "e-"
    head = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{head}{mark}{abs(exponent)}"
