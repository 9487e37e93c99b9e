"""Read one file by the reader its name asks for, and judge it: for the tests of code and configurations."""

from weigh.checks.security.security import findings_of
from weigh.core.gate import judge_file
from weigh.formats.descent import begin
from weigh.formats.reader import BytesReader
from weigh.formats.readers import reader_of
from weigh.formats.table import read_file

KINDS = {
    "py": "python",
    "pth": "path-file",
    "sh": "script",
    "ipynb": "notebook",
    "pyc": "pyc",
    "json": "json",
}


def seen(name, data, kind=""):
    """Facts, findings and word of one file."""
    read = reader_of(kind or KINDS[name.rpartition(".")[2]])
    reader = BytesReader(data)
    facts = read(reader, name, begin(lambda r, p, d: read_file(r, p), reader.size))
    findings = tuple(findings_of(facts))
    return facts, findings, judge_file(facts, findings)
