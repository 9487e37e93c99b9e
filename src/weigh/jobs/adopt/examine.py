"""Look at the model without running it, and decide whether the gate opens."""

from dataclasses import dataclass

from weigh.checks.security.findings import findings_of
from weigh.checks.security.repository_names import name_findings
from weigh.checks.security.security import CHECK as SECURITY, findings_by_file
from weigh.code.closure import code_digest
from weigh.core.clearance import Clearance
from weigh.core.errors import RefusedError
from weigh.core.evidence import Evidence
from weigh.core.finding import Severity
from weigh.core.gate import Word, judge_file, worst_word
from weigh.core.ref import RefKind, parse_ref
from weigh.core.snapshot import SnapshotFile
from weigh.core.subject import Subject, SubjectKind
from weigh.formats import table
from weigh.formats.reader import FileReader
from weigh.jobs.adopt.bring import Brought
from weigh.jobs.approve import approved_findings
from weigh.jobs.workbench import Workbench
from weigh.project.manifest import Approval
from weigh.store.view import ModelView


@dataclass(frozen=True, slots=True)
class Examined:
    """A model that was looked at.

    Attributes:
        subject: the model, by digest.
        view: its facts.
        security: the evidence of the security check.
        words: the word for each file.
        word: the word for the whole.
    """

    subject: Subject
    view: ModelView
    security: Evidence
    words: dict[str, Word]
    word: Word


def examine(bench: Workbench, model: Brought) -> Examined:
    """Read every file of the model and ask the security check about it."""

    def open_reader(file: SnapshotFile) -> FileReader:
        return FileReader(bench.blobs.path(file.sha256))

    view = ModelView(model.snapshot, open_reader)
    subject = Subject(SubjectKind.MODEL, model.snapshot.digest, model.name)
    security = bench.ask(
        SECURITY, subject, lambda: view, parameters=_imitating(model.refs), inputs=reader_inputs()
    )
    by_file = findings_by_file(view)
    words = {facts.path: judge_file(facts, by_file[facts.path]) for facts in view.all_facts()}
    return Examined(subject, view, security, words, worst_word(words.values()))


def _imitating(refs: tuple[str, ...]) -> dict[str, list[list[str]]]:
    """Published names that look like another's: (owner, name, version) of those refs that a rule is about.

    Only these enter the question, so that the same bytes from an honest place give the same evidence.
    """
    named = []
    for ref in map(parse_ref, refs):
        if ref.kind is RefKind.HF:
            owner, _, name = ref.name.rpartition("/")
            named.append([owner, name, ""])
        elif ref.kind is RefKind.PYPI:
            named.append(["pypi", ref.name, ref.revision])
    hits = [one for one in named if any(name_findings(*one))]
    return {"imitating": hits} if hits else {}


def reader_inputs() -> tuple[tuple[str, str], ...]:
    """What the security check rests on beside its own code: the readers, whose facts it judges."""
    return (("readers", code_digest(table.__name__)),)


def refuse_malicious(examined: Examined) -> None:
    """Stop at a malicious file, whether or not a runtime would ever have opened it.

    Raises:
        RefusedError: there is one.
    """
    malicious = sorted(p for p, word in examined.words.items() if word is Word.MALICIOUS)
    if malicious:
        _refuse(examined, Word.MALICIOUS, malicious)


def pass_gate(
    examined: Examined,
    needed: frozenset[str],
    *,
    accept_review: bool,
    accept_gaps: bool,
    approvals: tuple[Approval, ...] = (),
) -> Clearance:
    """The clearance for the files a runtime is about to open.

    Args:
        examined: the model.
        needed: sha256s of the files that would be opened.
        accept_review: the user accepts needed files that are not clean.
        accept_gaps: the user accepts limits that cannot be enforced.
        approvals: callables that models.toml accepts, each for one very file.

    Raises:
        RefusedError: any file is malicious; or a needed one is broken, or needs review and that was
            not accepted.
    """
    refuse_malicious(examined)
    opened = {f.path for f in examined.view.snapshot.files if f.sha256 in needed}
    broken = sorted(p for p in opened if examined.words[p] is Word.ERROR)
    doubtful = sorted(p for p in opened if examined.words[p] is Word.REVIEW)
    review = [path for path in doubtful if not _approved(examined, path, approvals)]
    if broken:
        _refuse(examined, Word.ERROR, broken)
    if review and not accept_review:
        _refuse(examined, Word.REVIEW, review)
    accepted = [f"--accept-review: {', '.join(review)}"] if review else []
    settled = [path for path in doubtful if path not in review]
    accepted += [f"approved in models.toml: {', '.join(settled)}"] if settled else []
    accepted += ["--accept-sandbox-gaps"] if accept_gaps else []
    return Clearance(needed, tuple(accepted), sandbox_gaps_accepted=accept_gaps)


def _approved(examined: Examined, path: str, approvals: tuple[Approval, ...]) -> bool:
    """Whether what models.toml approves for exactly these bytes leaves nothing to review."""
    facts = examined.view.facts(path)
    sha256 = examined.view.snapshot.file(path).sha256
    _, word = approved_findings(facts, sha256, approvals)
    own = set(findings_of(facts))
    together = (f for f in examined.security.findings if f.where == path and f not in own)
    return word is Word.CLEAN and all(f.severity.rank < Severity.MEDIUM.rank for f in together)


def _refuse(examined: Examined, word: Word, paths: list[str]) -> None:
    first = next((f for f in examined.security.findings if f.where.split(" at byte ")[0] in paths), None)
    hint = first.action if first is not None else "leave the file out of the model"
    if word is Word.REVIEW:
        hint = "look at it, then repeat the command with --accept-review"
    raise RefusedError(
        f"the gate stays closed: {paths[0]} is {_SAID[word]}; nothing was executed",
        why=f"{first.rule} {first.where}: {first.message}" if first is not None else "it was not read",
        hint=hint,
    )


_SAID = {Word.MALICIOUS: "malicious", Word.ERROR: "not what it claims to be", Word.REVIEW: "not clean"}
