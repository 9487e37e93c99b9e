"""Rules of torch checkpoints, TorchScript and torch.export (docs/formats/torch.md)."""

from weigh.checks.security.rule import ASK, REFETCH, SAFE_FORMAT, Rule
from weigh.core.finding import Confidence, Severity

_MEMORY = "torch before 2.10 takes the sizes in the pickle on trust and then reads or writes past the storage"
_HIDDEN = "bytes that no tensor owns can carry something that another program runs"
_BROKEN = "the file is not whole, or not what a writer makes"
_MEMORY_IDS = ("CWE-787", "CVE-2026-24747", "GHSA-63cw-57p8-fm3p")


def _attack(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.CRITICAL, Confidence.HIGH, means, why, ASK, references)


def _damage(means: str) -> Rule:
    return Rule(Severity.HIGH, Confidence.HIGH, means, _BROKEN, REFETCH, ("CWE-20",))


RULES: dict[str, Rule] = {
    "WGH-TO001": _attack("a storage has another size than the pickle says", _MEMORY, *_MEMORY_IDS),
    "WGH-TO002": _attack(
        "a tensor reaches outside its storage, or has a negative size, stride or offset",
        "code that trusts these numbers reads memory that is not the tensor's",
        "CWE-125",
    ),
    "WGH-TO003": _damage("a storage of the checkpoint is missing"),
    "WGH-TO004": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "the archive has a storage that no tensor uses",
        _HIDDEN,
        ASK,
        ("CWE-1286",),
    ),
    "WGH-TO005": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "the pickle asks for something by an id that names no storage",
        "only a loader other than torch's own can know what such an id stands for",
        ASK,
        ("CWE-502",),
    ),
    "WGH-TO006": _attack(
        "two records differ in upper and lower case only",
        "torch looks records up without regard to case, others do not: they read different ones",
        "CWE-178",
        "CWE-694",
    ),
    "WGH-TO007": _attack("one storage is given two sizes", _MEMORY, *_MEMORY_IDS),
    "WGH-TO008": _attack(
        "TorchScript source uses an operator that reads or writes files, or reaches other machines",
        "the interpreter runs it as soon as the model is called, and it is no part of a computation",
        "CWE-73",
    ),
    "WGH-TO009": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "TorchScript source uses an operator of a library that is not known, or renames a namespace",
        "the operator is native code that has to be loaded first",
        "find out which library brings the operator, and whether you trust it",
        ("CWE-829",),
    ),
    "WGH-TO010": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "TorchScript source is no plain text",
        "what is checked and what is run can differ",
        ASK,
        ("CWE-436",),
    ),
    "WGH-TO011": _damage("one of the five streams of an old checkpoint is wrong or does not end"),
    "WGH-TO012": _damage("the list of storages of an old checkpoint does not fit its object"),
    "WGH-TO013": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "bytes of no known format follow the last storage",
        _HIDDEN,
        ASK,
        ("CWE-1286",),
    ),
    "WGH-TO014": _attack(
        "a file of another format is appended to a checkpoint", _HIDDEN, "CWE-1286", "CWE-506"
    ),
    "WGH-TO015": _damage("the version or byte order of an archive is none"),
    "WGH-TO016": _damage("an old checkpoint ends before its last storage"),
    "WGH-TO017": _attack(
        "a storage or tensor claims more elements than can be counted in 63 bits",
        "a reader that multiplies these numbers reserves too little and writes past it",
        "CWE-190",
    ),
    "WGH-TO018": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "the archive is a torch.package",
        "loading it imports the Python source that it brings",
        SAFE_FORMAT,
        ("CWE-94",),
    ),
    "WGH-TO020": _damage("a part of a checkpoint in a tar does not hold what it should"),
    "WGH-TO019": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "the description of exported weights cannot be followed",
        "which bytes are weights is not known",
        ASK,
        ("CWE-20",),
    ),
}
