"""What lies in the literals of a pickle: files, also encoded or compressed ones, read as members."""

from collections.abc import Iterable

from weigh.core.facts import Anomaly, Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import quoted
from weigh.formats.descent import BETWEEN, BudgetError, Descent, SliceReader
from weigh.formats.pickle_literals import MOST_DECODED, decoded, looks_like_file, looks_like_source
from weigh.formats.pickle_nested import Nested
from weigh.formats.pickle_probe import names_hold
from weigh.formats.reader import BytesReader

COMPILED = "WGH-PK027"
ENCODED_SOURCE = "WGH-PK028"


class Inside:
    """Reads the literals of the streams of one file.

    Args:
        reader: the file's bytes.
        path: of what the streams are.
        descent: what looking inside may cost.

    Attributes:
        members: what was found to be files.
        anomalies: rules broken by literals.
        reason: why not all literals were looked into, "" when they were.
    """

    __slots__ = ("_descent", "_path", "_reader", "anomalies", "members", "reason")

    def __init__(self, reader: RangeReader, path: str, descent: Descent) -> None:
        self._reader = reader
        self._path = path
        self._descent = descent
        self.members: list[FileFacts] = []
        self.anomalies: list[Anomaly] = []
        self.reason = ""

    def look(self, literals: Iterable[Nested]) -> None:
        """Look into literals, as far as the budget goes."""
        for nested in literals:
            try:
                self._one(nested)
            except BudgetError as error:
                self.reason = f"its literals are not all looked into: {error.what}"
                return

    def keep(self, inner: RangeReader, offset: int) -> None:
        """Read bytes as a file; what only looked like one is left out."""
        facts = self._descent.member(inner, f"{self._path}{BETWEEN}(bytes at {offset})")
        broken = facts.coverage is Coverage.MALFORMED or facts.format in {"unknown", "text"}
        if not broken or any(names_hold(part.callables) for part in facts.walk()):
            self.members.append(facts)

    def _one(self, nested: Nested) -> None:
        if nested.looks_like == "marshal":
            self.anomalies.append(Anomaly(COMPILED, "a literal is compiled Python code", nested.offset))
        elif nested.looks_like in {"base64", "hex"}:
            self._encoded(nested)
        elif nested.data:
            self.keep(BytesReader(nested.data), nested.offset)
        else:
            self.keep(SliceReader(self._reader, nested.offset, nested.length), nested.offset)

    def _encoded(self, nested: Nested) -> None:
        data = nested.data or self._reader.read(nested.offset, min(nested.length, MOST_DECODED))
        pieces = tuple(decoded(data, nested.looks_like))
        head = b"".join(pieces)[:65_536]
        source = looks_like_source(head.decode("utf-8", "replace"))
        if source:
            detail = f"a literal in {nested.looks_like} holds source code: {quoted(source)}"
            self.anomalies.append(Anomaly(ENCODED_SOURCE, detail, nested.offset))
        looks = looks_like_file(head[:512])
        if looks == "marshal":
            self.anomalies.append(Anomaly(COMPILED, "an encoded literal is compiled code", nested.offset))
        elif looks:
            with self._descent.unpacked(pieces) as inner:
                self.keep(inner, nested.offset)
