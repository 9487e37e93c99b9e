"""What loading would import, call or change, held against what is known to be harmless.

In this order: what stands in the allow-list and is used as its contract says gives nothing. What stands there
and is used otherwise is looked at by its arguments. What does harm (a module of Python itself that is not
allowed, a function of a known library that no honest file calls, anything reached through modules) is an
attack. What is left is not known, and a person must look.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from weigh.checks.security.callable_evidence import Evidence, evidence_in
from weigh.checks.security.callable_table import (
    Entry,
    Uses,
    allowed,
    dangerous,
    looks_like_class,
    uses_of,
)
from weigh.checks.security.callable_words import MODULES, RE_EXPORTED, REBUILDS, VERBS
from weigh.checks.security.contracts import Contract
from weigh.checks.security.rules.callables import RULES
from weigh.core.facts import CallableUse, FileFacts, Use
from weigh.core.finding import Finding
from weigh.core.symbol import Symbol

UNKNOWN_CALLABLE = "WGH-C001"
PYTHON = "WGH-PK101"
LIBRARY = "WGH-PK102"
ABUSED = "WGH-PK103"
UNUSUAL = "WGH-PK104"
EVIDENT = "WGH-PK105"
TRAVERSED = "WGH-PK106"
CHANGED = "WGH-PK107"
COMPUTED = "WGH-PK108"
CODE_IN_FILE = "WGH-PK109"
EXTENSION = "WGH-PK110"

MAX_FINDINGS = 50
"""Different callables shown of one file, the worst first; the rest are counted."""
_PYTHON_GROUP = "Python's own modules"
_CODE_GROUP = "functions made of code inside the pickle"
_NEW = ".__new__"
_ALIASES = {
    "__builtin__": "builtins",
    "__builtins__": "builtins",
    "copy_reg": "copyreg",
    "exceptions": "builtins",
    "_operator": "operator",
    "_functools": "functools",
    "_collections": "collections",
}
_NUMPY = re.compile(r"numpy\._core(?=\.|\Z)")
_SEVERE = frozenset({PYTHON, LIBRARY, ABUSED, EVIDENT, TRAVERSED, CHANGED, COMPUTED, CODE_IN_FILE})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong with one use: the rule it breaks, and what was seen beside the name."""

    rule: str
    seen: str = ""


def findings_of_callables(facts: FileFacts) -> Iterator[Finding]:
    """The findings about what one file's loading would import, call or change; its members left out."""
    worst: dict[tuple[str, str, str], tuple[CallableUse, Judgement]] = {}
    for use in facts.callables:
        judged = judge(use)
        if judged is not None:
            worst.setdefault((judged.rule, use.module, use.name), (use, judged))
    ordered = sorted(worst.values(), key=lambda pair: pair[1].rule not in _SEVERE)
    for use, judged in ordered[:MAX_FINDINGS]:
        yield _finding(facts.path, use, judged)
    if len(ordered) > MAX_FINDINGS:
        use, judged = ordered[MAX_FINDINGS]
        more = Judgement(judged.rule, f"and {len(ordered) - MAX_FINDINGS} more callables like this")
        yield _finding(facts.path, use, more)


def judge(use: CallableUse) -> Judgement | None:
    """What is wrong with one use of a callable; None when it is known to be harmless."""
    module, name = _plain(use)
    if use.how is Use.CHANGE:
        return _judge_change(module, name)
    entry = _allowed_entry(module, name)
    if entry is not None:
        return _judge_allowed(use, entry)
    return _judge_structure(module, name) or _judge_dangerous(use, module, name) or _judge_unknown(use, name)


def _plain(use: CallableUse) -> tuple[str, str]:
    """Module and name under which the tables know a callable."""
    module = _ALIASES.get(use.module, use.module)
    if module.startswith("numpy._core"):
        module = _NUMPY.sub("numpy.core", module)
    name = use.name.removesuffix(_NEW)
    if name.startswith("torch.") and module.partition(".")[0] == "torch":
        # Python names `torch.channels_last` by its repr, behind whichever module of torch it finds it in
        return "torch", name.removeprefix("torch.")
    return module, name


def _allowed_entry(module: str, name: str) -> Entry | None:
    """The entry of the allow-list, unless a nearer one says that it does harm."""
    exact = allowed().named(module, name)
    if exact is not None:
        return exact
    if dangerous().named(module, name) is not None or "." in name or name.endswith("()"):
        return None
    if name in MODULES or name in VERBS:  # what a library has imported is not its own
        return None
    found = allowed().matching(module, name)
    if found is None:
        return None
    nearer = dangerous().matching(module, name)
    return found[1] if nearer is None or nearer[0] <= found[0] else None


def _judge_allowed(use: CallableUse, entry: Entry) -> Judgement | None:
    """Whether an allowed callable is used in one of the ways its entry allows."""
    uses = uses_of(entry.uses)
    match use.how:
        case Use.IMPORT:
            fine = uses.reference
        case Use.SET_STATE:
            fine = _any_accepts(uses.state, use.arguments)
        case _ if use.name.endswith(_NEW):
            fine = not use.keywords and _any_accepts(uses.new, use.arguments)
        case _:
            fine = not use.keywords and _any_accepts(uses.call, use.arguments)
            if fine and uses.applies:
                return _judge_applied(use)
    return None if fine else _judge_abuse(use, entry, uses)


def _any_accepts(contracts: tuple[Contract, ...], arguments: tuple[Symbol, ...]) -> bool:
    return any(contract.accepts(arguments) for contract in contracts)


def _judge_applied(use: CallableUse) -> Judgement | None:
    """A call that calls its first argument with the tuple in its third: that call is judged on its own."""
    function, _, given = use.arguments[:3]
    module, _, name = function.text.partition(" ")
    inner = CallableUse(module, name, use.offset, Use.CALL, given.items)
    if given.size > len(given.items):
        return Judgement(UNUSUAL, "arguments that are not all known")
    judged = judge(inner)
    if judged is None:
        return None
    return Judgement(ABUSED if judged.rule in _SEVERE else judged.rule, f"to call {module}.{name}")


def _judge_abuse(use: CallableUse, entry: Entry, uses: Uses) -> Judgement:
    if use.how is Use.IMPORT:
        return Judgement(UNUSUAL, "handed on without being called")
    if use.how is Use.CALL and not uses.call and not looks_like_class(use.name):
        rebuilds = REBUILDS.match(use.name.rpartition(".")[2]) is not None
        return Judgement(UNUSUAL if rebuilds else ABUSED, "which honest files only name")
    if uses.strict and all(symbol.whole for symbol in use.arguments):
        return Judgement(ABUSED, entry.group.reason)
    evidence = evidence_in((*use.arguments, *(value for _, value in use.keywords)))
    if use.how is not Use.SET_STATE and evidence is not None:
        return Judgement(ABUSED, _told(evidence))
    return Judgement(UNUSUAL, "with other arguments than an honest file gives")


def _judge_change(module: str, name: str) -> Judgement | None:
    """Something that the stream did not make as a container is changed.

    What changes an imported class or module itself is the reader's to report; here it is what a call gave
    back. A class of the allow-list may be filled, and what a function of somebody's own fills is not known.
    """
    entry = _allowed_entry(module, name)
    if entry is not None:
        return None if uses_of(entry.uses).items else Judgement(CHANGED)
    if module and _judge_structure(module, name) is None and _harm(module, name) is None:
        return Judgement(UNKNOWN_CALLABLE)
    return Judgement(CHANGED)


def _judge_structure(module: str, name: str) -> Judgement | None:
    """What the name itself gives away."""
    if module == "copyreg" and name.startswith("extension "):
        return Judgement(EXTENSION)
    if name == "(computed)" or not module:
        return Judgement(COMPUTED)
    if name.endswith("()"):
        inner = name.removesuffix("()")
        if _harm(module, inner) is not None or _allowed_entry(module, inner) is not None:
            return Judgement(COMPUTED)
        return None
    parts = name.split(".")
    if any(_is_dunder(part) for part in parts):
        return Judgement(TRAVERSED)
    if any(part in MODULES for part in parts) or (len(parts) > 1 and not looks_like_class(parts[0])):
        return Judgement(TRAVERSED)
    return None


def _is_dunder(part: str) -> bool:
    return part.startswith("__") and part.endswith("__")


def _harm(module: str, name: str) -> Entry | None:
    found = dangerous().matching(module, name)
    return dangerous().named(module, name) or (found[1] if found is not None else None)


def _judge_dangerous(use: CallableUse, module: str, name: str) -> Judgement | None:
    """Whether a callable is known to do harm when it is used like this."""
    harm = _harm(module, name)
    if harm is None:
        return None
    if harm.group.title == _PYTHON_GROUP:
        return Judgement(PYTHON)
    by_name = dangerous().named(module, name) is not None
    called = use.how is Use.CALL and (not use.name.endswith(_NEW) or _built_wrongly(use, name))
    if use.how is Use.IMPORT or not (called or by_name):
        return None
    if not by_name and REBUILDS.match(name.rpartition(".")[2]):
        return None
    return Judgement(CODE_IN_FILE if harm.group.title == _CODE_GROUP else LIBRARY, harm.group.reason)


def _built_wrongly(use: CallableUse, name: str) -> bool:
    """Whether an object is made of what is a function by its name, and is given what a function acts on.

    Picklers make objects of classes alone; but compiled classes have names like functions.
    """
    return (
        not looks_like_class(name)
        and evidence_in((*use.arguments, *(v for _, v in use.keywords))) is not None
    )


def _judge_unknown(use: CallableUse, name: str) -> Judgement:
    """Somebody's own class or function, told apart by how the name is written."""
    last = name.rpartition(".")[2]
    called = use.how is Use.CALL and not use.name.endswith(_NEW)
    if not called:
        return Judgement(UNKNOWN_CALLABLE)
    through = not looks_like_class(name) and not RE_EXPORTED.isdisjoint(use.module.split(".")[1:])
    if last in VERBS or through:
        return Judgement(EVIDENT, "a function of that name")
    evidence = evidence_in((*use.arguments, *(value for _, value in use.keywords)))
    if evidence is not None and evidence[0] in _telling(name):
        return Judgement(EVIDENT, _told(evidence))
    return Judgement(UNKNOWN_CALLABLE)


def _telling(name: str) -> tuple[Evidence, ...]:
    """What is evidence: a class may hold an address or a path as a value, a function acts on it."""
    if looks_like_class(name):
        return (Evidence.CODE, Evidence.COMMAND)
    return (Evidence.CODE, Evidence.COMMAND, Evidence.ADDRESS, Evidence.PATH)


def _told(evidence: tuple[Evidence, str]) -> str:
    kind, text = evidence
    return f"with {kind.value}: {text[:60]!r}"


def _finding(path: str, use: CallableUse, judged: Judgement) -> Finding:
    rule = RULES[judged.rule]
    seen = f", {judged.seen}" if judged.seen else ""
    where = path if use.offset < 0 else f"{path} at byte {use.offset}"
    name = f"{use.module}.{use.name}"[:200]
    return Finding(
        judged.rule,
        rule.severity,
        rule.confidence,
        where,
        f"loading would {use.how} {name!r}{seen}",
        rule.why,
        rule.action,
        rule.references,
    )
