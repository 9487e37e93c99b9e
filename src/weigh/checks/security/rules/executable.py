"""Rules of native programs and of Parquet (docs/formats/executable.md)."""

from weigh.checks.security.rule import ASK, REFETCH, Rule
from weigh.core.finding import Confidence, Severity

RULES: dict[str, Rule] = {
    "WGH-EX001": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a file is machine code",
        "what it does cannot be told without running it",
        "use it only from a publisher you trust to run programs on this machine",
        ("CWE-829",),
    ),
    "WGH-EX002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a program has the name of a model, a picture or a document",
        "it hides what it is, and a click or a loader may start it",
        ASK,
        ("CWE-434", "CWE-646"),
    ),
    "WGH-EX003": Rule(
        Severity.LOW,
        Confidence.MEDIUM,
        "an archive follows a program (llamafile, self-extracting archives)",
        "the members are read; the program is not",
        "use the weights without the program where you can",
        ("CWE-829",),
    ),
    "WGH-EX004": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a Parquet file has no footer",
        "it was damaged or cut off on its way",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-EX005": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a Parquet schema names an extension type that pyarrow below 14.0.1 unpickles",
        "reading the table runs code that the file holds",
        ASK,
        ("CWE-502", "CVE-2023-47248", "GHSA-5wvp-7f3h-6wmm"),
    ),
}
