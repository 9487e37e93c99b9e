"""Rules of archives and compressed streams (docs/formats/archives.md)."""

from weigh.checks.security.rule import ASK, REFETCH, Rule
from weigh.core.finding import Confidence, Severity

_DISAGREE = "readers disagree about such an archive, so what is checked and what is loaded can differ"
_WRITES = "unpacking it can write or reach files outside the folder it is unpacked to"
_HIDES = "bytes that no member owns can carry something that one reader sees and another does not"
_EXHAUSTS = "whoever unpacks it can run out of memory or disk"
_DAMAGED = "it was damaged or cut off on its way, or somebody made it look so"
_UNSEEN = "what was not looked at cannot be passed"
_LOOK = "look at the named member before anything is loaded"


def _attack(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.CRITICAL, Confidence.HIGH, means, why, ASK, references)


def _defect(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.HIGH, Confidence.HIGH, means, why, REFETCH, references)


def _suspicion(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.MEDIUM, Confidence.MEDIUM, means, why, _LOOK, references)


def _note(means: str, why: str, *references: str) -> Rule:
    return Rule(Severity.LOW, Confidence.MEDIUM, means, why, "nothing, if the publisher is known", references)


RULES: dict[str, Rule] = {
    "WGH-AR001": _attack(
        "a zip member has one name in the directory and another in its local header",
        _DISAGREE,
        "CWE-436",
        "CVE-2025-1944",
        "GHSA-7q5r-7gvp-wc82",
    ),
    "WGH-AR002": _attack(
        "directory and local header of a zip member state different sizes, methods, checksums or flags",
        _DISAGREE,
        "CWE-436",
        "CVE-2025-1945",
        "GHSA-w8jq-xcqf-f792",
    ),
    "WGH-AR003": _attack("a zip member stands in no directory", _HIDES, "CWE-436"),
    "WGH-AR004": _suspicion("bytes between members belong to none", _HIDES, "CWE-1286"),
    "WGH-AR005": _attack("a name stands twice in an archive, with different content", _DISAGREE, "CWE-694"),
    "WGH-AR006": _attack("a member's name leaves the folder it is unpacked to", _WRITES, "CWE-22"),
    "WGH-AR007": _attack(
        "a member's name holds a NUL, or is spelt differently in two encodings", _DISAGREE, "CWE-436"
    ),
    "WGH-AR008": _attack("a link in an archive points out of it", _WRITES, "CWE-59", "CWE-61"),
    "WGH-AR009": _note("a link in an archive points to another member", "links are rare in model files"),
    "WGH-AR010": _attack(
        "a zip member claims to be encrypted and is not: scanners stop there, loaders do not",
        _DISAGREE,
        "CWE-436",
        "CVE-2025-1945",
        "GHSA-w8jq-xcqf-f792",
    ),
    "WGH-AR011": _suspicion("a member is encrypted", _UNSEEN, "CWE-693"),
    "WGH-AR012": _suspicion("a member is packed by a method that is not read", _UNSEEN, "CWE-693"),
    "WGH-AR013": _attack("two members of a zip share bytes", _DISAGREE, "CWE-1286", "CWE-409"),
    "WGH-AR014": _attack("a member unpacks to more than 200 times its size and 10 MiB", _EXHAUSTS, "CWE-409"),
    "WGH-AR015": _defect("a member does not have the checksum or size it states", _DAMAGED, "CWE-354"),
    "WGH-AR016": _defect("packed bytes cannot be unpacked", _DAMAGED, "CWE-20"),
    "WGH-AR017": _attack("a member unpacks to more than the size it states", _DISAGREE, "CWE-130"),
    "WGH-AR018": _defect("a zip's directory or end record is missing or broken", _DAMAGED, "CWE-20"),
    "WGH-AR019": _attack(
        "a zip has two directories or end records, or its directory can be found in two ways",
        _DISAGREE,
        "CWE-436",
    ),
    "WGH-AR020": _attack(
        "a zip's 64-bit fields contradict the others, or state sizes that no file has",
        _DISAGREE,
        "CWE-130",
        "CVE-2025-8291",
    ),
    "WGH-AR021": _defect(
        "a zip member lies beyond the file, or has no local header where the directory says",
        _DAMAGED,
        "CWE-20",
    ),
    "WGH-AR022": _suspicion("bytes come before the first member of a zip", _HIDES, "CWE-1286"),
    "WGH-AR023": _suspicion("bytes follow the end of an archive or stream", _HIDES, "CWE-1286"),
    "WGH-AR024": _suspicion("an archive has more members than are read", _UNSEEN, "CWE-770"),
    "WGH-AR025": _attack("an archive holds a device or pipe", _WRITES, "CWE-66"),
    "WGH-AR026": _note("an archive has an unusual name or padding", "some tools take it differently"),
    "WGH-AR027": _note("a name stands twice in an archive, with the same content", "writers rarely do so"),
    "WGH-AR028": _attack("a member would be written through a link of the same archive", _WRITES, "CWE-61"),
    "WGH-AR030": _defect("a tar header's checksum is wrong", _DAMAGED, "CWE-354"),
    "WGH-AR031": _attack(
        "a tar header and the extended header before it state different sizes",
        _DISAGREE,
        "CWE-436",
        "CVE-2025-62518",
        "GHSA-j5gw-2vrg-8fgx",
        "CVE-2026-33055",
    ),
    "WGH-AR032": _attack(
        "a tar member stands after the archive's end or behind a broken header", _HIDES, "CWE-436"
    ),
    "WGH-AR033": _note("no empty block closes a tar", "some writers leave it out; a cut file can look so"),
    "WGH-AR034": _defect("a tar member claims more bytes than the file has", _DAMAGED, "CWE-20"),
    "WGH-AR035": _defect("an extended tar header is broken or larger than 1 MiB", _DAMAGED, "CWE-20"),
    "WGH-AR036": _attack(
        "a tar member claims a size below nought or beyond any file", _EXHAUSTS, "CWE-190", "CWE-789"
    ),
    "WGH-AR037": _note("a tar member is of an unusual kind", "some tools take it differently"),
    "WGH-AR038": _suspicion(
        "a tar member is stored with holes, which are not filled here", _UNSEEN, "CWE-693"
    ),
    "WGH-AR040": _defect("a 7z header is broken", _DAMAGED, "CWE-20"),
    "WGH-AR041": _attack(
        "a 7z header states counts or sizes that its bytes cannot hold", _EXHAUSTS, "CWE-190", "CWE-789"
    ),
    "WGH-AR042": _suspicion(
        "a 7z entry deletes a file where it is unpacked",
        "archives of models have nothing to delete",
        "CWE-73",
    ),
}
