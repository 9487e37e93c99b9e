"""Rules of onnx files (docs/formats/onnx.md)."""

from weigh.checks.security.rule import ASK, REFETCH, Rule
from weigh.core.finding import Confidence, Severity

RULES = {
    "WGH-O001": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "external data is absolute, an address, a memory marker, leaves the folder, or is no plain path",
        "loading would read a file outside the model's folder, chosen by whoever made the model",
        ASK,
        ("CWE-22",),
    ),
    "WGH-O002": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "external data states no valid offset or length, is not there, or does not lie inside its file",
        "the weights it needs are not where it says, so another file could be read in their place",
        REFETCH,
        ("CWE-125",),
    ),
    "WGH-O003": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a tensor does not have the bytes its shape and type need, or has them in several fields",
        "a reader that trusts this size would exhaust memory or read past the file",
        ASK,
        ("CWE-789", "CWE-125"),
    ),
    "WGH-O004": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "an operator is not of a standard set and not a function of the file, or calls Python",
        "a custom operator needs native code from elsewhere, which runs with your rights",
        "find out which library provides the operator, or ask for a model in standard operators",
        ("CWE-829",),
    ),
    "WGH-O005": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "two initializers of one graph have the same name",
        "bytes that no tensor owns, or that two tensors share, can carry something else",
        ASK,
        ("CWE-1286",),
    ),
    "WGH-O006": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a limit is exceeded (below)",
        "a reader that trusts this size would exhaust memory or read past the file",
        ASK,
        ("CWE-789", "CWE-125"),
    ),
    "WGH-O007": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a shape has negative sizes, more than 255 dimensions, or more elements than 63 bits count",
        "a reader that trusts this size would exhaust memory or read past the file",
        ASK,
        ("CWE-789", "CWE-125"),
    ),
    "WGH-O008": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "the encoding is broken, or there is no graph",
        "readers disagree about such a header, so what is checked and what is loaded can differ",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-O009": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "a field that stands once stands twice (parsers merge or take the last)",
        "bytes that no tensor owns, or that two tensors share, can carry something else",
        ASK,
        ("CWE-1286",),
    ),
    "WGH-O010": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "external data has keys the format does not define (loaders have set them as attributes)",
        "some libraries set any attribute a file names, which changes how the model is loaded",
        ASK,
        ("CWE-915",),
    ),
}
