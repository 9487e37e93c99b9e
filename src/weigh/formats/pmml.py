"""PMML models: which models and functions a document holds, and what its extensions would run.

Source: dmg.org, PMML 4.4 ("general structure", "functions", "extension mechanism"). Readers on the JVM take
the function of an `Apply` that is not PMML's own for the name of a class.
"""

import re
from typing import ClassVar

from weigh.core.facts import FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.xml_judge import CODE, OBJECT, XmlJudge
from weigh.formats.xml_scan import Event, Kind

CUSTOM, EXTENSION = "WGH-XM005", "WGH-XM017"
_CLASS = re.compile(r"(?:[a-z_][\w$]*\.)+[A-Za-z_$][\w$]*")
_KNOWN = re.compile(r"net\.sf\.jpmml\..*|org\.jpmml\..*|x-[\w.-]+")
_ADDRESS = re.compile(r"(?:file|ftp|https?|jar|jndi|ldap|rmi):", re.IGNORECASE)


def read_pmml(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one PMML document. Never raises for what the file holds."""
    from weigh.formats.xml import read_xml

    return read_xml(reader, path, descent)


class PmmlJudge(XmlJudge):
    """Judges a document: its models, functions and extensions."""

    FORMAT: ClassVar[str] = "pmml"

    def __init__(self, path: str, found: AnomalyList) -> None:
        super().__init__(path, found)
        self._version = ""
        self._within = 0  # elements open inside an extension
        self._own: set[str] = set()
        self._extensions = 0

    def take(self, event: Event) -> None:
        """The next event."""
        name = event.name.rpartition(":")[2]
        if event.kind is Kind.START and (self._within or name == "Extension"):
            self._within += 1
        elif event.kind is Kind.END and self._within:
            self._within -= 1
        elif event.kind is Kind.TEXT and self._within:
            self._code(event.text, event)
        super().take(event)

    def stated(self) -> dict[str, object]:
        """The version, and how many extensions there are."""
        return {"version": self._version[:20], "extensions": self._extensions}

    def start(self, event: Event) -> None:
        """An element begins."""
        super().start(event)
        name = event.name.rpartition(":")[2]
        attributes = event.attributes
        if name == "PMML":
            self._version = attributes.get("version", "")
        elif name.endswith("Model") and len(self.counted) < 1000:
            self.counted[name[:80]] += 1
        elif name == "DefineFunction":
            self._own.add(attributes.get("name", "")[:200])
        elif name == "Extension":
            if not self._extensions:
                self.found.add(
                    EXTENSION, f"it has extensions, first {quoted(str(attributes))}", offset=event.offset
                )
            self._extensions += 1
        elif name == "Apply":
            function = attributes.get("function", "")
            if _CLASS.fullmatch(function) and function not in self._own and not _KNOWN.fullmatch(function):
                why = f"it applies {quoted(function)}, which a reader takes for a class"
                self.found.add(CUSTOM, why, offset=event.offset)

    def attribute(self, event: Event, key: str, value: str) -> None:
        """One attribute: code in it is no part of a model."""
        super().attribute(event, key, value)
        if self._within or event.name.rpartition(":")[2] in {"Apply", "DefineFunction"}:
            self._code(value, event)
        if not key.startswith(("xmlns", "xsi:")) and _ADDRESS.match(value):
            self.refer(value, f"{event.name[:40]} {key[:40]}", event.offset)

    def _code(self, text: str, event: Event) -> None:
        match = CODE.search(text)
        if match:
            shown = text[max(0, match.start() - 20) : match.end() + 60]
            self.found.add(
                OBJECT, f"an extension or function holds code: {quoted(shown)}", offset=event.offset
            )
