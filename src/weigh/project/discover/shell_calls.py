"""What one command of a shell loads: a program that is known to load models, or a flag that names one."""

import re

from weigh.core.usage import Certainty
from weigh.project.discover.model_keys import is_model_key, is_other_key, plain_key
from weigh.project.discover.model_names import is_archive_url, ref_of_url
from weigh.project.discover.naming import name_in
from weigh.project.discover.shell_programs import Spec, positionals
from weigh.project.discover.shell_words import Value, Variable, Variables, Word, values_of, without_front
from weigh.project.discover.sightings import Seen, Sightings


def note_call(spec: Spec, words: list[Word], rest: list[Word], scope: Variables, found: Sightings) -> None:
    """Note what a command that is known to load models loads.

    Args:
        spec: its row of the table.
        words: all words of the command.
        rest: those behind its name.
        scope: values of variables.
        found: where uses are noted.
    """
    if spec.skip_when and any(flag in " ".join(word.literal for word in rest) for flag in spec.skip_when):
        return
    arguments = _model_arguments(spec, rest)
    line = words[0].line
    strict = spec.required and spec.only_if is None
    if not arguments and strict and not _asks_only(rest):
        found.unresolved(line, spec.loader, " ".join(w.raw for w in words), "it names no model")
    for word in arguments:
        values = values_of(word, scope)
        for value in values:
            ref = (spec.ref(value.text) or _told_archive(spec, word, value.text)) if value.known else ""
            if ref:
                found.use(
                    line, _with_file(ref, spec, rest), _seen(spec, word, value, rest, scope, len(values))
                )
            elif not value.known and spec.required and (strict or spec.only_if_found(value.text)):
                found.unresolved(line, spec.loader, word.raw, _why(word), partial=value.text)
            elif value.known and strict:
                found.unresolved(line, spec.loader, word.raw, "it has not the form of a model's name")


_FETCHERS = frozenset({"cli:wget", "cli:curl", "cli:aria2c", "cli:axel", "cli:curl.exe"})


def _told_archive(spec: Spec, word: Word, text: str) -> str:
    """The address of an archive into which a variable of models is put, "" for another text."""
    told = any(isinstance(part, Variable) and is_model_key(part.name) for part in word.parts)
    return ref_of_url(text) if told and spec.loader in _FETCHERS and is_archive_url(text) else ""


def _with_file(ref: str, spec: Spec, rest: list[Word]) -> str:
    """A hub's ref with the one file of it that the command names."""
    files = positionals(rest, spec)[1:] if spec.files else []
    one = len(files) == 1 and ref.startswith("hf:") and "#" not in ref
    return f"{ref}#{files[0].literal}" if one and files[0].literal and _whole(files[0]) else ref


_REMOTE_CODE = ("--trust-remote-code", "--trust_remote_code")


def _seen(spec: Spec, word: Word, value: Value, rest: list[Word], scope: Variables, count: int) -> Seen:
    revision = next((v.text for w in _flag_values(rest, spec.revision) for v in values_of(w, scope)), "")
    return Seen(
        spec.loader,
        word.raw,
        value.how,
        Certainty.CALL,
        revision,
        value.line,
        count,
        remote_code=any(one.literal.startswith(_REMOTE_CODE) for one in rest),
    )


def _asks_only(words: list[Word]) -> bool:
    return any(word.literal in {"--help", "-h", "--version"} for word in words)


def _whole(word: Word) -> bool:
    return all(isinstance(part, str) for part in word.parts) and not re.search(r"[*#\s?]", word.literal)


def _why(word: Word) -> str:
    names = [part.name for part in word.parts if isinstance(part, Variable)]
    if not names or not names[0]:
        return "the output of another command"
    if names[0].isdigit() or names[0] in "@*":
        return "an argument of the script"
    return f"the variable {names[0]} is set nowhere in this file"


def _model_arguments(spec: Spec, rest: list[Word]) -> list[Word]:
    if spec.flags:
        found = _flag_values(rest, spec.flags)
        if found or not spec.positional:
            return found
    if not spec.positional:
        return []
    every = positionals(rest, spec)
    return every if spec.every else every[:1]


def _flag_values(words: list[Word], flags: frozenset[str]) -> list[Word]:
    """The values of some flags, written `--flag value` or `--flag=value`."""
    found: list[Word] = []
    for index, word in enumerate(words):
        name, joined, _ = word.literal.partition("=")
        if name not in flags:
            continue
        if joined:
            found.append(without_front(word, len(name) + 1))
        elif index + 1 < len(words) and not words[index + 1].literal.startswith("-"):
            found.append(words[index + 1])
    return found


_PAIR = re.compile(r"\+{0,2}([A-Za-z_][\w./-]*)=")
_WITH_VALUE = frozenset({"-e", "--env", "--build-arg", "-D", "--set", "--set-string", "-v"})


def note_flags(words: list[Word], scope: Variables, found: Sightings, *, claimed: bool) -> None:
    """Note models behind flags such as `--model`, and behind `key=value` words, of any command.

    Args:
        words: of the command.
        scope: values of variables.
        found: where uses are noted.
        claimed: the program is known, and its flags are read already.
    """
    for index, word in enumerate(words[1:], 1):
        text = word.literal
        if text.startswith("-") and not claimed:
            name, value = _flag_of(words, index)
            if value is not None and name.startswith("--") and is_model_key(name) and not is_other_key(name):
                _flag(name, value, words, scope, found)
        elif (pair := _PAIR.match(text)) and not (claimed and words[index - 1].literal not in _WITH_VALUE):
            key = re.split(r"[./]", pair[1])[-1]
            if is_model_key(key) or re.search(r"(?:^|[./])(?:model|llm)[./](?:name|path|id)$", pair[1]):
                _flag(key, without_front(word, pair.end()), words, scope, found)


def _flag_of(words: list[Word], index: int) -> tuple[str, Word | None]:
    """The name of a flag and its value, None where it has none."""
    name, joined, _ = words[index].literal.partition("=")
    if joined:
        return name, without_front(words[index], len(name) + 1)
    return name, words[index + 1] if index + 1 < len(words) else None


def _flag(name: str, word: Word, words: list[Word], scope: Variables, found: Sightings) -> None:
    values = values_of(word, scope)
    stem = plain_key(name)
    revisions = frozenset(
        f"{dash}{text}"
        for dash in ("--",)
        for text in ("revision", "model_revision", "model-revision", f"{stem}_revision", f"{stem}-revision")
    )
    revision = next(
        (v.text for w in _flag_values(words, revisions) for v in values_of(w, scope) if v.known), ""
    )
    for value in values:
        named = name_in(value.text, sure=True, key=name) if value.known else None
        if named is not None:
            seen = Seen(
                "flag", f"{name} {word.raw}", value.how, Certainty.KEY, revision, value.line, len(values)
            )
            found.use(words[0].line, named.ref, seen)
