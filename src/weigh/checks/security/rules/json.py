"""Rules of json files (docs/formats/json.md)."""

from weigh.checks.security.rule import ASK, REFETCH, Rule
from weigh.core.finding import Confidence, Severity

_DISAGREE = "readers disagree about such a file, so what is checked and what is loaded can differ"
_LOADED = "loading the model imports and runs it with your rights"
_NO_REMOTE = "do not allow remote code for this model, or read the code it names and pin its revision"
_LEAVE = "do not load this model; report it to its source"


def _attack(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.CRITICAL, Confidence.HIGH, means, why, _LEAVE, references)


RULES = {
    "WGH-J001": Rule(
        Severity.HIGH,
        Confidence.HIGH,
        "it is not UTF-8 JSON, or a number has more digits than are read",
        _DISAGREE,
        REFETCH,
        ("CWE-20",),
    ),
    "WGH-J002": _attack(
        "a key stands twice (readers disagree which one counts)", _DISAGREE, "CWE-20", "CWE-436"
    ),
    "WGH-J003": Rule(
        Severity.HIGH, Confidence.HIGH, "it is nested deeper than 64", _DISAGREE, REFETCH, ("CWE-674",)
    ),
    "WGH-J005": Rule(
        Severity.HIGH, Confidence.HIGH, "it is larger than 64 MiB", _DISAGREE, REFETCH, ("CWE-20",)
    ),
    "WGH-J011": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "`auto_map` names code of another repository",
        "code that is not part of this snapshot, and can change at any time, would run",
        _NO_REMOTE,
        ("CWE-829",),
    ),
    "WGH-J012": _attack(
        "the attention or experts implementation is a repository",
        "transformers 4.56 to 5.2 with the kernels package fetches and "
        "runs it without being told to trust remote code",
        "CVE-2026-4372",
        "GHSA-29pf-2h5f-8g72",
        "CWE-829",
    ),
    "WGH-J013": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "it says that remote code is to be trusted",
        "a model must not decide for its user what is trusted",
        _NO_REMOTE,
        ("CWE-829", "CVE-2026-5241"),
    ),
    "WGH-J014": _attack(
        "it says that remote code is to be trusted, and names code of another repository",
        "transformers before 5.5 hands the setting on when it loads a nested configuration (LightGlue)",
        "CVE-2026-5241",
        "GHSA-fgcw-684q-jj6r",
        "CWE-829",
    ),
    "WGH-J015": _attack(
        "a shard, module or class lies outside the model's folder",
        "files of the user's own would be read",
        "CWE-22",
    ),
    "WGH-J016": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "it holds objects of jsonpickle",
        "reading it with jsonpickle makes objects of the classes it names",
        "read it as plain JSON only",
        ("CWE-502",),
    ),
    "WGH-J017": _attack(
        "it holds jsonpickle instructions that call functions, or a dangerous class", _LOADED, "CWE-502"
    ),
    "WGH-J018": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "`_target_` names something of a library that is not known to be harmless",
        "Hydra and its relatives call what `_target_` names",
        "look up what the name does before anything is made from this file",
        ("CWE-470",),
    ),
    "WGH-J019": _attack(
        "`_target_` names a function that runs code or reaches the system", _LOADED, "CWE-470", "CWE-94"
    ),
    "WGH-J020": _attack(
        "a configuration value is Python that reaches the system",
        "loaders that evaluate values run it",
        "CWE-95",
    ),
    "WGH-J021": _attack(
        "the name of a chat template is a path",
        "transformers before 5.10 writes a file under this name when the tokenizer is saved",
        "CVE-2026-9856",
        "GHSA-xrqw-3rrv-vx5w",
        "CWE-22",
    ),
    "WGH-J022": Rule(
        Severity.MEDIUM,
        Confidence.HIGH,
        "there are more than 100 chat templates",
        "the rest was not judged",
        ASK,
    ),
    "WGH-J023": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a value is a file address or a network share",
        "opening it reads the user's own files, or sends the user's name and password hash to a server",
        ASK,
        ("CWE-73", "CWE-918"),
    ),
    "WGH-J024": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a shard of the index is no weight file",
        "a loader would read something else as weights",
        ASK,
        ("CWE-20",),
    ),
}
