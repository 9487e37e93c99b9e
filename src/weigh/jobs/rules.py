"""Every rule weigh knows, as the documentation and `weigh explain` tell them.

Rules of the security check stand in tables. The other checks write theirs out where they make the finding;
those are read from the package's own source as a syntax tree, so that text and behaviour cannot drift apart.
"""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from weigh.checks.security.rule_table import RULES
from weigh.checks.table import QUESTIONS
from weigh.core.check import Check
from weigh.core.errors import NotFoundError

_SOURCE = Path(__file__).resolve().parents[1]
_SEVERITIES = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")
_BEFORE = ("security", "compatibility")
_AFTER = ("sign-off", "watch", "data", "features", "trial", "decision", "profile")
_ORDER = (*_BEFORE, *(q.check.id for q in QUESTIONS), *_AFTER)
"""Questions of the job in their order; any other comes last."""
_IMPORTED = re.compile(r"^from (weigh\.[\w.]+) import", re.MULTILINE)
_FIELDS = ("rule", "severity", "confidence", "where", "message", "why", "action", "references")


@dataclass(frozen=True, slots=True)
class ToldRule:
    """One rule.

    Attributes:
        id: e.g. `WGH-S012`.
        check: id of the check that finds it.
        severity: all a hit can have, mildest first.
        confidence: likewise.
        means: what breaks it; "" where the finding itself says so.
        why: why it matters.
        action: what to do; "" where it depends on the case.
        references: CWE, CVE, GHSA ids.
    """

    id: str
    check: str
    severity: str
    confidence: str
    means: str
    why: str
    action: str
    references: tuple[str, ...] = ()


def explain(name: str) -> ToldRule:
    """The rule of that id, however it is capitalised.

    Raises:
        NotFoundError: there is none; near ones are named.
    """
    wanted = name.upper() if name.upper().startswith("WGH-") else f"WGH-{name.upper()}"
    if wanted in RULES:
        return _of_table(wanted)
    known = {rule.id: rule for rule in all_rules(all_checks())}
    if wanted not in known:
        near = get_close_matches(wanted, known, n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "docs/reference/checks.md lists all rules"
        raise NotFoundError(f"there is no rule {name!r}", hint=hint)
    return known[wanted]


def all_checks() -> list[Check[object]]:
    """Every CHECK that a module of weigh defines, in the order of the job."""
    found = []
    for path in sorted(_SOURCE.rglob("*.py")):
        if any(line.startswith("CHECK:") for line in path.read_text(encoding="utf-8").splitlines()):
            check = importlib.import_module(_dotted(path)).CHECK
            assert isinstance(check, Check)
            found.append(check)
    return sorted(found, key=lambda c: (_ORDER.index(c.id) if c.id in _ORDER else len(_ORDER), c.id))


def all_rules(found: Iterable[Check[object]]) -> list[ToldRule]:
    """The security table, and every finding that is written out in the source."""
    checks = tuple(found)
    rules = {(name, "security"): _of_table(name) for name in RULES}
    for check in checks:
        for module in _own_modules(check, {c.module for c in checks} - {check.module}):
            for rule in _written_out(_file(module), check):
                rules.setdefault((rule.id, check.id), rule)
    return sorted(rules.values(), key=lambda rule: rule.id)


def _of_table(name: str) -> ToldRule:
    rule = RULES[name]
    return ToldRule(
        name, "security", rule.severity.value, rule.confidence.value,
        rule.means, rule.why, rule.action, rule.references,
    )  # fmt: skip


def _own_modules(check: Check[object], others: set[str]) -> list[str]:
    """The check's module and what it imports from its own folder, other checks left out."""
    folder = check.module.rpartition(".")[0] + "."
    seen: set[str] = set()
    waiting = [check.module]
    while waiting:
        module = waiting.pop()
        if module not in seen | others and _file(module).is_file():
            seen.add(module)
            imported = _IMPORTED.findall(_file(module).read_text(encoding="utf-8"))
            waiting += [name for name in imported if name.startswith(folder)]
    return sorted(seen)


@lru_cache(maxsize=256)
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _written_out(path: Path, check: Check[object]) -> Iterator[ToldRule]:
    """The findings whose rule stands as a literal in the call."""
    for node in ast.walk(_tree(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"):
            continue
        given = dict(zip(_FIELDS, node.args, strict=False)) | {k.arg: k.value for k in node.keywords if k.arg}
        rule = _literal(given.get("rule"))
        if rule:
            yield ToldRule(
                rule,
                check.id,
                _members(given["severity"]),
                _members(given["confidence"]) or "stated with the finding",
                "",
                _literal(given.get("why")) or "stated with the finding",
                _literal(given.get("action")),
            )


def _literal(expression: ast.expr | None) -> str:
    told = expression.value if isinstance(expression, ast.Constant) else ""
    return told if isinstance(told, str) else ""


def _members(expression: ast.expr) -> str:
    """Names of the enum members in an expression, mildest first."""
    used = {n.attr for n in ast.walk(expression) if isinstance(n, ast.Attribute) and n.attr in _SEVERITIES}
    return " or ".join(name.lower() for name in _SEVERITIES if name in used)


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(_SOURCE.parent).with_suffix("").parts)


def _file(module: str) -> Path:
    return _SOURCE.parent.joinpath(*module.split(".")).with_suffix(".py")
