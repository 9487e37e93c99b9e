"""The edits themselves, on LibCST's tree: a keyword in the style of its neighbours, or a longer name."""

import re
from collections.abc import Mapping, Sequence

import libcst as cst  # noqa: TID253 - this module is imported only when something is rewritten
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider  # noqa: TID253 - likewise

from weigh.project.rewrite.pins import KEYWORD, Wanted, Way

_LITERAL = re.compile(r"([uU]?)('''|\"\"\"|'|\")(.*)\2\Z", re.DOTALL)
_INDENT = "    "


def apply(module: cst.Module, wanted: Sequence[Wanted]) -> tuple[cst.Module, set[int], Mapping[int, str]]:
    """Apply changes to a module.

    Returns:
        The new module; the places in `wanted` that were done; those that were refused, with the reason.
    """
    wrapper = MetadataWrapper(module)
    transformer = _Pinner(module.code.split("\n"), wanted)
    return wrapper.visit(transformer), transformer.done, transformer.refused


class _Pinner(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, lines: list[str], wanted: Sequence[Wanted]) -> None:
        super().__init__()
        self._lines = lines
        self._wanted: dict[tuple[int, int], list[tuple[int, Wanted]]] = {}
        for place, one in enumerate(wanted):
            assert one.use.span is not None
            self._wanted.setdefault((one.use.span[0], one.use.span[2]), []).append((place, one))
        self.done: set[int] = set()
        self.refused: dict[int, str] = {}

    def leave_Call(  # noqa: N802 - the name LibCST calls
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.Call:
        span = self.get_metadata(PositionProvider, original_node)
        for place, wanted in self._wanted.get((span.start.line, span.end.line), ()):
            if place not in self.done and self._is_at(span, wanted) and _names(original_node, wanted):
                result = _edit(updated_node, wanted)
                if isinstance(result, str):
                    self.refused[place] = result
                else:
                    self.done.add(place)
                    return result
        return updated_node

    def _is_at(self, span: CodeRange, wanted: Wanted) -> bool:
        """Whether a call is the one that was discovered; columns may count characters or UTF-8 bytes."""
        assert wanted.use.span is not None
        line, column, last, end = wanted.use.span
        starts = {span.start.column + 1, self._bytes(line, span.start.column) + 1}
        ends = {span.end.column + 1, self._bytes(last, span.end.column) + 1}
        return column in starts and end in ends

    def _bytes(self, line: int, column: int) -> int:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return len(text[:column].encode("utf-8", "surrogatepass"))


def _names(call: cst.Call, wanted: Wanted) -> bool:
    """Whether the literal that was discovered still stands in the call."""
    return any(_is_name(argument.value, wanted) for argument in call.args)


def _is_name(value: cst.BaseExpression, wanted: Wanted) -> bool:
    if not isinstance(value, cst.SimpleString) or not isinstance(value.evaluated_value, str):
        return False
    text = value.evaluated_value
    if wanted.way is Way.COLON:
        return text.partition(":")[0] == wanted.name
    return text == wanted.name or wanted.name.endswith(f"/{text}")


def _edit(call: cst.Call, wanted: Wanted) -> cst.Call | str:
    """The call with its pin, or why it gets none."""
    if wanted.way is Way.COLON:
        arguments = [_renamed(a, wanted) if _is_name(a.value, wanted) else a for a in call.args]
        return call.with_changes(args=arguments)
    for place, argument in enumerate(call.args):
        if argument.keyword is not None and argument.keyword.value == KEYWORD:
            return _replaced(call, place, wanted.value)
    if any(argument.star for argument in call.args):
        return "the call passes on * or ** arguments, which may hold a revision"
    return _with_keyword(call, wanted.value)


def _renamed(argument: cst.Arg, wanted: Wanted) -> cst.Arg:
    assert isinstance(argument.value, cst.SimpleString)
    return argument.with_changes(value=_literal(argument.value, f"{wanted.name}:{wanted.value}"))


def _literal(like: cst.SimpleString, text: str) -> cst.SimpleString:
    """A string literal quoted as another one; names and commits need no escapes."""
    found = _LITERAL.match(like.value)
    quote = found[2] if found is not None else '"'
    return cst.SimpleString(f"{quote}{text}{quote}")


def _replaced(call: cst.Call, place: int, commit: str) -> cst.Call | str:
    argument = call.args[place]
    absent = isinstance(argument.value, cst.Name) and argument.value.value == "None"
    if isinstance(argument.value, cst.SimpleString):
        value = _literal(argument.value, commit)
    elif absent:
        value = _literal(_style(call), commit)
    else:
        return "its revision is not written at the call"
    arguments = [*call.args[:place], argument.with_changes(value=value), *call.args[place + 1 :]]
    return call.with_changes(args=arguments)


def _style(call: cst.Call) -> cst.SimpleString:
    """A literal of the call, whose quotes the new one takes."""
    strings = [a.value for a in call.args if isinstance(a.value, cst.SimpleString)]
    return strings[0] if strings else cst.SimpleString('""')


def _with_keyword(call: cst.Call, commit: str) -> cst.Call:
    """The call with one more argument, laid out as its neighbours are."""
    *rest, last = call.args
    gap = _gap(call)
    new = cst.Arg(
        value=_literal(_style(call), commit),
        keyword=cst.Name(KEYWORD),
        equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
    )
    if isinstance(last.comma, cst.Comma):
        ending = last.comma.whitespace_after
        comma = last.comma.with_changes(whitespace_after=_keeping_comment(gap, ending))
        own = last.comma.with_changes(
            whitespace_before=cst.SimpleWhitespace(""), whitespace_after=_without_comment(ending)
        )
        new = new.with_changes(comma=own)
        return call.with_changes(args=[*rest, last.with_changes(comma=comma), new])
    ending = last.whitespace_after_arg
    comma = cst.Comma(whitespace_after=_keeping_comment(gap, ending))
    new = new.with_changes(whitespace_after_arg=_without_comment(ending))
    plain = last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
    return call.with_changes(args=[*rest, plain, new])


def _gap(call: cst.Call) -> cst.BaseParenthesizableWhitespace:
    """The space before a new argument: as between the last two, or after the bracket, or one space."""
    if len(call.args) > 1 and isinstance(comma := call.args[-2].comma, cst.Comma):
        return _without_comment(comma.whitespace_after)
    before = call.whitespace_before_args
    if isinstance(before, cst.ParenthesizedWhitespace):
        return _without_comment(before)
    return cst.SimpleWhitespace(" ")


def _without_comment(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """The same line breaks and indentation, without comments and empty lines."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return space
    newline = cst.TrailingWhitespace(newline=space.first_line.newline)
    return cst.ParenthesizedWhitespace(newline, [], space.indent, space.last_line)


def _keeping_comment(
    gap: cst.BaseParenthesizableWhitespace, ending: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """The space before the new argument, with the comments that stood behind the last one."""
    if not isinstance(ending, cst.ParenthesizedWhitespace):
        return gap
    commented = ending.first_line.comment is not None or any(line.comment for line in ending.empty_lines)
    if isinstance(gap, cst.ParenthesizedWhitespace):
        return ending.with_changes(indent=gap.indent, last_line=gap.last_line)
    # The arguments stand in one line and the bracket in the next; a comment must still end its own line.
    return ending.with_changes(last_line=cst.SimpleWhitespace(_INDENT)) if commented else gap
