"""One Python file with revisions put into its calls: every other byte stays what it is.

LibCST keeps comments, space, line ends and commas. The result is held against the original once more: the two
syntax trees must be equal but for the revisions.
"""

import ast
import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weigh.core.errors import MissingExtraError
from weigh.project.rewrite.pins import KEYWORD, Wanted, Way

if TYPE_CHECKING:
    import libcst as cst

MAX_SOURCE = 4 * 1024 * 1024
"""Bytes of a source file that is rewritten."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A file with its pins.

    Attributes:
        data: the new bytes; the old ones when nothing could be done.
        done: what was written.
        left: what was not, with the reason.
        moved: a call is no longer where it was found: the file is another one now.
    """

    data: bytes
    done: tuple[Wanted, ...] = ()
    left: tuple[tuple[Wanted, str], ...] = ()
    moved: bool = False


def rewrite(data: bytes, wanted: Sequence[Wanted]) -> Rewritten:
    """Put revisions into the calls of one file.

    Args:
        data: the file.
        wanted: changes to its calls.

    Raises:
        MissingExtraError: LibCST is not installed.
    """
    try:
        import libcst as cst
    except ImportError as error:
        raise MissingExtraError("cannot rewrite Python source", extra="rewrite") from error
    if len(data) > MAX_SOURCE:
        return _nothing(data, wanted, f"the file has more than {MAX_SOURCE} bytes")
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        module = cst.parse_module(data.removeprefix(mark))
    except (cst.ParserSyntaxError, UnicodeDecodeError, LookupError, RecursionError) as error:
        return _nothing(data, wanted, f"the file cannot be parsed: {_reason(error)}")
    if mark + module.bytes != data:
        return _nothing(data, wanted, "the file cannot be written back without a loss")
    return _changed(module, mark, data, wanted)


def _changed(module: "cst.Module", mark: bytes, data: bytes, wanted: Sequence[Wanted]) -> Rewritten:
    from weigh.project.rewrite.edits import apply

    after, found, refused = apply(module, wanted)
    new = mark + after.bytes
    left = [(w, refused[i]) for i, w in enumerate(wanted) if i in refused]
    done = [w for i, w in enumerate(wanted) if i in found]
    missing = [w for i, w in enumerate(wanted) if i not in found and i not in refused]
    left += [(w, "the call is no longer where it was found") for w in missing]
    if not _same_but_pins(data, new, done):
        return _nothing(data, wanted, "adding the revision would change other code")
    return Rewritten(new, tuple(done), tuple(left), moved=bool(missing))


def _nothing(data: bytes, wanted: Sequence[Wanted], why: str) -> Rewritten:
    return Rewritten(data, left=tuple((w, why) for w in wanted))


def _reason(error: Exception) -> str:
    line = getattr(error, "raw_line", 0)
    return f"a syntax error in line {line}" if line else str(error).splitlines()[0]


def _same_but_pins(old: bytes, new: bytes, done: Sequence[Wanted]) -> bool:
    """Whether two sources differ in exactly the revisions that were to be written, and in nothing else."""
    try:
        before, after = ast.parse(old), ast.parse(new)
        pairs = list(zip(_calls(before), _calls(after), strict=True))
        touched = sum(_unpin(was, now, done) for was, now in pairs)
        return touched == len(done) and ast.dump(before) == ast.dump(after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _calls(tree: ast.AST) -> list[ast.Call]:
    """All calls; a pin is a constant, so it neither adds a call nor changes their order."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _unpin(was: ast.Call, now: ast.Call, done: Sequence[Wanted]) -> int:
    """Take the pin out of a call and of its original; returns how many there were."""
    commits = {w.value for w in done if w.way is Way.KEYWORD}
    names = {f"{w.name}:{w.value}": w.name for w in done if w.way is Way.COLON}
    pins = [k for k in now.keywords if k.arg == KEYWORD and _text(k.value) in commits]
    earlier = [k for k in was.keywords if k.arg == KEYWORD]
    touched = 0
    if pins and [_text(k.value) for k in pins] != [_text(k.value) for k in earlier]:
        now.keywords = [k for k in now.keywords if k.arg != KEYWORD]
        was.keywords = [k for k in was.keywords if k.arg != KEYWORD]
        touched = 1
    for first, second in zip(_arguments(was), _arguments(now), strict=True):
        bare, text = names.get(_text(second) or ""), _text(first) or ""
        if (
            isinstance(second, ast.Constant)
            and bare
            and bare == text.partition(":")[0]
            and text != second.value
        ):
            second.value = text
            touched += 1
    return touched


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
