"""XML files: models (PMML, OpenVINO), cascades of OpenCV, drawings, settings; told apart by their root.

Nothing is expanded or opened. A document type is an attack in a model, where no writer puts one; elsewhere it
is judged by what its entities would do.
"""

import re
from collections.abc import Callable

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, ExternalReference, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.xml_judge import XmlJudge
from weigh.formats.xml_scan import Event, Kind, events

FORMAT = "xml"
DTD, DOCTYPE, ENTITY = "WGH-XM002", "WGH-XM012", "WGH-XM015"
STYLE = "WGH-XM010"
_ENTITY = re.compile(r"<!ENTITY\s+(%\s*)?(\S+)\s+(SYSTEM\b|PUBLIC\b|\"[^\"]*\"|'[^']*')", re.DOTALL)
_EXTERNAL = re.compile(
    r"<!DOCTYPE\s+\S+\s+(?:SYSTEM\s+|PUBLIC\s+(?:\"[^\"]*\"|'[^']*')\s+)(\"[^\"]*\"|'[^']*')", re.IGNORECASE
)
_PUBLISHED = re.compile(
    r"https?://(?:www\.)?(?:w3\.org|apple\.com|dmg\.org|java\.sun\.com|oasis-open\.org)/[\w./#-]*",
    re.IGNORECASE,
)
_INNER = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#x?[0-9a-fA-F]+);)|%\w+;")
_MODELS = {"pmml": "pmml", "openvino": "openvino"}
_MINOR = {DOCTYPE, ENTITY, STYLE}


def read_xml(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one XML file. Never raises for what the file holds."""
    del descent
    found = AnomalyList()
    judge: XmlJudge | None = None
    doctype: Event | None = None
    root = ""
    broken = reason = ""
    try:
        for event in events(reader):
            if event.kind is Kind.DOCTYPE:
                doctype = doctype or event
            elif event.kind is Kind.INSTRUCTION:
                _instruction(event, found)
            else:
                if judge is None:
                    root = event.name
                    judge = judge_for(event)(path, found)
                judge.take(event)
    except MalformedError as error:
        if error.rule:
            found.add_error(error)
            broken = "it breaks the rules of its format"
        else:
            reason = str(error)
    kind = judge.FORMAT if judge is not None else FORMAT
    external = list(judge.external) if judge is not None else []
    if doctype is not None:
        external += _doctype(doctype, found, is_model=kind in _MODELS)
    coverage = (
        Coverage.MALFORMED if broken or _breaks(found) else Coverage.PARTIAL if reason else Coverage.COMPLETE
    )
    metadata = [Fact("xml.root", root[:200], Basis.DETECTED, path)] if root else []
    if judge is not None:
        metadata += (Fact(f"{kind}.{n}", v, Basis.DECLARED, path) for n, v in judge.stated().items())
    return FileFacts(
        path,
        kind,
        coverage,
        broken or ("it breaks the rules of its format" if _breaks(found) else reason),
        tensors=tuple(judge.tensors) if judge is not None else (),
        operators=judge.operators() if judge is not None else (),
        external=tuple(external[:1000]),
        metadata=tuple(metadata),
        anomalies=found.as_tuple(),
    )


def _breaks(found: AnomalyList) -> bool:
    return any(a.rule == "WGH-XM007" for a in found.as_tuple())


def judge_for(root: Event) -> Callable[[str, AnomalyList], XmlJudge]:
    """The judge of a document, by its outermost element."""
    name = root.name.rpartition(":")[2]
    if name == "PMML":
        from weigh.formats.pmml import PmmlJudge

        return PmmlJudge
    if name == "net" or (name == "Model" and "type" not in root.attributes and "layers" in root.attributes):
        from weigh.formats.openvino import OpenvinoJudge

        return OpenvinoJudge
    return XmlJudge


def _instruction(event: Event, found: AnomalyList) -> None:
    if event.name.lower() == "xml-stylesheet":
        found.add(STYLE, f"it asks for the style sheet {quoted(event.text)}", offset=event.offset)
    elif event.name.lower() in {"php", "xml-script", "import"} or event.name.lower().startswith(
        ("php", "mso-application")
    ):
        found.add("WGH-XM004", f"an instruction for {quoted(event.name)}", offset=event.offset)


def _doctype(event: Event, found: AnomalyList, *, is_model: bool) -> list[ExternalReference]:
    """Judge a document type by what a reader that follows it would do."""
    text = event.text
    external = [
        ExternalReference(m[1].strip("\"'"), "document type", event.offset) for m in _EXTERNAL.finditer(text)
    ]
    entities = list(_ENTITY.finditer(text))
    attack = ""
    if is_model:
        attack = f"a model has the document type {quoted(text)}"
    elif any(m[1] for m in entities):
        attack = "a parameter entity stands in its document type"
    elif any(m[3][0] not in "\"'" for m in entities):
        attack = f"an entity stands for a file or an address: {quoted(text)}"
    elif any(_INNER.search(m[3]) for m in entities) or text.count("<!ENTITY") != len(entities):
        attack = "an entity is made of entities"
    elif any(not _PUBLISHED.fullmatch(e.target) for e in external):
        targets = [e.target for e in external]
        if any(":" in t or t.startswith(("/", "\\")) or ".." in t for t in targets):
            attack = f"its document type lies at {quoted(targets[0])}"
        else:
            found.add(ENTITY, f"its document type lies at {quoted(targets[0])}", offset=event.offset)
    elif entities:
        found.add(ENTITY, f"its document type declares {len(entities)} entities", offset=event.offset)
    else:
        found.add(DOCTYPE, f"it has the document type {quoted(text)}", offset=event.offset)
    if attack:
        found.add(DTD, attack, offset=event.offset)
    return external
