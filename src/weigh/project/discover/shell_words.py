"""Commands of a shell text as words, and what the variables in them may stand for. Nothing is run.

Source: POSIX.1-2017, Shell Command Language (2.2 quoting, 2.3 tokens, 2.6.2 parameter expansion, 2.7.4
here-documents). Variables of make (`$(NAME)`), of GitHub expressions (`${{ env.NAME }}`) and of just
(`{{name}}`) are read as well, for shell text stands in their files.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

MAX_WORDS = 50_000
MAX_DEPTH = 8
MAX_ALTERNATIVES = 64


@dataclass(frozen=True, slots=True)
class Variable:
    """A part of a word that is known only when it runs; `default` where the text gives one."""

    name: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command.

    Attributes:
        parts: literal texts and variables, in order.
        line: counted from 1 within the text.
        raw: as it stands.
    """

    parts: tuple[str | Variable, ...]
    line: int
    raw: str

    @property
    def literal(self) -> str:
        """Its text with `{}` for what is not known."""
        return "".join(part if isinstance(part, str) else "{}" for part in self.parts)


@dataclass(slots=True)
class Command:
    """One simple command.

    Attributes:
        words: in order; redirections are left out.
        here: text of a here-document fed to it, "" when there is none.
        here_line: line on which that text begins.
    """

    words: list[Word] = field(default_factory=list)
    here: str = ""
    here_line: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    """What a word may stand for: a text, the way it was found, and the line of the literal."""

    text: str
    how: tuple[str, ...]
    line: int
    known: bool = True


_SPACE = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_END = re.compile(r"\n|;;?|&&|\|\|?|&(?!>)|\(|\)")
_REDIRECT = re.compile(r"\d?(?:>>|>\||<>|[<>]&?|&>>?)(?!\()\s*")
_HERE = re.compile(r"\d?<<(-?)[ \t]*(['\"]?)([\w.-]+)\2")
_NAME = re.compile(r"\$(?:(\w+)|([@*#?!$-]))")
_BRACED = re.compile(
    r"\$\{([A-Za-z_]\w*|\d+|@|\*)(?:\[[^\]]*\])?(?:(:?[-=])((?:[^{}]|\$\{[^{}]*\})*)|[^{}]*)\}"
)
_EXPRESSION = re.compile(r"\$?\{\{\s*(.{0,300}?)\s*\}\}", re.DOTALL)
_MAKE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
_PLAIN = re.compile(r"[^\s\\'\"`$|&;()<>{]+")
_LIST = re.compile(r"([A-Za-z_]\w*\+?=)\(")
"""An array of bash and its kin: `names=(one two)`."""


class _Lexer:
    """Reads one text once."""

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.at = 0
        self.line = line
        self.inner: list[tuple[str, int]] = []
        self.waiting: list[tuple[Command, str, bool]] = []

    def move(self, end: int) -> str:
        passed = self.text[self.at : end]
        self.line += passed.count("\n")
        self.at = end
        return passed

    def commands(self) -> Iterator[Command]:
        command = Command()
        count = 0
        while self.at < len(self.text) and count < MAX_WORDS:
            if match := _SPACE.match(self.text, self.at):
                self.move(match.end())
            elif self.text[self.at] == "#":
                self.move(_to(self.text, "\n", self.at))
            elif match := _HERE.match(self.text, self.at):
                self.waiting.append((command, match[3], bool(match[1])))
                self.move(match.end())
            elif match := _REDIRECT.match(self.text, self.at):
                self.move(match.end())
                self.word()
            elif match := _END.match(self.text, self.at):
                self.move(match.end())
                if match[0] == "\n" and self.waiting:
                    self._here()
                if command.words:
                    yield command
                command = Command()
            else:
                count += self._words(command)
        if command.words:
            yield command

    def _words(self, command: Command) -> int:
        """Read the word that begins here, or the items of an array, each as a setting of its name.

        Returns:
            how many words they are.
        """
        opened = _LIST.match(self.text, self.at)
        if opened is None:
            command.words.append(self.word())
            return 1
        setting = opened[1]
        self.move(opened.end())
        before = len(command.words)
        while self.at < len(self.text) and len(command.words) - before < MAX_WORDS:
            character = self.text[self.at]
            if character == ")":
                self.move(self.at + 1)
                break
            if character.isspace() or self.text.startswith(("\\\n", "\\\r\n"), self.at):
                self.move(self.at + (1 if character.isspace() else 2))
            elif character == "#":
                self.move(_to(self.text, "\n", self.at))
            else:
                word = self.word()
                parts = tuple(_merged([setting, *word.parts]))
                command.words.append(Word(parts, word.line, setting + word.raw))
        return max(1, len(command.words) - before)

    def _here(self) -> None:
        for command, mark, tabs in self.waiting:
            start, first = self.at, self.line
            body: list[str] = []
            while self.at < len(self.text):
                row = self.move(_to(self.text, "\n", self.at) + 1).rstrip("\r\n")
                if (row.lstrip("\t") if tabs else row).strip() == mark:
                    break
                body.append(row)
            if start < self.at:
                command.here, command.here_line = "\n".join(body), first
        self.waiting.clear()

    def word(self) -> Word:
        """The word that begins here; at least one character is passed."""
        start, line = self.at, self.line
        parts: list[str | Variable] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\r\n;|&()<>" or self.text.startswith("\\\n", self.at):
                break
            self._part(parts, character)
        if self.at == start:
            self.move(start + 1)
        return Word(tuple(_merged(parts)), line, self.text[start : self.at])

    def _part(self, parts: list[str | Variable], character: str) -> None:
        if character == "'":
            end = _to(self.text, "'", self.at + 1)
            parts.append(self.move(end + 1)[1:].removesuffix("'"))
        elif character == '"':
            self.move(self.at + 1)
            self._double(parts)
        elif character == "\\":
            parts.append(self.move(self.at + 2)[1:])
        elif character in "$`{":
            self._dollar(parts)
        elif match := _PLAIN.match(self.text, self.at):
            parts.append(self.move(match.end()))
        else:
            parts.append(self.move(self.at + 1))

    def _double(self, parts: list[str | Variable]) -> None:
        while self.at < len(self.text) and self.text[self.at] != '"':
            character = self.text[self.at]
            if character == "\\":
                passed = self.move(self.at + 2)
                parts.append("" if passed[1:] == "\n" else passed[1:] if passed[1:] in '"\\$`' else passed)
            elif character in "$`{":
                self._dollar(parts)
            else:
                end = min(
                    (e for e in (self.text.find(c, self.at) for c in '"\\$`{') if e >= 0),
                    default=len(self.text),
                )
                parts.append(self.move(end))
        parts.append("")
        self.move(self.at + 1)

    def _dollar(self, parts: list[str | Variable]) -> None:
        """A variable, an expression or a command in a word."""
        text, at = self.text, self.at
        if match := _EXPRESSION.match(text, at):
            parts.append(_expression(match[1]))
            self.move(match.end())
        elif match := _BRACED.match(text, at):
            parts.append(Variable(match[1], match[3] if match[2] else None))
            self.move(match.end())
        elif match := _MAKE.match(text, at):
            parts.append(Variable(match[1]))
            self.move(match.end())
        elif text.startswith(("$(", "`"), at):
            self._substitution()
            parts.append(Variable(""))
        elif text.startswith("$$", at) and (match := re.compile(r"\$\$\{?(\w+)\}?").match(text, at)):
            parts.append(Variable(match[1]))
            self.move(match.end())
        elif match := _NAME.match(text, at):
            parts.append(Variable(match[1] or match[2]))
            self.move(match.end())
        else:
            parts.append(self.move(at + 1))

    def _substitution(self) -> None:
        """Set a command inside a word aside; it is read as a text of its own."""
        if self.text[self.at] == "`":
            end = _to(self.text, "`", self.at + 1)
            self.inner.append((self.text[self.at + 1 : end], self.line))
            self.move(end + 1)
            return
        depth, end = 0, self.at + 1
        while end < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[end], 0)
            end += 1
            if depth == 0:
                break
        self.inner.append((self.text[self.at + 2 : end - 1], self.line))
        self.move(end)


def _to(text: str, mark: str, start: int) -> int:
    at = text.find(mark, start)
    return len(text) if at < 0 else at


def _merged(parts: Sequence[str | Variable]) -> Iterator[str | Variable]:
    held = ""
    seen = False
    for part in parts:
        if isinstance(part, str):
            held += part
            seen = True
            continue
        if held:
            yield held
        held, seen = "", False
        yield part
    if held or seen:
        yield held


_GITHUB_NAME = re.compile(r"(?:env|inputs|vars|matrix|github\.event\.inputs)\.([\w-]+)|([A-Za-z_]\w*)")
_GITHUB_DEFAULT = re.compile(r"(?:\|\||default)\s*\(?\s*['\"]([^'\"]*)['\"]")


def _expression(text: str) -> Variable:
    name = _GITHUB_NAME.match(text)
    default = _GITHUB_DEFAULT.search(text)
    return Variable((name[1] or name[2]) if name else "", default[1] if default else None)


def shell_commands(text: str, *, line: int = 1, depth: int = 0) -> Iterator[Command]:
    """Every simple command of a text, those inside `$( )` and backticks among them. Never raises.

    Args:
        text: of a script, or of one command line.
        line: number of its first line.
        depth: of nesting, bounded by MAX_DEPTH.
    """
    lexer = _Lexer(text, line)
    yield from lexer.commands()
    if depth < MAX_DEPTH:
        for inner, at in lexer.inner:
            yield from shell_commands(inner, line=at, depth=depth + 1)


def plain_word(text: str, line: int) -> Word:
    """A word that no shell reads, such as an item of a list of arguments."""
    parts = next((command.words[0].parts for command in shell_commands(f'"{_escaped(text)}"')), (text,))
    return Word(parts, line, text)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")


_QUOTES = "\"'"
Variables = Mapping[str, Sequence[Value]]


def values_of(word: Word, variables: Variables, depth: int = 0) -> list[Value]:
    """What a word may stand for. An unknown part gives a value that is not known, with `{}` in its place."""
    choices = [
        [Value(part, ("literal",), word.line)]
        if isinstance(part, str)
        else _variable(part, word, variables, depth)
        for part in word.parts
    ]
    found: list[Value] = []
    for picked in product(*choices):
        line = next((v.line for v in picked if v.how != ("literal",)), word.line)
        how = next((v.how for v in picked if v.how != ("literal",)), ("literal",))
        found.append(Value("".join(v.text for v in picked), how, line, all(v.known for v in picked)))
        if len(found) >= MAX_ALTERNATIVES:
            break
    return list(dict.fromkeys(found))


def _variable(part: Variable, word: Word, variables: Variables, depth: int) -> list[Value]:
    found = list(variables.get(part.name, ())) if part.name else []
    if part.default is not None and depth < MAX_DEPTH:
        inner = next(iter(shell_commands(f'"{_escaped(part.default.strip(_QUOTES))}"')), None)
        values = (
            values_of(inner.words[0], variables, depth + 1) if inner else [Value("", ("default",), word.line)]
        )
        found += [Value(v.text, ("default",), word.line, v.known) for v in values if v.text or not found]
    return found[:MAX_ALTERNATIVES] or [Value("{}", ("variable",), word.line, known=False)]


def without_front(word: Word, size: int) -> Word:
    """A word without its first characters, which are literal."""
    parts: list[str | Variable] = []
    for part in word.parts:
        if isinstance(part, str) and size:
            cut = min(size, len(part))
            size -= cut
            if cut < len(part):
                parts.append(part[cut:])
        else:
            parts.append(part)
    return Word(tuple(parts) or ("",), word.line, word.raw)
