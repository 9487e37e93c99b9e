"""What loading would import, call or change, held against what is known to be harmless."""

from collections.abc import Iterator

from weigh.core.facts import CallableUse, FileFacts
from weigh.core.finding import Confidence, Finding, Severity


def findings_of_callables(facts: FileFacts) -> Iterator[Finding]:
    """The findings about what one file's loading would import, call or change; its members left out."""
    for use in facts.callables:
        yield _unknown(facts.path, use)


def _unknown(path: str, use: CallableUse) -> Finding:
    return Finding(
        "WGH-C001",
        Severity.HIGH,
        Confidence.MEDIUM,
        f"{path} at byte {use.offset}",
        f"loading would {use.how} {use.module}.{use.name}",
        "code chosen by whoever made the file would run with your rights",
        "ask for the weights in a format that holds no code, such as safetensors",
        ("CWE-502",),
    )
