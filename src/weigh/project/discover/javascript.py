"""Models that JavaScript and TypeScript load: transformers.js, TensorFlow.js, ONNX Runtime, hosted models.

A call that is known to load a model is reported as unresolved where its model cannot be found out, and also
where only some of its models can. Besides the calls, a key that names a model and a text that can hardly be
anything else count with less certainty.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from weigh.code.word_lists import words
from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.javascript_loaders import Loader, ai_sdk_factories, loader_of
from weigh.project.discover.javascript_program import (
    Outside,
    Program,
    Text,
    arguments,
    expression_end,
    program_of,
    properties,
    source,
)
from weigh.project.discover.javascript_tasks import PACKAGES, is_task, models_of_task
from weigh.project.discover.javascript_values import texts
from weigh.project.discover.javascript_words import tokens_of
from weigh.project.discover.model_keys import is_model_key, is_other_key
from weigh.project.discover.model_name_words import PROVIDERS
from weigh.project.discover.model_names import is_hub_id, is_weights_url
from weigh.project.discover.naming import name_in
from weigh.project.discover.page_choices import note_choices
from weigh.project.discover.shell_programs import hub_ref
from weigh.project.discover.sightings import Seen, Sightings

MAX_BYTES = 4 * 1024 * 1024
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_TRANSFORMERS = re.compile(r"@(?:xenova|huggingface)/transformers|transformers(?:\.min)?\.js|transformers@")
_WORTH = re.compile(
    rb"transformers|from_pretrained|tensorflow|tfjs|tf\.load|onnx|ort\.|huggingface|openai|anthropic|@ai-sdk|gemini|gpt-"
    rb"|Pipeline\(|MODEL|langchain|\.ai\.Session|claude|ollama|web-llm|mlc|MLC|ml5|face-?api|[mM]odel"
    rb"|\.(?:onnx|gguf|safetensors|tflite|pth?)\b|llama|mistral|Xenova",
)
_PAGES = (".vue", ".svelte", ".html", ".htm", ".astro")
_PIPELINE = Loader("transformers.js.pipeline", 1, (), hub_ref, 2)


@dataclass(frozen=True, slots=True)
class _Script:
    """A script with what is asked of it again and again; `taken` are the texts that calls account for."""

    program: Program
    text: str
    factories: dict[str, str]
    taken: set[int] = field(default_factory=set)


def read_javascript(data: bytes, path: str, role: Role, *, outside: Outside | None = None) -> FileUses:
    """The models that a script, a component or the scripts of a page load. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path; of `.vue`, `.svelte`, `.astro` and `.html` only the scripts are read.
        role: what the file is for.
        outside: what other files of the project say about it.
    """
    found = Sightings(path, role)
    if outside is None and not _WORTH.search(data):
        return found.result()
    program = script_program(data, path, found)
    if program is not None:
        program.outside = outside or Outside()
        text = data.decode("utf-8-sig", errors="replace")
        note_script(program, text, found)
    return found.result()


def script_program(data: bytes, path: str, found: Sightings) -> Program | None:
    """The program of a script, None with a note where it is too large or no source."""
    if len(data) > MAX_BYTES:
        found.unread(f"a script is read up to {MAX_BYTES} bytes")
        return None
    text = data.decode("utf-8-sig", errors="replace")
    if _is_minified(text):
        found.unread("it is minified, and so no source")
        return None
    if path.lower().endswith(_PAGES):
        text = _scripts(text, path)
    return program_of(tokens_of(text))


def is_worth_reading(data: bytes) -> bool:
    """Whether a script can name a model at all."""
    return _WORTH.search(data) is not None


def note_script(program: Program, text: str, found: Sightings) -> None:
    """Note the models of a program.

    Args:
        program: of the script.
        text: of the whole file.
        found: where they are noted.
    """
    script = _Script(program, text, ai_sdk_factories(program))
    _imports(program, found)
    for name, places in program.calls.items():
        for opened in places:
            _call(script, name, opened, found)
    _keys(program, script.taken, found)
    _looks(program, script.taken, found)
    if found.path.lower().endswith(_PAGES):
        note_choices(text, found)


def _is_minified(text: str) -> bool:
    return len(text) > 20_000 and len(text) / (text.count("\n") + 1) > 1_000


def _scripts(text: str, path: str) -> str:
    """The scripts of a page, at their own lines; the front part of an Astro file is one too."""
    kept = list(re.sub(r"[^\n]", " ", text))
    for match in _SCRIPT.finditer(text):
        kept[match.start(1) : match.end(1)] = match[1]
    if path.lower().endswith(".astro") and (front := re.match(r"---\n(.*?)\n---", text, re.DOTALL)):
        kept[front.start(1) : front.end(1)] = front[1]
    return "".join(kept)


def _callee(program: Program, at: int) -> str:
    """The dotted name before a bracket, from the name next to it backwards."""
    tokens = program.tokens
    parts = [tokens[at].text]
    while at >= 2 and tokens[at - 1].text in {".", "?."} and tokens[at - 2].kind == "name":
        at -= 2
        parts.append(tokens[at].text)
    if at >= 2 and tokens[at - 1].text in {".", "?."}:
        parts.append("")
    return ".".join(reversed(parts))


def _call(script: _Script, name: str, opened: int, found: Sightings) -> None:
    callee = _callee(script.program, opened - 1)
    if name == "pipeline":
        _pipeline(script, callee, opened, found)
        return
    if name.lower().endswith("pipeline") and _hands_on(script.program, opened):
        _load(script, _PIPELINE, opened, found)
        return
    loader = loader_of(callee, script.text, script.factories)
    if loader is not None:
        _load(script, loader, opened, found)


def _argument(program: Program, opened: int, position: int) -> tuple[int, int] | None:
    places = arguments(program, opened)
    if position >= len(places):
        return None
    start = places[position]
    end = min(expression_end(program, start), program.ends.get(opened, len(program.tokens)))
    return start, end


def _hands_on(program: Program, opened: int) -> bool:
    """Whether a call names a task and a model as `pipeline` takes them: `usePipeline("fill-mask", "a/b")`."""
    task, model = _argument(program, opened, 0), _argument(program, opened, 1)
    if task is None or model is None or model[1] != model[0] + 1 or task[1] != task[0] + 1:
        return False
    first, second = program.tokens[task[0]], program.tokens[model[0]]
    return first.kind == second.kind == "string" and is_task(first.text) and is_hub_id(second.text)


def _pipeline(script: _Script, callee: str, opened: int, found: Sightings) -> None:
    """`pipeline(task, model, options)` of transformers.js; without a model its task implies one.

    Other libraries have a function of this name, so the file must speak of transformers.js, or the first
    argument must be one of its tasks.
    """
    program = script.program
    model, task = _argument(program, opened, 1), _argument(program, opened, 0)
    if task is None:
        return
    tasks = [value for value in texts(program, *task) if value.known]
    ours = _TRANSFORMERS.search(script.text) is not None or "transformers" in callee.lower()
    if not (ours or any(is_task(value.text) for value in tasks)):
        return
    if model is not None and program.word(model[0]) not in {"null", "undefined"}:
        _load(script, _PIPELINE, opened, found)
        return
    line = program.tokens[opened - 1].line
    expression = f"pipeline({source(program, *task)})"
    models = [one for value in tasks for one in models_of_task(value.text, script.text)]
    for one in models:
        seen = Seen(_PIPELINE.name, expression, ("implied",), alternatives=len(models))
        found.use(line, f"hf:{one}", seen)
    if not models:
        why = "its task is not known, and it names no model"
        found.unresolved(line, _PIPELINE.name, expression, why)


def _load(script: _Script, spec: Loader, opened: int, found: Sightings) -> None:
    """Note what one call loads."""
    program = script.program
    if spec.needs is not None and not spec.needs.search(script.text):
        return
    place = _argument(program, opened, spec.position)
    if place is None:
        _default(spec, program, opened, found)
        return
    if spec.name.startswith("ai-sdk.") and program.mark(place[0]) == "{":
        return
    line = program.tokens[opened - 1].line
    start, end = place
    options = _options(program, opened, spec)
    if spec.keys:
        opened_here = program.mark(start) == "{"
        members = properties(program, start) if opened_here else {}
        inner = next((members[key] for key in spec.keys if key in members), None)
        if inner is None:
            if opened_here and not any(token.text == "..." for token in program.tokens[start:end]):
                _default(spec, program, opened, found)
            if spec.strict and (not members or "..." in members):
                why = "its options are put together elsewhere"
                found.unresolved(line, spec.name, source(program, start, end), why)
            return
        start, end = inner, min(expression_end(program, inner), end)
    script.taken.add(start)
    expression = source(program, start, end)
    values = texts(program, start, end)
    if program.mark(start) == "{" and not values:
        inner = properties(program, start).get("name")
        values = texts(program, inner, expression_end(program, inner)) if inner is not None else []
    _noted(spec, line, expression, values, options, found)


def _default(spec: Loader, program: Program, opened: int, found: Sightings) -> None:
    """Note the model that a library takes when the call that makes its object names none."""
    name = program.tokens[opened - 1]
    if spec.default and program.word(opened - 2) == "new":
        found.use(name.line, spec.default, Seen(spec.name, f"new {name.text}()", ("implied",)))


def _noted(
    spec: Loader,
    line: int,
    expression: str,
    values: Sequence[Text],
    options: Mapping[str, str],
    found: Sightings,
) -> None:
    known = [(value, spec.ref(value.text)) for value in values if value.known]
    named = [(value, ref) for value, ref in known if ref]
    file = options.get("path", "") if spec.name == "huggingface.hub" else ""
    for value, ref in named:
        whole = f"{ref}#{file}" if file and "#" not in ref and ref.startswith("hf:") else ref
        seen = Seen(
            spec.name,
            expression,
            value.how,
            Certainty.CALL,
            options.get("revision", ""),
            value.line,
            len(values),
            where_path=value.path,
        )
        found.use(line, whole, seen)
    unknown = [value for value in values if not value.known]
    if not spec.strict or (named and not unknown):
        return
    partial = next((value.text for value in unknown if value.text != "{}"), "")
    if named:
        why = "only some of its values are in this project"
    else:
        why = "it has not the form of a model's name" if known else "its value is not in this project"
    found.unresolved(line, spec.name, expression, why, partial=partial)


def _options(program: Program, opened: int, spec: Loader) -> dict[str, str]:
    place = _argument(program, opened, spec.revision) if spec.revision >= 0 else None
    if place is None or program.mark(place[0]) != "{":
        return {}
    members = properties(program, place[0])
    options: dict[str, str] = {}
    for key in ("revision", "path"):
        if key in members:
            values = texts(program, members[key], expression_end(program, members[key]))
            unknown = "${" + key + "}" if key == "revision" else ""
            options[key] = next((v.text for v in values if v.known), unknown)
    return options


def _imports(program: Program, found: Sightings) -> None:
    """Note packages that bring or fetch a model of their own."""
    for index, token in enumerate(program.tokens):
        if token.kind != "string" or token.text not in PACKAGES or not index:
            continue
        before = program.tokens[index - 1].text
        if before in {"from", "import"} or (
            before == "(" and program.tokens[index - 2].text in {"require", "import"}
        ):
            ref = PACKAGES[token.text]
            found.use(token.line, ref, Seen("npm.import", token.text, ("implied",)))


def _keys(program: Program, taken: set[int], found: Sightings) -> None:
    """Note models under keys of objects and fields of classes that name models."""
    tokens = program.tokens
    for index in range(2, len(tokens)):
        token, mark, key = tokens[index], tokens[index - 1], tokens[index - 2]
        if token.kind not in {"string", "template"} or token.parts[1:] or mark.text not in {":", "="}:
            continue
        if (
            index in taken
            or key.kind not in {"name", "string"}
            or not is_model_key(key.text)
            or is_other_key(key.text)
        ):
            continue
        if tokens[index - 3].text in {"?", "case"} or _is_title(program, index - 2):
            continue
        named = name_in(token.text, sure=True, key=key.text)
        ref, how = (named.ref, named.how) if named else (_at_provider(program, index - 2, token.text), ())
        if ref:
            seen = Seen("javascript.key", f'{key.text}: "{token.text}"', how or ("literal",), Certainty.KEY)
            found.use(token.line, ref, seen)


_COMPARED = words(
    """
    === == !== != case | includes startsWith endsWith indexOf from import require
    """
)


_MOST_BACK = 2_000
"""Tokens that are looked through for the beginning of an object."""


def _object_around(program: Program, at: int) -> int:
    """Where the object around a place is opened, -1 where it is in none."""
    tokens = program.tokens
    depth = 0
    for index in range(at - 1, max(1, at - _MOST_BACK), -1):
        text = tokens[index].text
        if tokens[index].kind == "string":
            continue
        if text in {"}", "]", ")"}:
            depth += 1
        elif text in {"{", "[", "("} and depth:
            depth -= 1
        elif text == "{":
            return index
        elif text in {"[", "("}:
            return -1
    return -1


def _held_by(program: Program, at: int) -> str:
    """The name that the object around a place is given: `models` of `const models = { "a": 1 }`, else ""."""
    tokens = program.tokens
    opened = _object_around(program, at)
    if opened < 2:
        return ""
    end = opened - 1
    if tokens[end].text == ":" and tokens[end - 1].kind in {"name", "string"}:
        return tokens[end - 1].text
    if tokens[end].text != "=":
        return ""
    for place in range(end - 1, max(0, end - _MOST_OF_TYPE), -1):  # `const models: Record<string, Model> = {`
        if tokens[place].text in _DECLARED and tokens[place + 1].kind == "name":
            return tokens[place + 1].text
        if tokens[place].text in {";", "{", "}", "=", "=>"}:
            break
    typed = tokens[end - 2].text in {":", "|", "&"} or tokens[end - 1].kind != "name"
    return "" if typed else tokens[end - 1].text


_DECLARED = frozenset({"const", "let", "var", "static", "readonly"})
_MOST_OF_TYPE = 40
"""Tokens between the name of a declaration and its `=`."""


def _at_provider(program: Program, at: int, text: str) -> str:
    """The hosted model that an object names beside its provider: `{ modelId: "x-7b", provider: "groq" }`."""
    if program.tokens[at].text not in _IDS or not re.fullmatch(r"[a-z][\w.:-]{2,80}", text):
        return ""
    opened = _object_around(program, at)
    held = properties(program, opened).get("provider", -1) if opened >= 0 else -1
    provider = program.tokens[held].text.lower() if held >= 0 else ""
    known = held >= 0 and program.tokens[held].kind == "string" and provider in PROVIDERS
    return f"endpoint:{provider}/{text}" if known else ""


_LABELS = words("name label title displayName display_name")
_TITLES = words("modelName model_name model_title modelTitle")
_IDS = ("modelId", "model_id", "modelID")


def _is_title(program: Program, at: int) -> bool:
    """Whether a key gives the name that people see: its object has the model's id under another key."""
    key = program.tokens[at].text
    if key not in _TITLES and key not in _LABELS:
        return False
    opened = _object_around(program, at)
    members = properties(program, opened) if opened >= 0 else {}
    if key in _TITLES:
        return any(one in members for one in _IDS)
    held = [program.tokens[members[one]] for one in (*_IDS, "id", "value", "model") if one in members]
    return any(one.kind == "string" and name_in(one.text, sure=True) is not None for one in held)


def _is_subscript(program: Program, at: int) -> bool:
    """Whether a text picks an entry: `limits["gpt-4"]`. In `return ["gpt-4"]` it is an entry itself."""
    tokens = program.tokens
    if at < 2 or tokens[at - 1].text != "[" or at + 1 >= len(tokens) or tokens[at + 1].text != "]":
        return False
    held = tokens[at - 2]
    return held.text in {")", "]"} or (
        held.kind == "name" and held.text not in {"return", "of", "in", "yield", "default", "await", "case"}
    )


def _looks(program: Program, taken: set[int], found: Sightings) -> None:
    """Note texts that can hardly be anything but a model's name, where they are neither compared nor keys."""
    tokens = program.tokens
    for index, token in enumerate(tokens):
        if token.kind != "string" or index in taken or not 4 < len(token.text) < 400:
            continue
        before = tokens[index - 1].text if index else ""
        earlier = tokens[index - 2].text if index > 1 else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        opens_key = after == ":" and before in {"{", ","}
        if before in _COMPARED or (before == "(" and earlier in _COMPARED) or after == "|":
            continue
        listed = opens_key and is_model_key(_held_by(program, index))
        if (opens_key and not listed) or _is_subscript(program, index):
            continue
        if before == ":" and _is_title(program, index - 2):
            continue
        if after in {"===", "==", "!==", "!="} or (before == "=" and earlier in {"href", "src", "to"}):
            continue
        named = name_in(token.text, sure=listed and is_hub_id(token.text))
        if named is None:
            continue
        if named.ref.startswith("https:") and not is_weights_url(token.text):
            continue
        found.use(
            token.line, named.ref, Seen("javascript.text", f'"{token.text}"', certainty=Certainty.LOOKS)
        )
