"""Word vectors of word2vec: a line with two counts, then each word and its row, binary or as text.

Source: the original word2vec.c (`fprintf("%s ")`, `fwrite`), and gensim's
`KeyedVectors.save_word2vec_format`, which leaves out the line feed after a row.
"""

import re

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.fasttext import ABSURD, ABSURD_BYTES, BEYOND, CUT, WORD, Cursor
from weigh.formats.text_files import read_text

FORMAT = "word2vec"
MISSING = "WGH-WV009"
MAX_WORD = 64 * 1024
MAX_ROWS = 20_000_000
"""Rows that are walked; the largest published set has some 4 million."""
_HEAD = re.compile(rb"([0-9]{1,19}) ([0-9]{1,10})\r?\n")
_TEXT_ROW = re.compile(rb"\S+[ \t]+[-+0-9.eEnNaAiIfF]+(?:[ \t]+[-+0-9.eEnNaAiIfF]+)*[ \t]*")
_NUMBER = re.compile(
    rb"[-+]?(?:[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|nan|inf)", re.IGNORECASE
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def read_word2vec(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one file of word vectors. Never raises for what the file holds."""
    del descent
    head = _HEAD.match(reader.read(0, 64))
    if head is None:
        return read_text(reader, path)
    rows, columns = int(head[1]), int(head[2])
    if _is_text(reader, head.end(), columns):
        return _read_text_rows(reader, path, head.end(), rows, columns)
    if _is_prose(reader.read(0, 64 * 1024)):
        return read_text(reader, path)  # plain text that begins with two numbers
    found = AnomalyList()
    try:
        size = _walk(reader, head.end(), rows, columns, found)
    except MalformedError as error:
        if not error.rule:
            return FileFacts(path, FORMAT, Coverage.PARTIAL, str(error), anomalies=found.as_tuple())
        found.add_error(error)
        size = 0
    return _facts(path, rows, columns, found, size, "after each word its row of little-endian values")


def _is_text(reader: RangeReader, start: int, columns: int) -> bool:
    """Whether the first row is a word and as many numbers as promised, in text."""
    most = min(1 << 20, 64 * columns + MAX_WORD)
    line = reader.read(start, most).split(b"\n", 1)[0].rstrip(b"\r ")
    parts = line.split()
    return len(parts) > 1 and all(_NUMBER.fullmatch(part) for part in parts[1:][:50])


def _is_prose(head: bytes) -> bool:
    """Whether the first bytes are UTF-8 without control characters."""
    if _CONTROL.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(head) == 64 * 1024
    return True


def _walk(reader: RangeReader, start: int, rows: int, columns: int, found: AnomalyList) -> int:
    """Step from word to word; bytes of all rows' values."""
    width = columns * 4
    if rows * (width + 1) >= ABSURD_BYTES:
        raise MalformedError("a count is absurd", why=f"{rows} rows of {columns}", offset=0, rule=ABSURD)
    if rows * (width + 1) > reader.size - start:
        why = (
            f"{rows} rows of {columns} need {rows * (width + 1)} bytes at least, {reader.size - start} follow"
        )
        raise MalformedError("the file ends early", why=why, offset=start, rule=CUT)
    if rows > MAX_ROWS:
        raise MalformedError("it has more rows than are walked", why=f"{rows}, {MAX_ROWS} are")
    cursor = Cursor(reader, CUT, ABSURD)
    cursor.position = start
    empty = 0
    for number in range(rows):
        at = cursor.position
        word = cursor.until(b" ", MAX_WORD)
        if word is None:
            raise MalformedError("a word does not end", why=f"row {number}", offset=at, rule=CUT)
        empty += not word.strip(b"\r\n")
        cursor.skip(width, f"row {number}")
    if empty:
        found.add(WORD, f"{empty} rows have no word")
    rest = reader.read(cursor.position, 3)
    if cursor.left > 2 or rest.strip(b"\r\n"):
        found.add(BEYOND, f"{cursor.left} bytes follow the last row", offset=cursor.position)
    return rows * width


def _read_text_rows(reader: RangeReader, path: str, start: int, rows: int, columns: int) -> FileFacts:
    """Each line a word and its numbers."""
    from weigh.formats.lightgbm import lines_of

    found = AnomalyList()
    seen = 0
    try:
        for line in lines_of(reader, start):
            if not line.text.strip():
                continue
            seen += 1
            if len(line.text.split(b" ")) < columns + 1 and len(line.text.split()) < columns + 1:
                why = f"row {seen} has {len(line.text.split()) - 1} values, {columns} are promised"
                found.add(MISSING, why, offset=line.offset)
                break
            if _CONTROL.search(line.text) or not _TEXT_ROW.fullmatch(line.text[-4096:].lstrip(b" ")):
                found.add(
                    WORD,
                    f"row {seen} is {quoted(line.text[:40].decode('utf-8', 'replace'))}",
                    offset=line.offset,
                )
                break
    except MalformedError as error:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, str(error), anomalies=found.as_tuple())
    if seen != rows and not len(found):
        found.add(MISSING, f"{rows} rows are promised, {seen} lie there")
    return _facts(path, rows, columns, found, reader.size - start, "text")


def _facts(path: str, rows: int, columns: int, found: AnomalyList, size: int, encoding: str) -> FileFacts:
    bad = any(a.rule != WORD for a in found.as_tuple())
    return FileFacts(
        path,
        FORMAT,
        Coverage.MALFORMED if bad else Coverage.COMPLETE,
        "it breaks the rules of its format" if bad else "",
        tensors=(TensorInfo("vectors", "F32", (rows, columns), path, -1, size, encoding),) if size else (),
        metadata=(
            Fact("word2vec.words", rows, Basis.DECLARED, path),
            Fact("word2vec.dimension", columns, Basis.DECLARED, path),
        ),
        anomalies=found.as_tuple(),
    )
