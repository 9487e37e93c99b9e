"""Does loading this model do more than it says?

Turns what the formats' readers saw into findings: broken invariants, paths that leave the model's
folder, operators that need native code, files this version does not read. Nothing is executed.
"""

from weigh.checks.security.findings import findings_of
from weigh.checks.security.repository import repository_findings
from weigh.checks.security.repository_names import name_findings
from weigh.checks.security.repository_stale import stale_findings
from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.facts import Coverage
from weigh.core.finding import Finding
from weigh.core.gate import Word, judge_file, whole_coverage
from weigh.core.measure import Measure, labelled
from weigh.core.ports import ModelViewPort


def run(view: ModelViewPort, context: Context) -> Evidence:
    """Look at every file of the model."""
    by_file = findings_by_file(view)
    findings = [finding for own in by_file.values() for finding in own]
    for owner, name, version in context.parameters.get("imitating", ()):
        findings += name_findings(owner, name, version)
    words = dict.fromkeys(Word, 0)
    for facts in view.all_facts():
        words[judge_file(facts, by_file[facts.path])] += 1
    files = len(view.snapshot.files)
    measures = tuple(
        Measure("files", n, "count", files, labels=labelled(word=w.value)) for w, n in words.items()
    )
    unread = [f.path for f in view.all_facts() if whole_coverage(f) in {Coverage.UNREAD, Coverage.PARTIAL}]
    if unread:
        # What was not read cannot be passed: neither by this check nor by a policy that rests on it.
        reason = f"{len(unread)} of {files} files not read completely, first {unread[0]}"
        return context.inconclusive(reason, findings=tuple(findings), measures=measures)
    return context.answered(findings=tuple(findings), measures=measures)


def findings_by_file(view: ModelViewPort) -> dict[str, tuple[Finding, ...]]:
    """The findings of every file, by path: its own, and those that only the files together show.

    What is missing has a path that no file has.
    """
    found = {facts.path: list(findings_of(facts)) for facts in view.all_facts()}
    for finding in (*repository_findings(view, view.read), *stale_findings(view.all_facts(), view.read)):
        found.setdefault(finding.where, []).append(finding)
    return {path: tuple(own) for path, own in found.items()}


CHECK: Check[ModelViewPort] = Check(
    id="security",
    question="Does loading this model do more than it says?",
    module=__name__,
    run=run,
    rule_data=(
        "checks/security/allowed_callables.tsv",
        "checks/security/dangerous_callables.tsv",
        "checks/security/known_models.toml",
    ),
)
