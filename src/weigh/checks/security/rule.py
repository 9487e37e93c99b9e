"""What is known of one rule: what breaks it, how bad that is, how sure, why it matters, what to do."""

from dataclasses import dataclass

from weigh.core.finding import Confidence, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Readers report anomalies by its id; nothing here reads bytes.

    A file with a hit that is both CRITICAL and of HIGH confidence is `malicious`: give a rule these two only
    where no honest writer, and no damage on the way, makes such a file.

    Attributes:
        severity: how bad a hit is.
        confidence: how sure a hit is.
        means: what a file does that breaks it, in one clause: "two tensors share bytes".
        why: why it matters.
        action: what to do.
        references: CWE, CVE, GHSA ids.
    """

    severity: Severity
    confidence: Confidence
    means: str
    why: str
    action: str
    references: tuple[str, ...] = ()


REFETCH = "fetch the file again from its source; if it stays like this, do not use it"
ASK = "ask the publisher for a file that keeps to the format, and do not load this one"
SAFE_FORMAT = "ask for the weights in a format that holds no code, such as safetensors"
