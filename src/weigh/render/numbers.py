"""Numbers for people: with their interval and n, and no more digits than the interval supports.

An interval is written with two significant digits of its half-width, the value to the same place
(JCGM 100:2008, 7.2.6: a quoted uncertainty has at most two significant digits).
"""

import math

from weigh.core.measure import Measure

MINUS = "\N{MINUS SIGN}"
_MOST_DECIMALS = 6
_BARE_DECIMALS = 3
_BARE_UNITS = frozenset({"", "fraction", "probability", "count"})


def number(value: float | None, *, decimals: int | None = None, signed: bool = False) -> str:
    """A plain number: fixed decimals when given, else three significant digits; `?` when unknown."""
    if value is None or math.isnan(value):
        return "?"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    sign = "+" if signed else ""
    if decimals is not None:
        text = f"{value:{sign},.{decimals}f}"
    else:
        text = f"{value:{sign},.0f}" if abs(value) >= 100 else f"{value:{sign}.3g}"
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def decimals_for(low: float | None, high: float | None) -> int:
    """Decimals that show two significant digits of half the width high − low; 0 to 6."""
    if low is None or high is None or not math.isfinite(high - low) or high <= low:
        return _BARE_DECIMALS
    return min(_MOST_DECIMALS, max(0, 1 - math.floor(math.log10((high - low) / 2))))


def with_interval(
    value: float | None, low: float | None, high: float | None, n: int, *, signed: bool = False
) -> str:
    """`0.771 [0.742, 0.799] n=700`; the interval is left out when there is none, n when it is 0."""
    text = estimate(value, low, high, signed=signed)
    return f"{text} n={count(n)}" if n > 0 else text


def estimate(value: float | None, low: float | None, high: float | None, *, signed: bool = False) -> str:
    """`0.771 [0.742, 0.799]`."""
    if low is None and high is None:
        return number(value, decimals=_BARE_DECIMALS if _is_fraction(value) else None, signed=signed)
    places = decimals_for(low, high)
    ends = ", ".join(number(end, decimals=places, signed=signed) for end in (low, high))
    return f"{number(value, decimals=places, signed=signed)} [{ends}]"


def _is_fraction(value: float | None) -> bool:
    return value is not None and abs(value) <= 1


def measure(m: Measure, *, signed: bool = False) -> str:
    """A measure in its own unit, with its interval; n is added where it is a sample size.

    Fractions and unknown units keep their number, bytes and seconds are scaled.
    """
    ends = [end for end in (m.low, m.high) if end is not None]
    if m.unit in {"bytes", "s", "ms"} and m.value is not None:
        show = {"bytes": size, "s": seconds, "ms": milliseconds}[m.unit]
        interval = f" [{show(ends[0])}, {show(ends[1])}]" if len(ends) == 2 else ""
        return show(m.value) + interval
    if m.unit == "count" and m.value is not None and not ends:
        return count(m.value)
    unit = "" if m.value is None or m.unit in _BARE_UNITS else f" {m.unit}"
    text = estimate(m.value, m.low, m.high, signed=signed) + unit
    return f"{text} n={count(m.n)}" if m.n > 0 and (ends or m.unit == "fraction") else text


def count(value: float) -> str:
    """A whole number with thousands apart: `3,000`."""
    return number(value, decimals=0)


def compact(value: float) -> str:
    """A large count in three digits: `22.7 M`, `1.24 G`; below ten thousand it is exact."""
    for scale, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        # 999,950 would round to "1000 k": the next letter takes over at half a digit before it.
        if abs(value) >= scale * 0.99995 and abs(value) >= 1e4:
            return f"{_three(value / scale)} {letter}"
    return count(value)


def size(value: float) -> str:
    """Bytes in powers of 1000 (IEC 80000-13): `90.9 MB`."""
    for scale, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(value) >= scale * 0.9995:
            return f"{_three(value / scale)} {unit}"
    return f"{count(value)} B"


def seconds(value: float) -> str:
    """A duration as one would say it: `41 ms`, `7.1 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if not math.isfinite(value):
        return number(value)
    if value < 0.9995:
        return milliseconds(value * 1000)
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    minutes = round(value / 60)
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def milliseconds(value: float) -> str:
    """Milliseconds; from a thousand on as seconds, below a tenth as microseconds."""
    if not math.isfinite(value):
        return number(value)
    if value >= 999.5:
        return seconds(value / 1000)
    if 0 < value < 0.1:
        return f"{_three(value * 1000)} µs"
    return f"{_three(value)} ms"


def percent(fraction: float | None) -> str:
    """A fraction 0..1 as `3.1 %`."""
    return "?" if fraction is None else f"{_three(fraction * 100)} %"


def p_value(p: float | None) -> str:
    """`p=0.003`, `p<0.001`; `p=?` when there is none."""
    if p is None or math.isnan(p):
        return "p=?"
    if p < 0.001:
        return "p<0.001"
    return f"p={p:.3f}" if p < 0.1 else f"p={p:.2f}"


def _three(value: float) -> str:
    """Three significant digits without an exponent, without trailing zeros after the point."""
    if not math.isfinite(value):
        return number(value)
    if abs(value) >= 100:
        return number(value, decimals=0)
    return number(float(f"{value:.3g}"), decimals=0) if value == round(value) else number(value)
