"""The text of a pull request that updates models: what changed, for a person who must say yes (Markdown).

Everything in it was written by strangers, so names are only ever text (`markdown.text`), and the whole is
bounded: hosts refuse bodies above 65,536 characters (GitHub's limit on the body of a pull request).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from weigh.core.change import CodeChange, LockChange, ModelChange
from weigh.render.diff_screen import (
    code_lines,
    counts,
    file_line,
    summary,
    tensor_counts,
    tensor_line,
    turned,
    value_line,
)
from weigh.render.markdown import text

MOST_CHARACTERS = 60_000
"""Bound on the whole text, below the 65,536 of hosts."""
MOST_ROWS = 30
MOST_CODE = 120
T = TypeVar("T")


def pull_request(change: LockChange, words: Mapping[str, str]) -> str:
    """The Markdown of an update.

    Args:
        change: what differs between the lock before and after.
        words: for each new file, `section path`, the word of the scan and its first reason.
    """
    blocks = [*_head(change, words), *(block for model in change.models for block in _model(model, words))]
    blocks += list(_list("Calls that could not be resolved", change.calls, turned))
    kept, size = [], 0
    for block in blocks:
        size += len(block) + 1
        if size > MOST_CHARACTERS:
            kept.append("\n*The rest is left out here; `weigh diff` shows all of it.*\n")
            break
        kept.append(block)
    return "\n".join(kept).rstrip("\n") + "\n"


def _head(change: LockChange, words: Mapping[str, str]) -> Iterator[str]:
    yield "## Update of pre-trained models\n"
    yield f"{text(summary(change))}\n"
    bad = {name: word for name, word in words.items() if word.split(" ")[0] != "clean"}
    if not words:
        yield "Scan: there are no new files to look at.\n"
    elif not bad:
        yield f"Scan: {len(words)} new files, all clean; nothing was executed.\n"
    else:
        yield f"Scan: {len(words)} new files, **{len(bad)} not clean**; nothing was executed.\n"
        yield from _list("Not clean", sorted(bad.items()), lambda pair: f"{pair[0]}: {pair[1]}")


def _model(model: ModelChange, words: Mapping[str, str]) -> Iterator[str]:
    yield f"### {text(model.section)}: {model.kind.value}\n"
    yield from _list("Stated", model.statements, turned)
    yield from _list(
        f"Files: {counts(model.files)}",
        model.files,
        lambda file: f"{file_line(file)}{_word(words, f'{model.section} {file.path}')}",
    )
    if model.tensors or model.same_tensors:
        yield f"{text(tensor_counts(model))}\n"
    yield from _list("Tensors", model.tensors, tensor_line)
    yield from _list("Configuration", model.values, value_line)
    for code in model.code:
        yield from _code(code)
    yield from _list("Could not be compared", model.unknown, str)


def _word(words: Mapping[str, str], name: str) -> str:
    return f"  [{words[name]}]" if name in words else ""


def _list(title: str, things: Sequence[T], line: Callable[[T], str]) -> Iterator[str]:
    if not things:
        return
    rows = [f"- {text(line(thing))}" for thing in things[:MOST_ROWS]]
    if len(things) > MOST_ROWS:
        rows.append(f"- and {len(things) - MOST_ROWS} more")
    yield f"**{text(title)}**\n\n" + "\n".join(rows) + "\n"


def _code(code: CodeChange) -> Iterator[str]:
    """A diff in a code block whose fence is longer than any run of backticks inside."""
    lines = list(code_lines(code, whole=False, most=MOST_CODE))
    fence = "`" * max(3, 1 + max((_longest_run(line) for line in lines), default=0))
    yield f"**Code that comes with the model: {text(code.path)}, {code.kind.value}**\n"
    if lines:
        yield "\n".join([f"{fence}diff", *lines, fence]) + "\n"


def _longest_run(line: str) -> int:
    longest = run = 0
    for letter in line:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)
    return longest
