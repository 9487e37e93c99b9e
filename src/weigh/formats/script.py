"""Shell, batch, PowerShell, JavaScript beside weights: no loader runs them; attacks alone count."""

import re

from weigh.core.facts import Coverage, ExternalReference, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.python_source import judge_python

FORMAT = "script"
MAX_SCRIPT = 8 * 1024 * 1024
"""Bytes of one script that are looked at: bundled JavaScript is a few MiB."""
ATTACK = "WGH-PY050"
PRESENT = "WGH-PY051"
DOWNLOADS = "WGH-PY052"

_ADDRESS = re.compile(r"https?://[^\s'\"<>\\)]{3,300}")
_PYTHON_LINE = re.compile(rb"#![^\n]{0,100}\bpython[\d.]*")
_SCRIPT_ATTACKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "evaluates decoded text",
        re.compile(
            r"\b(?:eval|Function)\s*\(\s*(?:atob|unescape|Buffer\.from|decodeURIComponent\s*\(\s*escape)\s*\("
        ),
    ),
    (
        "starts a shell from JavaScript",
        re.compile(
            r"require\s*\(\s*['\"](?:node:)?child_process['\"]\s*\)\s*\.\s*(?:exec|spawn|execSync|spawnSync|fork)\w*\s*\(\s*['\"`](?!git\b|node\b|npm\b)"
        ),
    ),
    (
        "starts a program from a Windows script",
        re.compile(
            r"(?:new\s+ActiveXObject|CreateObject)\s*\(\s*['\"](?:WScript\.Shell|Shell\.Application|MSXML2\.XMLHTTP|ADODB\.Stream)",
            re.IGNORECASE,
        ),
    ),
)
_DOWNLOADS = re.compile(
    r"\b(?:curl|wget|Invoke-WebRequest|Start-BitsTransfer)\b[^\n]{0,400}?https?://", re.IGNORECASE
)
_COMMENT = re.compile(r"^[ \t]*(?:#(?!!)|//|rem\b|::)[^\n]*", re.MULTILINE | re.IGNORECASE)


def read_script(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one script. Never raises for what the file holds."""
    del descent
    found = AnomalyList()
    data = reader.read(0, MAX_SCRIPT)
    reason = "" if reader.size <= MAX_SCRIPT else f"it has {reader.size} bytes, {MAX_SCRIPT} are read"
    if _PYTHON_LINE.match(data):
        judged = judge_python(data)
        external = tuple(ExternalReference(a, "named in the source") for a in judged.addresses)
        why = reason or judged.unread
        coverage = Coverage.PARTIAL if why else Coverage.COMPLETE
        return FileFacts(path, FORMAT, coverage, why, external=external, anomalies=judged.anomalies)
    text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
    reason = _judge(text, found) or reason
    addresses = dict.fromkeys(a[0] for a in _ADDRESS.finditer(text))
    external = tuple(ExternalReference(a, "named in the script") for a in list(addresses)[:100])
    coverage = Coverage.PARTIAL if reason else Coverage.COMPLETE
    return FileFacts(path, FORMAT, coverage, reason, external=external, anomalies=found.as_tuple())


def _judge(text: str, found: AnomalyList) -> str:
    """Judge a script that is not Python; why a part of it was not judged."""
    from weigh.code.shell_commands import find_attack

    # a comment is kept as an empty line, so that line numbers stay
    bare = _COMMENT.sub("", text).replace("\\\n", " ").replace("^\r\n", " ").replace("^\n", " ")
    seen = find_attack(bare)
    if seen.line:
        found.add(ATTACK, f"line {seen.line} {seen.words}")
    for words, pattern in _SCRIPT_ATTACKS:
        match = pattern.search(text)
        if match:
            line = text.count("\n", 0, match.start()) + 1
            found.add(ATTACK, f"line {line} {words}: {quoted(match[0])}")
    downloads = _DOWNLOADS.search(bare)
    if downloads and not len(found):
        found.add(DOWNLOADS, quoted(downloads[0]))
    found.add(PRESENT, "it is a script")
    return "" if seen.whole else "it holds more commands than are judged"
