"""What an XML document of no special kind would do in a program that follows it."""

import re
from collections import Counter
from typing import TYPE_CHECKING, ClassVar

from weigh.core.facts import ExternalReference, OperatorUse
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.xml_scan import Event, Kind

SCRIPT, INCLUDE, OBJECT = "WGH-XM004", "WGH-XM009", "WGH-XM011"
if TYPE_CHECKING:
    from weigh.core.tensor import TensorInfo

MAX_EXTERNAL = 1_000
_JAVASCRIPT = re.compile(
    r"[\x00-\x20]*j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:|[\x00-\x20]*data:text/html|[\x00-\x20]*vbscript:",
    re.IGNORECASE,
)
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_CODE_SPACES = (
    "http://xml.apache.org/xalan",
    "http://xml.apache.org/xslt/java",
    "urn:schemas-microsoft-com:xslt",
    "http://icl.com/saxon",
)
_GADGETS = (
    "java.lang.ProcessBuilder", "java.lang.Runtime", "java.beans.EventHandler",
    "javax.script.ScriptEngineManager",
    "javax.imageio.ImageIO$ContainsFilter", "com.sun.rowset.JdbcRowSetImpl", "javax.naming.InitialContext",
    "org.springframework.context.support.ClassPathXmlApplicationContext", "java.net.URLClassLoader",
    "org.springframework.context.support.FileSystemXmlApplicationContext", "groovy.lang.GroovyShell",
    "org.codehaus.groovy.runtime.MethodClosure", "com.sun.org.apache.xalan.internal.xsltc.trax.TemplatesImpl",
    "System.Windows.Data.ObjectDataProvider", "System.Diagnostics.Process", "bsh.Interpreter",
)  # fmt: skip
"""Classes that XMLDecoder, XStream and XAML readers build from a document and that run commands."""
CODE = re.compile(
    r"os\.system|subprocess\.|__import__|getRuntime\s*\(|ProcessBuilder|"
    r"(?<![\w.])(?:eval|exec|system|popen)\s*\(|"
    r"/bin/(?:ba)?sh|powershell|cmd\.exe|<script|javascript:|importlib|pickle\.loads|Runtime\.exec",
    re.IGNORECASE,
)
"""What stands in code and never in a model's numbers and names."""


class XmlJudge:
    """Takes the events of one document.

    Args:
        path: of the file.
        found: takes what is wrong.

    Attributes:
        FORMAT: name of the format it judges.
    """

    FORMAT: ClassVar[str] = "xml"

    def __init__(self, path: str, found: AnomalyList) -> None:
        self.path = path
        self.found = found
        self.tensors: list[TensorInfo] = []
        self.external: list[ExternalReference] = []
        self.counted: Counter[str] = Counter()
        self._root = ""
        self._includes = False

    def take(self, event: Event) -> None:
        """The next event."""
        if event.kind is Kind.START:
            self._root = self._root or _local(event.name)
            self.start(event)

    def stated(self) -> dict[str, object]:
        """Facts the document states."""
        return {}

    def operators(self) -> tuple[OperatorUse, ...]:
        """Operations the document names."""
        return tuple(OperatorUse("", name, count) for name, count in sorted(self.counted.items()))

    def start(self, event: Event) -> None:
        """An element begins."""
        name = _local(event.name)
        if name.lower() == "script":
            self.found.add(SCRIPT, "it holds a script", offset=event.offset)
        if name == "include" and (self._includes or _XINCLUDE in event.attributes.values()):
            target = event.attributes.get("href", "")
            self.refer(target, "inclusion", event.offset)
            self.found.add(INCLUDE, f"it includes {quoted(target)}", offset=event.offset)
        if any(g == event.name or g in event.attributes.values() for g in _GADGETS):
            seen = next(g for g in _GADGETS if g == event.name or g in event.attributes.values())
            self.found.add(OBJECT, f"it would build an object of {seen}", offset=event.offset)
        for key, value in event.attributes.items():
            self.attribute(event, key, value)

    def attribute(self, event: Event, key: str, value: str) -> None:
        """One attribute of an element that begins."""
        if key.startswith("xmlns"):
            self._space(event, value)
            return
        name = _local(key).lower()
        if self._root.lower() in {"svg", "html"} and re.fullmatch(r"on[a-z]{3,30}", name):
            self.found.add(SCRIPT, f"the attribute {quoted(key)} holds a script", offset=event.offset)
        if _JAVASCRIPT.match(value):
            self.found.add(SCRIPT, f"the attribute {quoted(key)} is {quoted(value)}", offset=event.offset)
        if name in {"href", "src"} and value[:1] != "#" and not value.startswith("data:image/"):
            self.refer(value, f"{_local(event.name)[:40]} {name}", event.offset)

    def refer(self, target: str, reason: str, offset: int) -> None:
        """Note a place the document points to."""
        if len(self.external) < MAX_EXTERNAL and target:
            self.external.append(ExternalReference(target[:2000], reason, offset))

    def _space(self, event: Event, value: str) -> None:
        if value == _XINCLUDE:
            self._includes = True
        if value.startswith(("clr-namespace:System.Diagnostics", "java:")) or value.startswith(_CODE_SPACES):
            self.found.add(SCRIPT, f"it names the code of {quoted(value)}", offset=event.offset)


def _local(name: str) -> str:
    return name.rpartition(":")[2]
