"""Models in memory with their papers, and texts to search."""

import ast
import hashlib
import random
import sys
import sysconfig
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path
from pydoc_data.topics import topics

from weigh.checks.case import Case, Declared, Earlier, ModelCase
from weigh.checks.licence.licence import CHECK, put
from weigh.core.check import Context
from weigh.core.events import Silent
from weigh.core.evidence import Artifact
from weigh.core.request import Request
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.core.subject import Subject, SubjectKind
from weigh.formats.reader import BytesReader
from weigh.store.view import ModelView

ROOT = Path(__file__).resolve().parents[3]
APACHE = (ROOT / "LICENSE").read_text(encoding="utf-8")
WEIGHTS = b"\0" * 2000
MIT = """MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


class Still:
    """A clock that stands."""

    def now(self):
        return 0.0

    def monotonic(self):
        return 0.0


class Kept:
    """Keeps bytes in memory."""

    def __init__(self):
        self.data = {}

    def keep_bytes(self, name, data):
        digest = hashlib.sha256(data).hexdigest()
        self.data[digest] = data
        return Artifact(name, digest, len(data))

    def load(self, evidence, name):
        artifact = evidence.artifact(name)
        return self.data[artifact.sha256] if artifact else None


class Desk:
    """Asks about one model after another and remembers the answers, as a ledger does."""

    def __init__(self):
        self.kept = Kept()
        self.answers = []

    def case(self, files, uses=()):
        data = {name: c.encode() if isinstance(c, str) else c for name, c in files.items()}
        snapshot = Snapshot.of(
            SnapshotFile(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in data.items()
        )
        subject = Subject(SubjectKind.MODEL, snapshot.digest, "x")
        view = ModelView(snapshot, lambda file: BytesReader(data[file.path]))
        earlier = [
            Earlier(about, evidence.digest, lambda name, e=evidence: self.kept.load(e, name))
            for about, evidence in self.answers
        ]
        model = ModelCase(subject, view, lambda p: BytesReader(data[p]), lambda _: earlier, self.kept)
        return Case(Declared(uses=tuple(uses)), model)

    def asking(self, files, uses=()):
        return put(self.case(files, uses))

    def ask(self, files, uses=()):
        asking = self.asking(files, uses)
        request = Request("licence", "code", asking.subject, asking.parameters, asking.inputs)
        evidence = CHECK.run(asking.payload(), Context(request, Still(), Silent()))
        self.answers.append((asking.subject, evidence))
        return evidence


def rules(evidence):
    return {f.rule for f in evidence.findings}


def finding(evidence, rule):
    return next(f for f in evidence.findings if f.rule == rule)


def card(licence, *more):
    return "\n".join(["---", f"license: {licence}", *more, "---", "# A model", ""])


def metadata(*lines):
    return "\n".join(["Metadata-Version: 2.4", "Name: demo", "Version: 1", *lines, "", "Prose", ""])


def touched(text, seed, every=40):
    """Every 40th word dropped, the lines broken anew."""
    draw = random.Random(seed)
    start = draw.randrange(every)
    kept = [w for place, w in enumerate(text.split()) if place % every != start]
    width = draw.randint(6, 20)
    return "\n".join(" ".join(kept[at : at + width]) for at in range(0, len(kept), width))


@lru_cache(maxsize=1)
def prose():
    """Texts that are no licences: the language reference of Python and this repository's pages."""
    found = list(topics.values())
    found += [page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").rglob("*.md"))]
    folder = Path(sysconfig.get_path("stdlib"))
    for name in sorted(sys.stdlib_module_names):
        path = folder / f"{name}.py"
        if path.is_file():
            found.append(ast.get_docstring(ast.parse(path.read_bytes())) or "")
    return [text for text in found if len(text.split()) >= 60]


@lru_cache(maxsize=1)
def installed_licences():
    """(what the package declares, text) of licence files that lie in this environment."""
    found = []
    for package in sorted(distributions(), key=lambda d: str(d.metadata["Name"])):
        declared = package.metadata["License-Expression"] or package.metadata["License"] or ""
        for file in package.files or ():
            if file.name.upper() in {"LICENSE", "LICENSE.TXT", "LICENSE.MD"} and ".dist-info" in str(file):
                place = Path(str(file.locate()))
                if place.is_file() and len(declared) < 60:
                    found.append((declared, place.read_text(encoding="utf-8", errors="replace")))
    return found
