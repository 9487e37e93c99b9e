"""YAML files: tags that make a loader build objects, targets that it would call, aliases that multiply.

The text is looked at line by line; its values are not needed, so a file that uses more of YAML than
`yaml_subset` knows is complete all the same. Source: yaml.org/spec/1.2.2 (5.3, 6.8, 6.9, 7.1) and PyYAML's
constructor.py for the tags of Python.
"""

import re
from collections.abc import Iterator

from weigh.core.facts import Basis, CallableUse, Coverage, Fact, FileFacts, Use
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.import_names import Standing, standing
from weigh.formats.nemo_targets import judge_targets

FORMAT = "yaml"
RUNS = "WGH-NM001"
OBJECT = "WGH-NM003"
ALIAS_BOMB = "WGH-NM006"
OTHER_LANGUAGE = "WGH-NM008"

MAX_YAML = 8 * 1024 * 1024
"""Bytes; configurations have a few kilobytes, lock files some hundred."""
MAX_KEYS = 1_000
MAX_CALLABLES = 1_000
MOST_COPIES = 1_000_000
"""Nodes that the aliases of a file may stand for."""

_TAG = re.compile(r"!(?:<[^>\s]*>|[^\s,\[\]{}]*)")
_PYTHON = re.compile(r"(?:^|[:!])python/(?P<kind>[\w/]+)(?::(?P<name>.*))?", re.DOTALL)
_DIRECTIVE = re.compile(r"^%TAG\s+(\S+)\s+(\S+)", re.MULTILINE)
_HARMLESS = frozenset(
    {"none", "bool", "str", "unicode", "bytes", "int", "long", "float", "complex", "list", "tuple", "dict"}
)
_FOREIGN = re.compile(
    r"!(?:!|<tag:yaml\.org,2002:)?(?:javax?\.|com\.sun|org\.(?:apache|springframework|yaml)|ch\.qos|jdk\."
    r"|ruby/(?:object|hash|class|module|struct)|perl/|php/|net/|js/function)",
    re.IGNORECASE,
)
_KEY = re.compile(r"^[\"']?([A-Za-z_][\w .-]{0,80})[\"']?\s*:(?:\s|$)", re.MULTILINE)
_BRACES = re.compile(r"\{\{.{0,2000}?\}\}|\{%.{0,2000}?%\}", re.DOTALL)
_TEMPLATE_ATTACKS = frozenset({"WGH-JT001", "WGH-JT002", "WGH-JT003"})
MOST_TEMPLATES = 500
_ANCHOR = re.compile(r"(?<![\w\"'])([&*])([A-Za-z0-9_][\w-]*)")


def read_yaml(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one YAML file. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: not needed.
    """
    del descent
    if reader.size > MAX_YAML:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, f"YAML is read up to {MAX_YAML} bytes")
    text = _text(reader.read(0, reader.size))
    if text is None:
        return FileFacts(path, FORMAT, Coverage.UNREAD, "it is not text")
    found = AnomalyList()
    nemo = path.rpartition("/")[2] == "model_config.yaml"
    callables = _tags(text, found)
    running = judge_targets(text, found, nemo=nemo)
    callables += [_use(name) for name in running[: MAX_CALLABLES - len(callables)]]
    _aliases(text, found)
    _templates(text, found)
    keys = sorted(set(_KEY.findall(text)))[:MAX_KEYS]
    return FileFacts(
        path,
        FORMAT,
        Coverage.COMPLETE,
        callables=tuple(callables),
        metadata=(Fact("yaml.keys", keys, Basis.DETECTED, path),) if keys else (),
        anomalies=found.as_tuple(),
    )


def _text(data: bytes) -> str | None:
    """The text, told from its byte order mark as YAML does; None where it is none (5.2)."""
    wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _templates(text: str, found: AnomalyList) -> None:
    """Judge what looks like Jinja; only attacks count, for other programs use the same braces otherwise."""
    if "__" not in text or ("{{" not in text and "{%" not in text):
        return
    from weigh.formats.jinja_judge import judge_template

    for match in list(_BRACES.finditer(text))[:MOST_TEMPLATES]:
        for anomaly in judge_template(match[0].replace("\n", " ")):
            if anomaly.rule in _TEMPLATE_ATTACKS:
                found.add(anomaly.rule, anomaly.detail, offset=match.start())


def _tags(text: str, found: AnomalyList) -> list[CallableUse]:
    """Judge every tag; what those of Python would import or call."""
    handles = {}
    for handle, prefix in _DIRECTIVE.findall(text):
        if "yaml.org,2002:" in prefix:
            handles[handle] = prefix.rpartition("2002:")[2]
    callables: list[CallableUse] = []
    for tag, offset in _all_tags(text):
        whole = _expanded(re.sub(r"%([0-9A-Fa-f]{2})", _octet, tag), handles)
        match = _PYTHON.search(whole.removesuffix(">"))
        if match is not None:
            use = _python(match["kind"], match["name"] or "", found, offset)
            if use is not None and len(callables) < MAX_CALLABLES:
                callables.append(use)
        elif _FOREIGN.match(whole):
            found.add(OTHER_LANGUAGE, f"the tag {quoted(tag)}", offset=offset)
    return callables


def _expanded(tag: str, handles: dict[str, str]) -> str:
    for handle, prefix in handles.items():
        if tag.startswith(handle):
            return "!!" + prefix + tag[len(handle) :]
    return tag


def _octet(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 16))


def _all_tags(text: str) -> Iterator[tuple[str, int]]:
    """Tags outside comments, block scalars and texts that are quoted on one line."""
    offset = 0
    blocks = _Blocks()
    for line in text.split("\n"):
        if not blocks.holds(line) and "!" in line:
            live = b"\1" * len(line) if blocks.quoted else _scanned(line)[0]
            for match in _TAG.finditer(line):
                at = match.start()
                before = line[at - 1] if at else " "
                if before in " \t[{,:-?" and live[at]:
                    yield match.group().rstrip("\r"), offset + at
        offset += len(line) + 1


class _Blocks:
    """Follows which lines are the text of a block scalar (8.1). In doubt a line is none, and its tags count.

    Attributes:
        quoted: a quoted text goes on over lines, so that what later quotes open and close is not known.
    """

    __slots__ = ("_indent", "_parent", "_sure", "quoted")

    def __init__(self) -> None:
        self.quoted = False
        self._sure = True
        self._parent = -1
        self._indent = -1

    def holds(self, line: str) -> bool:
        """Whether the next line is text of a block scalar."""
        blank = not line.strip(" \r")
        indent = len(line) - len(line.lstrip(" "))
        if self._parent >= 0:
            if blank:
                return True
            if indent > self._parent and self._indent <= indent:
                self._indent = indent if self._indent < 0 else self._indent
                return True
            self._parent = self._indent = -1
        if not self.quoted and not blank:
            self._opens(line)
        return False

    def _opens(self, line: str) -> None:
        """Note a block scalar that begins, or a quoted or flow value that stays open: then all is doubt."""
        live, closed = _scanned(line)
        plain = "".join(c if kept else " " for c, kept in zip(line, live, strict=True)).rstrip()
        match = _BLOCK.fullmatch(plain)
        self.quoted |= not closed
        if not closed or sum(map(plain.count, "[{")) != sum(map(plain.count, "]}")):
            self._sure = False
        elif self._sure and match is not None and match["key"]:
            self._parent = len(match["dashes"])
        elif self._sure and match is not None and match["dashes"].strip():
            self._parent = len(match["dashes"].rstrip()) - 1


_BLOCK = re.compile(
    r"(?P<dashes> *(?:[-?] +)*)(?P<key>[\w./-][\w ./-]*: +)?(?:[&!]\S* +)*[|>](?:[-+]?[1-9]?|[1-9][-+])"
)
"""A line that opens a block scalar: with a plain key, or as an item of a list."""


def _scanned(line: str) -> tuple[bytearray, bool]:
    """What of a line is neither comment nor quoted (1 a character), and whether each quote on it closes."""
    live = bytearray(b"\1" * len(line))
    quote, opened, start = "", 0, True
    for index, character in enumerate(line):
        if quote:
            if character == quote and line[index - 1] != "\\":
                live[opened : index + 1] = bytes(index + 1 - opened)
                quote, start = "", False
            continue
        if character == "#" and (index == 0 or line[index - 1] in " \t"):
            live[index:] = bytes(len(line) - index)
            break
        if character in "\"'" and start:
            quote, opened = character, index
        start = character in "[{,:-?" or (character in " \t" and start)
    return live, not quote


def _python(kind: str, name: str, found: AnomalyList, offset: int) -> CallableUse | None:
    """Judge a tag of PyYAML's Python constructors."""
    if kind in _HARMLESS:
        return None
    what = f"python/{kind}:{name}"
    if "." not in name and kind != "module":
        name = f"builtins.{name}"  # so PyYAML looks up a name without a module
    judged = standing(name)
    if judged is Standing.DATA or (judged is Standing.OTHER and _PLAIN.fullmatch(name)):
        found.add(OBJECT, f"the tag {quoted(what)} builds an object", offset=offset)
        return None
    if judged is Standing.RUNS:
        found.add(RUNS, f"the tag {quoted(what)}", offset=offset)
    else:
        found.add(OBJECT, f"the tag {quoted(what)} imports code", offset=offset)
    return _use(name)


_PLAIN = re.compile(
    r"numpy\.(?:core\.|_core\.)?(?:multiarray\.(?:scalar|_reconstruct)|dtype|ndarray)|torch\.(?:device|dtype|Size)"
)


def _use(name: str) -> CallableUse:
    module, _, last = name.rpartition(".")
    return CallableUse(module[:200], last[:200], -1, Use.CALL)


def _aliases(text: str, found: AnomalyList) -> None:
    """How many nodes the aliases stand for: anchors that hold aliases of anchors multiply."""
    weights: dict[str, int] = {}
    current, weight = "", 0
    total = 0
    for match in _ANCHOR.finditer(text):
        kind, name = match.groups()
        if kind == "&":
            weights[current] = max(1, weight)
            current, weight = name, 0
        else:
            copies = weights.get(name, 1)
            weight += copies
            total += copies
        if total > MOST_COPIES:
            found.add(ALIAS_BOMB, f"its aliases stand for more than {MOST_COPIES} nodes")
            return
