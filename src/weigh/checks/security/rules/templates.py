"""Rules of Jinja templates (docs/formats/templates.md)."""

from weigh.checks.security.rule import Rule
from weigh.core.finding import Confidence, Severity

_ASK = "read the template, and compare it with the one its publisher shows, before you use it"

RULES = {
    "WGH-JT001": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "it reaches an attribute of Python's insides ('__class__', 'mro', …), by whatever way it "
        "writes the name",
        "it leads from a template to Python's own machinery, and from there to the machine",
        _ASK,
        ("CWE-1336", "CVE-2024-34359"),
    ),
    "WGH-JT002": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "it takes in other files ('include', 'import', 'extends')",
        "a chat template is whole; one that takes in files reads what its maker chose",
        _ASK,
        ("CWE-98",),
    ),
    "WGH-JT003": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "it uses modules or functions of the runtime, or takes apart what its environment gives it "
        "('cycler', 'self', 'config')",
        "it leads from a template to Python's own machinery, and from there to the machine",
        _ASK,
        ("CWE-1336",),
    ),
    "WGH-JT004": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "it reads an attribute, or applies a filter, whose name is worked out while it runs",
        "the name cannot be known without running it",
        _ASK,
        ("CWE-470",),
    ),
    "WGH-JT005": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "it uses a function, method, filter, test or private attribute that templates do not have",
        "only a person can tell what it is for",
        _ASK,
        ("CWE-470",),
    ),
    "WGH-JT006": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "it cannot be followed: broken, too long or nested too deep",
        "what was not followed cannot be called clean",
        _ASK,
        ("CWE-20",),
    ),
    "WGH-JT007": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "it calls something whose name is worked out while it runs",
        "it leads from a template to Python's own machinery, and from there to the machine",
        _ASK,
        ("CWE-470",),
    ),
    "WGH-JT008": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "it looks for a plain word in a message, and then adds an address, or an instruction to "
        "hide or insert something",
        "the model is told to act against its user, and nobody sees it",
        _ASK,
        ("CWE-506",),
    ),
    "WGH-JT009": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "it looks for a plain word in a message, and then adds a sentence of its own",
        "the model can be told to act against its user",
        _ASK,
        ("CWE-506",),
    ),
    "WGH-JT010": Rule(
        Severity.CRITICAL,
        Confidence.HIGH,
        "it counts, repeats or fills up to 10 million or more",
        "rendering it fills the memory",
        _ASK,
        ("CWE-400",),
    ),
    "WGH-JT011": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "it holds characters that cannot be seen or change the direction of text",
        "what a person reads is not what the model is told",
        _ASK,
        ("CWE-1007",),
    ),
    "WGH-JT012": Rule(
        Severity.MEDIUM,
        Confidence.MEDIUM,
        "a template that is not for chats takes in another template of its folder",
        "only a person can tell what it is for",
        _ASK,
        ("CWE-98",),
    ),
    "WGH-JT013": Rule(
        Severity.HIGH,
        Confidence.MEDIUM,
        "it tells the model to ignore what was said before",
        "the model can be told to act against its user",
        _ASK,
        ("CWE-506",),
    ),
}
