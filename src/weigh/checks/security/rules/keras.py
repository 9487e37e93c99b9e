"""Rules of Keras configurations (docs/formats/keras.md)."""

from weigh.checks.security.rule import ASK, REFETCH, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_CODE = "code chosen by whoever made the file would run with your rights"
_READ = "loading would read or write files that the file's maker chose"
_DISAGREE = "readers disagree about such a file, so what is checked and what is loaded can differ"
_OTHERS = "it works only with code that does not come with the file, and that code would run"

RULES = {
    "WGH-KE001": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a Lambda holds Python bytecode",
        _CODE,
        SAFE_FORMAT,
        ("CWE-502", "CVE-2024-3660", "CVE-2025-9905"),
    ),
    "WGH-KE002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "an object comes from a module that runs, loads or fetches and is no part of Keras",
        _CODE,
        SAFE_FORMAT,
        ("CWE-94", "CVE-2025-1550", "GHSA-48g7-3x6r-xfhp"),
    ),
    "WGH-KE003": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a function of Keras that loads, fetches or unlocks stands where a layer should",
        _CODE,
        SAFE_FORMAT,
        ("CWE-502", "CVE-2025-8747", "CVE-2025-9906"),
    ),
    "WGH-KE004": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a TorchModuleWrapper holds a pickled module",
        _CODE,
        SAFE_FORMAT,
        ("CWE-502", "CVE-2025-49655"),
    ),
    "WGH-KE005": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a TFSMLayer would run a SavedModel from another place",
        _CODE,
        SAFE_FORMAT,
        ("CWE-502", "CVE-2026-1462", "GHSA-4f3f-g24h-fr8m"),
    ),
    "WGH-KE006": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a path or an address leads out of the model's folder",
        _READ,
        ASK,
        ("CWE-73", "CWE-918", "CVE-2025-12058", "GHSA-qg93-c7p6-gg7f"),
    ),
    "WGH-KE007": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "it needs a class or function that is no part of Keras",
        _OTHERS,
        "read that code, or ask for a model of Keras' own layers",
        ("CWE-829",),
    ),
    "WGH-KE008": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a Lambda layer calls a function by its name",
        _OTHERS,
        "read that function, or ask for a model without Lambda layers",
        ("CWE-829",),
    ),
    "WGH-KE009": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a key of the configuration stands twice",
        _DISAGREE,
        ASK,
        ("CWE-436",),
    ),
    "WGH-KE010": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "the configuration is not JSON",
        "what loading would build cannot be known",
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-KE011": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a Keras archive has no `config.json`",
        "what loading would build cannot be known",
        ASK,
        ("CWE-20",),
    ),
    "WGH-KE012": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "a TensorFlow operator in the configuration reads or writes files, or calls Python",
        _CODE,
        SAFE_FORMAT,
        ("CWE-94", "CWE-73"),
    ),
    "WGH-KE013": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "it names another file, or another model to fetch",
        "what that file holds is not looked at here",
        "look at that file as well",
        ("CWE-829",),
    ),
}
