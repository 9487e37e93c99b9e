"""Calls in Python that load models: what they name, at which revision, and what could not be found out."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from weigh.code.alternatives import Alternative, Alternatives, Spot
from weigh.code.program import Call, Program
from weigh.core.errors import UsageError
from weigh.core.ref import parse_ref
from weigh.core.usage import Certainty, ModelUse, Pin, Place, Role, UnresolvedUse
from weigh.project.discover.call_reading import CallReading, Found, Missing, texts
from weigh.project.discover.implied import bert_score_model, pipeline_model
from weigh.project.discover.loaders import Argument, Loader, argument, loader_table
from weigh.project.discover.model_names import (
    is_archive_url,
    pin_of_ref,
    pin_of_revision,
    ref_of_url,
)
from weigh.project.discover.references import FORMS, NOTHING, Reading, Surroundings, is_local, read_name
from weigh.project.discover.roles import role_of
from weigh.project.discover.sightings import shortened
from weigh.project.discover.special_loaders import SPECIAL

_REMOTE_CODE = Argument(None, ("trust_remote_code", "trust_repo"))
_OBJECTS = frozenset({"hf-object", "hf-sure", "top2vec"})
"""Forms whose argument is as often an object that was loaded elsewhere."""
_MOST_PAIRS = 64


def read_calls(
    program: Program, path: str, source: bytes, role: Role, around: Surroundings, *, data: bool = False
) -> Iterator[ModelUse | UnresolvedUse]:
    """Every use of a model by a call in one file of a program.

    Args:
        program: the whole code base.
        path: the file.
        source: its bytes.
        role: what it is for.
        around: what is known of the project's files.
        data: calls that load data count, too.
    """
    table = loader_table()
    everything = table.has_open_names(source)
    tails = table.tails | _renamed(source)
    for call in program.calls(path):
        if call.tail and not everything and call.tail not in tails:
            continue
        match = table.match(call.names)
        if match is None or (match.loader.options.get("data") and not data):
            continue
        reading = CallReading(call, match, around)
        if not _applies(reading):
            continue
        special = SPECIAL.get(match.loader.form.partition(":")[0])
        if special is not None:
            special(reading)
        else:
            _read(reading)
        yield from _uses(reading, role)


_RENAMED = re.compile(
    rb"\bas\s+(\w+)|\b(\w+)\s*=\s*(?:functools\.)?partial\(|\b(\w+)\s*(?::[^=\n]+)?=\s*\(?\s*[\w.]+(?:\s|\)|$)"
)


def _renamed(source: bytes) -> frozenset[str]:
    """Names that may stand for a loader under another name: cheap to see in the text."""
    found = (name for match in _RENAMED.finditer(source) for name in match.groups() if name)
    return frozenset(name.decode("utf-8", "replace") for name in found)


def _applies(reading: CallReading) -> bool:
    """Whether the call loads weights at all: `pretrained=True` and the like."""
    condition = reading.match.loader.options.get("when", "")
    if not condition:
        return True
    text, _, position = condition.partition(",")
    keyword, what, *missing = text.split(":")
    where = Argument(int(position) if position else None, (keyword,))
    if what == "any":
        values = reading.values(where)
        return values is not None and not (values.items and all(item.value is None for item in values.items))
    return reading.flag(where, missing=missing == ["true"]) is not False


def _read(reading: CallReading) -> None:
    loader = reading.match.loader
    _argument(reading, loader.name, required=True)
    for where in loader.arguments("also"):
        _argument(reading, where, required=False)


def _argument(reading: CallReading, where: Argument, *, required: bool) -> None:
    node = reading.given(where)
    if node is None:
        if required:
            _absent(reading)
        return
    if isinstance(node, ast.List | ast.Tuple) and reading.match.loader.form.startswith("list-"):
        for element in node.elts:
            _values(reading, where, reading.values_of(element), required=required)
        return
    _values(reading, where, reading.values_of(node), required=required)


def _values(reading: CallReading, where: Argument, values: Alternatives, *, required: bool) -> None:
    loader = reading.match.loader
    source = reading.source(where)
    names = list(texts(values))
    known = bool(names)
    for item in names:
        found = read_name(str(item.value), loader, reading.around)
        if found == NOTHING and loader.form == "url-weights" and _is_told_archive(str(item.value), source):
            found = Reading(ref_of_url(str(item.value)))
        _add(reading, found, item, source, only=len(names) == 1)
    nothing = any(item.value is None for item in values.items)
    if nothing and not known and required and not values.partials:
        _absent(reading)
        return
    if known and values.complete:
        return
    if not required or loader.options.get("quiet"):
        return
    if values.items and not known and not values.partials:
        return
    if not known and values.names and (loader.form in _OBJECTS or not values.why):
        return
    if loader.form in _OBJECTS and not known and not values.partial:
        return
    if not values.complete:
        reading.miss(where, values)


def _add(reading: CallReading, found: Reading, item: Alternative, source: str, *, only: bool) -> None:
    """Note a model, each of its files where the call asks for files; `only`: no other is asked for."""
    for one in _with_files(reading, found, only=only):
        reading.add(one, item, source)


_WEIGHTS_WORD = re.compile(r"model|weight|checkpoint|ckpt|pretrained", re.IGNORECASE)
_DATA_WORD = re.compile(r"data|corpus|image|sample|test", re.IGNORECASE)


def _is_told_archive(text: str, source: str) -> bool:
    """Whether the variable with an archive's address says that it is a model's: `urlretrieve(url_model)`."""
    told = (
        _WEIGHTS_WORD.search(source) and not _DATA_WORD.search(source) and not source.startswith(("'", '"'))
    )
    return bool(told) and is_archive_url(text)


def _with_files(reading: CallReading, found: Reading, *, only: bool) -> list[Reading]:
    """A hub ref with each file that the call may ask for, when all of them are known.

    Args:
        reading: the call.
        found: the repository.
        only: it is the only repository that the call may ask; else one file may belong to another.
    """
    option = reading.match.loader.options.get("file", "")
    if not option or not found.ref.startswith("hf:") or "#" in found.ref:
        return [found]
    values = reading.values(argument(option))
    names = [str(item.value).strip("/") for item in texts(values)]
    told = values is not None and values.complete and bool(names) and all(map(_is_plain_file, names))
    if not told or (len(names) > 1 and not only):
        return [found]
    return [replace(found, ref=f"{found.ref}#{name}") for name in names]


def _is_plain_file(name: str) -> bool:
    known = name and len(name) < 300 and not any(c in name for c in "*?{}\\\n")
    return bool(known) and ".." not in name.split("/")


def _absent(reading: CallReading) -> None:
    """No name is given: the library's own default, or nothing to be told."""
    loader = reading.match.loader
    chosen = loader.options.get("default-of", "")
    if chosen:
        _by_task(reading, argument(chosen))
        return
    default = loader.options.get("default")
    if default:
        ready = default.startswith(("hf:", "torchhub:"))
        found = Reading(default) if ready else read_name(default, loader, Surroundings())
        reading.add(found, None, "")
        return
    unpacked = any(kw.arg is None for kw in reading.call.node.keywords) or any(
        isinstance(one, ast.Starred) for one in reading.call.node.args
    )
    told = (
        reading.last == "from_pretrained"
        or "told" in loader.options
        or (unpacked and loader.form in {"hf", "tfhub", "kaggle", "url"})
    )
    if told and default is None and not loader.options.get("quiet"):
        why = "its arguments are unpacked from a value that is not known" if unpacked else "no name is given"
        reading.missing.append(Missing(reading.call.source(reading.call.node), why))


def _by_task(reading: CallReading, where: Argument) -> None:
    values = reading.values(where)
    if values is None:
        return
    known = False
    for item in texts(values):
        known = True
        text = str(item.value)
        name = bert_score_model(text) if reading.match.loader.id == "bert_score" else pipeline_model(text)
        if name:
            reading.add(Reading(f"hf:{name}"), item, reading.source(where), "implied")
        else:
            reading.missing.append(
                Missing(reading.source(where), f"no model is known for the task {text[:80]!r}")
            )
    if not known:
        reading.miss(where, values)


def _uses(reading: CallReading, role: Role) -> Iterator[ModelUse | UnresolvedUse]:
    call, loader = reading.call, reading.match.loader
    place = _place(call.spot)
    remote = _remote_code(reading)
    revisions = _revisions(reading)
    made: dict[str, ModelUse] = {}
    for found in reading.found:
        for revision, pin in revisions[: max(1, _MOST_PAIRS // max(1, len(reading.found)))]:
            use = _use(found, revision, pin, place, loader)
            if use is None:
                continue
            use = replace(use, role=role, remote_code=remote, span=_span(call))
            held = made.get(use.ref)
            if held is None or (_by_test(held) and not _by_test(use)):
                made[use.ref] = use
    for use in made.values():
        yield replace(use, alternatives=len(made))
    seen: set[tuple[str, str]] = set()
    for missing in reading.missing:
        if (missing.expression, missing.why) not in seen:
            seen.add((missing.expression, missing.why))
            yield _unresolved(missing, place, loader, role)
    if made and not seen and role is not Role.TEST and all(_by_test(use) for use in made.values()):
        # What the program itself hands in, nobody has written down.
        yield _unresolved(Missing(call.source(call.node), "only tests say which"), place, loader, role)


def _by_test(use: ModelUse) -> bool:
    """Whether the name stands in a test and is handed in from there."""
    return use.where is not None and role_of(use.where.path) is Role.TEST


def _unresolved(missing: Missing, place: Place, loader: Loader, role: Role) -> UnresolvedUse:
    return UnresolvedUse(place, loader.id, shortened(missing.expression), missing.why, role, missing.partial)


def _use(found: Found, revision: str, pin: Pin | None, place: Place, loader: Loader) -> ModelUse | None:
    reading = found.reading
    ref, written = reading.ref, reading.revision or revision
    if revision and not reading.revision and ref.startswith("hf:"):
        head, sharp, member = ref.partition("#")
        ref = f"{head}@{revision}{sharp}{member}"
    elif revision and not reading.revision and ref.startswith("mlflow:") and "@" not in ref:
        ref = f"{ref}@{revision}"
    try:
        parse_ref(ref)
    except UsageError:
        return None
    if reading.pin is not None:
        firmly = reading.pin
    elif pin is not None and ref.startswith("hf:") and not written:
        firmly = pin
    else:
        firmly = pin_of_revision(written) if ref.startswith("hf:") else pin_of_ref(ref)
    there = _place(found.spot) if found.spot is not None else None
    return ModelUse(
        place=place,
        ref=ref,
        loader=loader.id,
        expression=shortened(found.expression),
        how=_way(found.how),
        pin=firmly,
        certainty=Certainty.CALL,
        where=there if there is not None and there.line and there != place else None,
        revision=written,
    )


def _way(how: tuple[str, ...]) -> tuple[str, ...]:
    return how or ("literal",)


def _revisions(reading: CallReading) -> list[tuple[str, Pin | None]]:
    """The revisions that the call may ask for; `("", UNKNOWN)` when it is given and not known."""
    where = reading.match.loader.revision
    values = reading.values(where)
    if values is None:
        return [("", None)]
    known: list[tuple[str, Pin | None]] = []
    for item in values.items:
        if item.value is None:
            known.append(("", None))
        elif isinstance(item.value, str | int) and _is_revision(item):
            known.append((str(item.value), None))
    return list(dict.fromkeys(known)) or [("", Pin.UNKNOWN)]


def _is_revision(item: Alternative) -> bool:
    text = str(item.value)
    return (
        bool(text) and len(text) <= 200 and not any(c in text for c in "{}#@ \n\t\\") and text.isprintable()
    )


def _remote_code(reading: CallReading) -> bool:
    if reading.match.loader.form == "torchhub":
        return True
    values = reading.values(_REMOTE_CODE)
    return values is not None and any(bool(item.value) for item in values.items)


def _place(spot: Spot) -> Place:
    return Place(spot.path, spot.line, spot.column, spot.cell)


def _span(call: Call) -> tuple[int, int, int, int]:
    return (call.spot.line, call.spot.column, call.end[0], call.end[1])


def local_name(text: str) -> bool:
    """Whether a text names a place on the disk, without knowing the project."""
    return is_local(text, Surroundings())


__all__ = ["FORMS", "local_name", "read_calls"]
