"""fastText models (.bin, .ftz): arguments, dictionary, and two matrices that end exactly where the file does.

Source: facebookresearch/fastText, src/fasttext.cc, args.cc, dictionary.cc, densematrix.cc, quantmatrix.cc,
productquantizer.cc (`save` and `load`). Little-endian, without padding.
"""

import struct
from collections.abc import Iterator

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList
from weigh.formats.descent import Descent

FORMAT = "fasttext"
CUT, ABSURD, BEYOND, ARGUMENT = "WGH-WV001", "WGH-WV002", "WGH-WV003", "WGH-WV004"
WORD, DISAGREE, PRUNED, NEWER = "WGH-WV005", "WGH-WV006", "WGH-WV007", "WGH-WV008"
ABSURD_BYTES = 1 << 48
MAX_DIMENSION = 1 << 20
MAX_WORD = 1 << 16
"""Bytes of one entry. fastText keeps words as they come; a line without spaces can be long."""
_VERSIONS = {11, 12}
_LOSSES, _MODELS = range(1, 5), range(1, 4)
_CENTRES = 256
_ARGUMENTS = (
    "dim",
    "ws",
    "epoch",
    "min_count",
    "neg",
    "word_ngrams",
    "loss",
    "model",
    "bucket",
    "minn",
    "maxn",
    "lr_update_rate",
)
_WINDOW = 256 * 1024


def read_fasttext(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one fastText model. Never raises for what the file holds."""
    del descent
    found = AnomalyList()
    model = _Model(reader, path, found)
    try:
        model.read()
    except MalformedError as error:
        found.add_error(error)
    bad = any(a.rule not in {NEWER, WORD} for a in found.as_tuple())
    coverage = Coverage.MALFORMED if bad else Coverage.COMPLETE
    return FileFacts(
        path,
        FORMAT,
        coverage,
        "it breaks the rules of its format" if bad else "",
        tensors=tuple(model.tensors),
        metadata=tuple(Fact(f"fasttext.{n}", v, Basis.DECLARED, path) for n, v in model.stated.items()),
        anomalies=found.as_tuple(),
    )


class Cursor:
    """Reads a file from front to back through one window.

    Args:
        reader: the file.
        cut: id of the rule that a file breaks which ends early.
        absurd: id of the rule that a size breaks which no file can have.
    """

    __slots__ = ("_absurd", "_at", "_cut", "_data", "position", "reader")

    def __init__(self, reader: RangeReader, cut: str, absurd: str) -> None:
        self.reader = reader
        self.position = 0
        self._cut = cut
        self._absurd = absurd
        self._data = b""
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes to the end of the file."""
        return self.reader.size - self.position

    def take(self, layout: str) -> tuple[int, ...]:
        """The next numbers, as `struct` names their layout."""
        size = struct.calcsize(layout)
        data = self._peek(size)
        if len(data) < size:
            raise self.ends(f"{size} bytes are needed, {len(data)} are left")
        self.position += size
        return struct.unpack(layout, data)

    def until(self, end: bytes, most: int) -> bytes | None:
        """The bytes up to the next `end`, which is passed; None where it does not come within `most`."""
        data = self._peek(most)
        place = data.find(end)
        if place < 0:
            return None
        self.position += place + len(end)
        return data[:place]

    def skip(self, size: int, what: str) -> int:
        """Pass over a payload of `size` bytes; where it began."""
        start = self.position
        if size < 0 or size >= ABSURD_BYTES:
            raise MalformedError(f"{what} claims {size} bytes", offset=start, rule=self._absurd)
        if size > self.left:
            raise self.ends(f"{what} claims {size} bytes, {self.left} are left")
        self.position += size
        return start

    def ends(self, why: str) -> MalformedError:
        """The error for a file that ends early."""
        return MalformedError("the file ends early", why=why, offset=self.position, rule=self._cut)

    def _peek(self, size: int) -> bytes:
        index = self.position - self._at
        if index < 0 or index + size > len(self._data):
            self._data, self._at, index = (
                self.reader.read(self.position, max(size, _WINDOW)),
                self.position,
                0,
            )
        return self._data[index : index + size]


class _Model:
    """One model, read from front to back."""

    __slots__ = ("_args", "_cursor", "_found", "_path", "_reader", "stated", "tensors")

    def __init__(self, reader: RangeReader, path: str, found: AnomalyList) -> None:
        self._reader = reader
        self._path = path
        self._found = found
        self._cursor = Cursor(reader, CUT, ABSURD)
        self._args: dict[str, int] = {}
        self.tensors: list[TensorInfo] = []
        self.stated: dict[str, object] = {}

    def read(self) -> None:
        """Everything, to the end."""
        cursor = self._cursor
        _, version = cursor.take("<ii")
        if version not in _VERSIONS:
            self._found.add(NEWER, f"its version is {version}, {sorted(_VERSIONS)} are known", offset=4)
        self._args = dict(zip(_ARGUMENTS, cursor.take("<12i"), strict=True))
        cursor.take("<d")
        self._judge_arguments()
        words, labels, kept = self._dictionary()
        rows = words + (kept if kept >= 0 else self._args["bucket"])
        quantised = self._flag("input")
        self._matrix("input", rows, quantised=quantised)
        out_quantised = self._flag("output") and quantised
        outputs = labels if self._args["model"] == 3 else words
        self._matrix("output", outputs, quantised=out_quantised)
        if cursor.left:
            why = f"{cursor.left} bytes follow the output matrix"
            self._found.add(BEYOND, why, offset=cursor.position)

    def _judge_arguments(self) -> None:
        args = self._args
        self.stated = {"dimension": args["dim"], "minn": args["minn"], "maxn": args["maxn"]}
        self.stated |= {"loss": args["loss"], "model": args["model"], "buckets": args["bucket"]}
        wrong = [n for n in ("ws", "epoch", "neg", "bucket", "minn", "maxn", "word_ngrams") if args[n] < 0]
        if not 1 <= args["dim"] <= MAX_DIMENSION:
            wrong.append("dim")
        if args["loss"] not in _LOSSES:
            wrong.append("loss")
        if args["model"] not in _MODELS:
            wrong.append("model")
        if args["minn"] > args["maxn"] > 0:
            wrong.append("minn")
        for name in wrong:
            self._found.add(ARGUMENT, f"its argument {name} is {args[name]}", offset=8)

    def _dictionary(self) -> tuple[int, int, int]:
        """Words, labels, and entries kept of the buckets (-1: not pruned)."""
        cursor = self._cursor
        start = cursor.position
        size, words, labels, tokens, kept = cursor.take("<iiiqq")
        self.stated |= {"words": words, "labels": labels, "tokens": tokens}
        if min(size, words, labels, tokens) < 0 or words + labels != size or kept < -1:
            why = f"{size} entries are {words} words and {labels} labels, {kept} of its buckets are kept"
            raise MalformedError("the dictionary's counts disagree", why=why, offset=start, rule=ARGUMENT)
        if kept >= ABSURD_BYTES:
            raise MalformedError("a count is absurd", why=f"{kept} buckets", offset=start, rule=ABSURD)
        if size * 10 > cursor.left:
            raise cursor.ends(f"{size} entries need {size * 10} bytes at least, {cursor.left} are left")
        of_words = 0
        for number in range(size):
            at = cursor.position
            word = cursor.until(b"\0", MAX_WORD)
            if word is None:
                raise MalformedError("a word does not end", why=f"entry {number}", offset=at, rule=CUT)
            count, kind = cursor.take("<qb")
            if kind not in {0, 1} or count < 0:
                self._found.add(WORD, f"entry {number} is of kind {kind} and seen {count} times", offset=at)
            of_words += kind == 0
        if of_words != words:
            self._found.add(DISAGREE, f"{words} words are promised, {of_words} lie there", offset=start)
        self._buckets(kept)
        return words, labels, kept

    def _buckets(self, kept: int) -> None:
        """The pairs that say where a bucket went that pruning kept; each stays inside what was kept."""
        start = self._cursor.skip(max(kept, 0) * 8, "the list of kept buckets")
        buckets = self._args["bucket"]
        for first, second in _pairs(self._reader, start, max(kept, 0)):
            if not (0 <= first < max(buckets, 1) and 0 <= second < kept):
                why = f"bucket {first} of {buckets} went to {second} of {kept}"
                self._found.add(PRUNED, why, offset=start)
                return

    def _flag(self, what: str) -> bool:
        at = self._cursor.position
        (flag,) = self._cursor.take("<B")
        if flag not in {0, 1}:
            self._found.add(ARGUMENT, f"whether the {what} is quantised is {flag}", offset=at)
        return bool(flag)

    def _matrix(self, name: str, wanted: int, *, quantised: bool) -> None:
        cursor = self._cursor
        start = cursor.position
        if quantised:
            (with_norms,) = cursor.take("<B")
        rows, columns = cursor.take("<qq")
        if rows < 0 or not 0 <= columns <= MAX_DIMENSION or rows >= ABSURD_BYTES:
            why = f"the {name} matrix has {rows} rows of {columns}"
            raise MalformedError("a matrix is absurd", why=why, offset=start, rule=ABSURD)
        if columns != self._args["dim"] or rows != wanted:
            asked = f"{wanted} of {self._args['dim']}"
            why = f"the {name} matrix has {rows} rows of {columns}, the dictionary asks for {asked}"
            self._found.add(DISAGREE, why, offset=start)
        if quantised:
            self._quantised(name, rows, columns, with_norms=bool(with_norms))
        else:
            at = cursor.skip(rows * columns * 4, f"the {name} matrix")
            self.tensors.append(TensorInfo(name, "F32", (rows, columns), self._path, at, rows * columns * 4))

    def _quantised(self, name: str, rows: int, columns: int, *, with_norms: bool) -> None:
        at = self._cursor.position
        (size,) = self._cursor.take("<i")
        start = self._cursor.skip(size, f"the codes of the {name} matrix")
        parts = self._quantiser(name, columns)
        if parts < 0 or rows * parts != size:
            why = f"{rows} rows of {parts} codes are no {size} bytes"
            self._found.add(DISAGREE, why, offset=at)
        how = f"product quantised: {parts} codes of 8 bits a row, {_CENTRES} centres each"
        self.tensors.append(TensorInfo(name, "BLOCKS", (rows, columns), self._path, start, size, how))
        if with_norms:
            norms = self._cursor.skip(rows, f"the norms of the {name} matrix")
            self._quantiser(f"{name}.norms", 1)
            self.tensors.append(TensorInfo(f"{name}.norms", "U8", (rows,), self._path, norms, rows, "codes"))

    def _quantiser(self, name: str, columns: int) -> int:
        """The centres of a quantiser; codes it gives a row, -1 where its numbers disagree."""
        at = self._cursor.position
        dimension, parts, width, last = self._cursor.take("<4i")
        sound = 0 < parts <= dimension <= MAX_DIMENSION and 0 < last <= width <= dimension
        if not sound or dimension != columns or (parts - 1) * width + last != dimension:
            why = f"{parts} parts of {width} (the last {last}) of {dimension} for rows of {columns}"
            self._found.add(DISAGREE, why, offset=at)
        if not 0 <= dimension <= MAX_DIMENSION:
            raise MalformedError("a quantiser is absurd", why=f"of {dimension}", offset=at, rule=ABSURD)
        size = dimension * _CENTRES * 4
        start = self._cursor.skip(size, f"the centres of {name}")
        shape = (dimension * _CENTRES,)
        self.tensors.append(TensorInfo(f"{name}.centres", "F32", shape, self._path, start, size))
        return parts if sound else -1


def _pairs(reader: RangeReader, start: int, count: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, 8192):
        data = reader.read(start + 8 * begin, 8 * min(8192, count - begin))
        yield from struct.iter_unpack("<ii", data[: len(data) // 8 * 8])
