"""XML of strangers as a stream of events: strict, without entities, without a tree, one window in memory.

Source: Extensible Markup Language 1.0 (fifth edition). A document type is handed on as text and never
interpreted: no entity is expanded, no file or address is opened.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from weigh.core.errors import MalformedError
from weigh.core.ports import RangeReader

BROKEN, BOMB, HIDDEN = "WGH-XM001", "WGH-XM003", "WGH-XM008"
MAX_DEPTH = 256
"""Elements inside elements; recursive readers of C libraries stop there or crash later."""
MAX_TAG = 4 * 1024 * 1024
"""Bytes of one tag. OpenVINO writes an element's values into its children, not into attributes."""
MAX_ATTRIBUTES = 2_000
MAX_DOCTYPE = 64 * 1024
MAX_ELEMENTS = 5_000_000
_WINDOW = 256 * 1024

_NAME = rb"[A-Za-z_:\x80-\xff][-A-Za-z0-9_:.$\x80-\xff]*"
_TAG = re.compile(rb"<[^<>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^<>\"']*+)*+>")
_START = re.compile(rb"<(" + _NAME + rb")")
_END = re.compile(rb"</(" + _NAME + rb")\s*>")
_ATTRIBUTE = re.compile(rb"\s+(" + _NAME + rb")\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
_CLOSE = re.compile(rb"\s*(/?)>")
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_ASCII_LIKE = re.compile(
    r"(?:utf-?8|us-ascii|ascii|iso-?8859-?[0-9]{1,2}|latin-?[0-9]|"
    r"windows-?125[0-9]|cp125[0-9]|koi8-[ru]|gb2312|gbk|gb18030|big5|euc-(?:jp|kr)|shift_jis)",
    re.IGNORECASE,
)
_WIDE = re.compile(r"(?:utf-?16(?:le|be)?|ucs-2|iso-10646-ucs-2)", re.IGNORECASE)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NAMED = re.compile(r"&(amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")


class Kind(Enum):
    """What an event tells."""

    START = "an element begins"
    END = "an element ends"
    TEXT = "a piece of text"
    INSTRUCTION = "a processing instruction"
    DOCTYPE = "the document type"


@dataclass(frozen=True, slots=True)
class Event:
    """One event; all texts are hostile.

    Attributes:
        kind: what happens.
        name: of the element or instruction, with its prefix.
        offset: byte of the document (of its UTF-8 form where it is UTF-16).
        attributes: of an element that begins.
        text: of a text, an instruction or a document type.
    """

    kind: Kind
    name: str
    offset: int
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""


def events(reader: RangeReader) -> Iterator[Event]:
    """The events of a document, in order.

    Raises:
        MalformedError: it is not well formed, too deep, or in an encoding that hides it.
    """
    return _Scanner(reader).run()


def plain(text: bytes) -> str:
    """Bytes of the document as text, with its references resolved; bytes that are not UTF-8 as escapes."""
    decoded = text.decode("utf-8", "backslashreplace")
    return _NAMED.sub(_resolved, decoded) if "&" in decoded else decoded


def _resolved(match: re.Match[str]) -> str:
    name = match[1]
    if name in _ENTITIES:
        return _ENTITIES[name]
    number = int(name.removeprefix("#x"), 16) if name[1] == "x" else int(name[1:])
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


class _Scanner:
    __slots__ = (
        "_at",
        "_closed_itself",
        "_data",
        "_decoder",
        "_elements",
        "_open",
        "_pos",
        "_read",
        "_reader",
        "_rooted",
        "_typed",
    )

    def __init__(self, reader: RangeReader) -> None:
        self._reader = reader
        self._data = b""
        self._at = 0  # offset of the window in the document
        self._pos = 0  # in the window: first byte not dealt with
        self._read = 0  # bytes taken from the file
        self._open: list[bytes] = []
        self._rooted = False
        self._typed = False  # after a document type its entities are opaque, and no fault
        self._elements = 0
        self._closed_itself = False  # whether the last element that began ended at once
        self._decoder = self._encoding()

    def _encoding(self) -> codecs.IncrementalDecoder | None:
        """A decoder where the document is UTF-16; None where ASCII bytes stand for themselves."""
        head = self._reader.read(0, 512)
        if head[:3] == b"\xef\xbb\xbf":
            self._read = 3
            head = head[3:]
        if (
            head[:4] in {b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<"}
            or head[:4] == b"\x4c\x6f\xa7\x94"
        ):
            raise MalformedError("its encoding hides it", why="UTF-32 or EBCDIC", offset=0, rule=HIDDEN)
        wide = head[:2] in {b"\xff\xfe", b"\xfe\xff"} or head[:2] == b"<\0" or head[:2] == b"\0<"
        shown = head.replace(b"\0", b"") if wide else head
        declared = _DECLARED.search(shown)
        name = declared[1].decode() if declared else "utf-16" if wide else "utf-8"
        if not (_WIDE if wide else _ASCII_LIKE).fullmatch(name) and not (wide and name.lower() == "utf-8"):
            raise MalformedError("its encoding hides it", why=f"it declares {name}", offset=0, rule=HIDDEN)
        if not wide:
            return None
        big = head[:2] == b"\xfe\xff" or head[:2] == b"\0<"
        self._read += 2 if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else 0
        return codecs.getincrementaldecoder("utf-16-be" if big else "utf-16-le")("replace")

    def run(self) -> Iterator[Event]:
        """All events."""
        while True:
            begin = self._data.find(b"<", self._pos)
            if begin < 0:
                yield from self._text(len(self._data))
                if not self._more():
                    break
                continue
            yield from self._text(begin)
            event = self._markup()
            if event is not None:
                yield event
                if event.kind is Kind.START and self._closed_itself:
                    yield Event(Kind.END, event.name, event.offset)
        if self._open:
            raise self._bad(f"{len(self._open)} elements do not end")
        if not self._rooted:
            raise self._bad("it has no element")

    def _text(self, end: int) -> Iterator[Event]:
        piece = self._data[self._pos : end]
        start = self._at + self._pos
        self._pos = end
        if not piece:
            return
        control = _CONTROL.search(piece)
        if control:
            raise self._bad("a control character stands in its text")
        if not self._open:
            if piece.strip(b" \t\r\n"):
                raise self._bad("text stands outside its outermost element")
            return
        broken = _REFERENCE.search(piece)
        if broken and not self._typed and broken.start() < len(piece) - 12:
            raise self._bad("a reference to an entity that is not XML's own", rule="WGH-XM013")
        yield Event(Kind.TEXT, "", start, text=plain(piece))

    def _markup(self) -> Event | None:
        """What begins with the `<` at the place reached."""
        self._need(9)
        head = self._data[self._pos : self._pos + 9]
        if head.startswith(b"<!--"):
            self._past(b"-->", 4)
            return None
        if head == b"<![CDATA[":
            start = self._at + self._pos
            if not self._open:
                raise self._bad("text stands outside its outermost element")
            return Event(Kind.TEXT, "", start, text=self._past(b"]]>", 9).decode("utf-8", "backslashreplace"))
        if head.startswith(b"<?"):
            start = self._at + self._pos
            inside = self._past(b"?>", 2)
            name, _, text = inside.decode("utf-8", "backslashreplace").partition(" ")
            return Event(Kind.INSTRUCTION, name[:200].strip(), start, text=text[:2000])
        if head.startswith(b"<!"):
            return self._doctype()
        return self._tag()

    def _past(self, end: bytes, skip: int) -> bytes:
        """Pass everything up to `end`; its first bytes."""
        kept = b""
        self._pos += skip
        while True:
            place = self._data.find(end, self._pos)
            if place >= 0:
                kept = kept or self._data[self._pos : place][:65_536]
                self._pos = place + len(end)
                return kept
            kept = kept or self._data[self._pos : self._pos + 65_536]
            self._pos = max(self._pos, len(self._data) - len(end) + 1)
            if not self._more():
                raise self._bad(f"{end.decode()} is missing")

    def _doctype(self) -> Event:
        """From `<!` to the `>` outside quotes and brackets."""
        start = self._at + self._pos
        while True:
            text = self._data[self._pos : self._pos + MAX_DOCTYPE]
            end = _doctype_end(text)
            if end >= 0:
                break
            if len(text) >= MAX_DOCTYPE:
                # longer than any honest one: judged by its beginning
                entities = text.count(b"<!ENTITY")
                why = f"its document type has more than {MAX_DOCTYPE} bytes, {entities} entities first"
                raise self._bomb(why)
            if not self._more():
                raise self._bad("the document type does not end")
        self._pos += end
        self._typed = True
        if self._rooted:
            raise self._bad("a document type stands inside the document")
        return Event(Kind.DOCTYPE, "", start, text=text[:end].decode("utf-8", "backslashreplace"))

    def _tag(self) -> Event:
        match = _TAG.match(self._data, self._pos)
        while match is None:
            broken = self._data.find(b"<", self._pos + 1, self._pos + 4096)
            held = len(self._data) - self._pos
            if held > MAX_TAG:
                raise MalformedError("a tag is larger than is read", why=f"{MAX_TAG} bytes are")
            if not self._more() or (broken >= 0 and held > 65_536):
                raise self._bad("a tag does not end")
            match = _TAG.match(self._data, self._pos)
        start = self._at + self._pos
        end = _END.fullmatch(match[0])
        self._closed_itself = False
        if end:
            if not self._open or self._open[-1] != end[1]:
                raise self._bad(f"the element {end[1][:40]!r} ends and is not open")
            self._open.pop()
            self._pos = match.end()
            return Event(Kind.END, end[1].decode("utf-8", "backslashreplace"), start)
        return self._start(match, start)

    def _start(self, match: re.Match[bytes], start: int) -> Event:
        tag = match[0]
        name = _START.match(tag)
        if name is None:
            raise self._bad("a tag has no name")
        if self._rooted and not self._open:
            raise self._bad("it has two outermost elements")
        attributes, at = self._attributes(tag, name.end())
        close = _CLOSE.fullmatch(tag, at)
        if close is None:
            raise self._bad("a tag is not well formed")
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise MalformedError("it has more elements than are read", why=f"{MAX_ELEMENTS} are")
        self._rooted = True
        self._closed_itself = bool(close[1])
        if not close[1]:
            if len(self._open) >= MAX_DEPTH:
                raise self._bomb(f"elements are nested deeper than {MAX_DEPTH}")
            self._open.append(name[1])
        self._pos = match.end()
        return Event(Kind.START, name[1].decode("utf-8", "backslashreplace"), start, attributes)

    def _attributes(self, tag: bytes, at: int) -> tuple[dict[str, str], int]:
        """The attributes of a tag, and the place after them."""
        attributes: dict[str, str] = {}
        while found := _ATTRIBUTE.match(tag, at):
            key = found[1].decode("utf-8", "backslashreplace")
            if key in attributes:
                raise self._bad(f"the attribute {key[:40]!a} stands twice", rule="WGH-XM014")
            if len(attributes) >= MAX_ATTRIBUTES:
                raise self._bomb(f"an element has more than {MAX_ATTRIBUTES} attributes")
            value = found[2] if found[2] is not None else found[3]
            if not self._typed and _REFERENCE.search(value):
                raise self._bad("a reference to an entity that is not XML's own", rule="WGH-XM013")
            attributes[key] = plain(value)
            at = found.end()
        return attributes, at

    def _need(self, count: int) -> None:
        while len(self._data) - self._pos < count and self._more():
            pass

    def _more(self) -> bool:
        """Take the next window; what was dealt with goes. False at the end."""
        piece = self._reader.read(self._read, _WINDOW)
        if not piece:
            return False
        self._read += len(piece)
        if self._decoder is not None:
            piece = self._decoder.decode(piece).encode("utf-8", "replace")
        self._data = self._data[self._pos :] + piece
        self._at += self._pos
        self._pos = 0
        return True

    def _bad(self, why: str, *, rule: str = BROKEN) -> MalformedError:
        return MalformedError("it is not well-formed XML", why=why, offset=self._at + self._pos, rule=rule)

    def _bomb(self, why: str) -> MalformedError:
        return MalformedError(
            "it is made to exhaust a reader", why=why, offset=self._at + self._pos, rule=BOMB
        )


def _doctype_end(text: bytes) -> int:
    """The place after the `>` that closes a document type; -1 where it does not come."""
    depth, quote, place = 0, 0, 0
    while place < len(text):
        byte = text[place]
        if quote:
            quote = 0 if byte == quote else quote
        elif text.startswith(b"<!--", place):
            end = text.find(b"-->", place)
            if end < 0:
                return -1
            place = end + 2
        elif byte in b"\"'":
            quote = byte
        elif byte == 0x5B:
            depth += 1
        elif byte == 0x5D:
            depth -= 1
        elif byte == 0x3E and depth <= 0:
            return place + 1
        place += 1
    return -1
