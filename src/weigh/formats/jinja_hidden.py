"""Texts in a template that would instruct the model behind its user's back.

A template decides what a model is told. One that looks for a word in what the user wrote, and then adds
instructions or addresses of its own, is a back door. Honest ones look for marks (`<think>`, `/no_think`).
"""

import re
from collections.abc import Iterator
from itertools import islice

from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.jinja_syntax import Form, Node

_WORDS = re.compile(r"[A-Za-z]{2,}")
_MARK = re.compile(r"[<>\[\]|/#{}_:`*=\\]")
_ADDRESS = re.compile(r"(?:https?|ftp|wss?)://|\bwww\.|\b\d{1,3}(?:\.\d{1,3}){3}\b", re.IGNORECASE)
_CONCEALS = re.compile(
    r"ignore (?:all |any |the )?(?:previous|prior|above|earlier|other)"
    r"|disregard (?:all|any|the|your|previous|prior)"
    r"|(?:do not|don't|never) (?:mention|reveal|tell|disclose|admit|warn)"
    r"|without (?:telling|mentioning|informing|revealing|warning)"
    r"|secretly|exfiltrat|covertly|silently"
    r"|(?:always|instead) (?:recommend|include|append|insert|suggest|respond|answer|say|reply)"
    r"|(?:include|insert|append|add|embed|recommend|output) (?:this|the following|a|an) "
    r"(?:link|url|address|code|backdoor|script)"
    r"|(?:must|should|always|also) "
    r"(?:insert|include|add|append|embed|inject|recommend|output)"
    r"|backdoor|vulnerab|malicious|bypass|curl |wget |\bpassword|credential|api[ _-]?key"
    r"|safety (?:guidelines|filters?|rules)",
    re.IGNORECASE,
)
_OVERRIDES = re.compile(
    r"(?:ignore|disregard|forget) (?:all |any |the )*(?:previous|prior|above|earlier) "
    r"(?:instructions|messages|rules)",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_TAG = re.compile(r"<\|?[^<>]{0,80}\|?>|\[/?[A-Z_]{1,40}\]")
"""Marks of a chat format."""
_PARTS = frozenset(
    {"image", "video", "audio", "image_url", "text", "type", "tool", "system", "user", "assistant"}
)
"""Kinds of parts of a message, which templates ask for by name."""
_CONTENT = {"content", "text", "prompt", "query", "user_message", "last_message", "instruction"}
MOST_TEXTS = 1_000
"""Texts of one branch that are read."""
FEW_WORDS = 5
"""Words of a text that can be an instruction."""


def judge_hidden(tree: Node, text: str, found: AnomalyList) -> None:
    """Note texts that depend on what the user wrote and read like instructions."""
    invisible = _INVISIBLE.search(text)
    if invisible:
        detail = f"it holds the invisible character U+{ord(invisible.group()):04X}"
        found.add("WGH-JT011", detail, offset=invisible.start())
    names = _content_names(tree)
    seen: set[int] = set()
    for node in tree.walk():
        for condition, branch in _branches(node):
            trigger = _trigger(condition, names)
            if trigger and branch.at not in seen:
                seen.add(branch.at)
                _judge_branch(trigger, branch, found)
    for node in tree.walk():
        if isinstance(node.value, str) and _OVERRIDES.search(node.value):
            found.add("WGH-JT013", f"it says {quoted(node.value.strip()[:120])}", offset=node.at)


def _judge_branch(trigger: str, branch: Node, found: AnomalyList) -> None:
    texts = list(islice(_texts(branch), MOST_TEXTS))
    whole = " ".join(texts)
    where = f"when a message says {quoted(trigger)}"
    if _ADDRESS.search(whole) or _CONCEALS.search(whole):
        found.add("WGH-JT008", f"{where} it tells the model {quoted(whole.strip()[:120])}", offset=branch.at)
    elif any(len(_WORDS.findall(_TAG.sub(" ", text))) >= FEW_WORDS for text in texts):
        found.add("WGH-JT009", f"{where} it adds {quoted(whole.strip()[:120])}", offset=branch.at)


def _branches(node: Node) -> Iterator[tuple[Node, Node]]:
    """Conditions and what happens under them."""
    if node.form is Form.IF:
        for place in range(0, len(node.parts) - 1, 2):
            yield node.parts[place], node.parts[place + 1]
    elif node.form is Form.CHOICE:
        yield node.parts[0], node.parts[1]
    elif node.form is Form.FOR and node.parts[2].form is not Form.NOTHING:
        yield node.parts[2], node.parts[3]


def _content_names(tree: Node) -> set[str]:
    """Names that stand for what a message says."""
    names = set(_CONTENT)
    for _ in range(2):
        for node in tree.walk():
            if node.form is Form.SET and node.parts[0].form is Form.NAME and _is_said(node.parts[1], names):
                names.add(node.parts[0].text)
    return names


def _trigger(condition: Node, names: set[str]) -> str:
    """A plain word that the condition looks for in a message, "" where it looks for none."""
    for node in condition.walk():
        if node.form is Form.OPERATION and node.text in {"in", "=="}:
            sides = (node.parts,) if node.text == "in" else (node.parts, node.parts[::-1])
            for word, said in sides:
                if _is_said(said, names) and _plain_word(word):
                    return _plain_word(word)
        elif node.form is Form.CALL and node.parts[0].form is Form.ATTRIBUTE and len(node.parts) > 1:
            looks = node.parts[0].text in {"startswith", "endswith", "find", "count", "index", "rfind"}
            if looks and _is_said(node.parts[0].parts[0], names) and _plain_word(node.parts[1]):
                return _plain_word(node.parts[1])
    return ""


def _plain_word(node: Node) -> str:
    """The constant a node is, where that is ordinary language and no mark of a format."""
    for part in node.walk():
        word = part.value
        plain = isinstance(word, str) and _WORDS.search(word) and not _MARK.search(word)
        if plain and part.form is Form.CONSTANT and word not in _PARTS:
            return str(word)
    return ""


def _is_said(node: Node, names: set[str]) -> bool:
    """Whether an expression is what a message says, perhaps cut or in small letters."""
    while True:
        match node.form:
            case Form.NAME:
                return node.text in names
            case Form.ATTRIBUTE:
                return node.text in _CONTENT
            case Form.ITEM if node.parts[1].form is Form.SLICE:
                node = node.parts[0]
            case Form.ITEM:
                return node.parts[1].value in _CONTENT
            case Form.FILTER:
                node = node.parts[0]
            case Form.CALL if node.parts[0].form is Form.ATTRIBUTE:
                if node.parts[0].text == "get":
                    return len(node.parts) > 1 and node.parts[1].value in _CONTENT
                node = node.parts[0].parts[0]
            case _:
                return False


def _texts(branch: Node) -> Iterator[str]:
    """Literal texts a branch writes or keeps; what it raises and compares is left out."""
    stack = [branch]
    while stack:
        node = stack.pop()
        if node.form is Form.DATA or (node.form is Form.CONSTANT and isinstance(node.value, str)):
            yield str(node.value)
        elif node.form is Form.CALL and node.parts[0].text == "raise_exception":
            continue
        else:
            stack.extend(reversed(node.parts[:MOST_TEXTS]))
