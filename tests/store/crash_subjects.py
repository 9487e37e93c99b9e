"""What the crash trials write, and what must be true of it afterwards."""

import hashlib
import itertools
import random
from pathlib import Path

import numpy as np

from weigh.core.digest import of_value, sha256_hex
from weigh.core.evidence import Artifact, Evidence
from weigh.core.outcome import ANSWERED
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.ledger.ledger import Ledger
from weigh.ledger.names import parse_name
from weigh.store.blobs import Blobs
from weigh.store.derived import Derived
from weigh.system.clock import SystemClock


class Collector:
    """Keeps the events it is told."""

    def __init__(self):
        self.events = []

    def emit(self, event, /):
        self.events.append(event)


def rounds(forever):
    return itertools.count() if forever else range(2)


def check_blobs(root):
    """Every visible file has the content its name says, and is read-only."""
    for path in Path(root).glob("blobs/**/*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, path
            assert path.stat().st_mode & 0o222 == 0, path
    assert not list((Path(root) / "quarantine").glob("*"))


class BlobsTrial:
    """Whole files, and fetches under one key that every child goes on with."""

    @staticmethod
    def work(root, seed, tell, *, forever):
        blobs, draw = Blobs(Path(root)), random.Random(seed)
        for i in rounds(forever):
            tell(blobs.put(draw.randbytes(draw.choice([0, 10, 70_000]))))
            number = i if not forever else draw.randrange(50)
            data = random.Random(number).randbytes(200_000)
            with blobs.writer(sha256=sha256_hex(data), size=len(data), resume_key=f"k{number}") as writer:
                for start in range(writer.size, len(data), 50_000):
                    writer.write(data[start : start + 50_000])
            tell(sha256_hex(data))

    @staticmethod
    def check(root, told):
        check_blobs(root)
        blobs = Blobs(Path(root))
        for sha256 in told:
            assert blobs.has(sha256), f"{sha256} was lost"


class DerivedTrial:
    """Values by key, arrays among them; a key that was acknowledged has its value."""

    @staticmethod
    def work(root, seed, tell, *, forever):
        derived, draw = Derived(Path(root), Blobs(Path(root))), random.Random(seed)
        for i in rounds(forever):
            key = str(draw.randrange(30) if forever else i)
            derived.put(key, DerivedTrial.value(key))
            derived.put_arrays(f"a{key}", {"x": np.full(7, int(key))}, {"n": key})
            tell(key)

    @staticmethod
    def value(key):
        return random.Random(key).randbytes(3000)

    @staticmethod
    def check(root, told):
        check_blobs(root)
        watcher = Collector()
        derived = Derived(Path(root), Blobs(Path(root)), events=watcher)
        for key in map(str, range(30)):
            found, arrays = derived.get(key), derived.get_arrays(f"a{key}")
            assert (
                found == DerivedTrial.value(key) if key in told else found in {None, DerivedTrial.value(key)}
            )
            assert arrays is not None or key not in told
            assert arrays is None or (arrays[0]["x"] == int(key)).all()
        assert watcher.events == []


class LedgerTrial:
    """Records with artifacts; an answer that was acknowledged is served, and none is ever corrupt."""

    @staticmethod
    def request(number):
        return Request("trial", of_value("code"), Subject(SubjectKind.MODEL, of_value(0)), {"n": number})

    @staticmethod
    def open(root):
        blobs, watcher = Blobs(Path(root) / "store"), Collector()
        ledger = Ledger(Path(root) / "ledger", blobs, clock=SystemClock(), tool="1", host="h", events=watcher)
        return ledger, blobs, watcher

    @staticmethod
    def work(root, seed, tell, *, forever):
        ledger, blobs, _ = LedgerTrial.open(root)
        draw = random.Random(seed)
        for i in rounds(forever):
            request = LedgerTrial.request(draw.randrange(30) if forever else i)

            def answerer(request=request):
                data = request.digest.encode()
                kept = Artifact("a", blobs.put(data), len(data))
                return Evidence(request.digest, "trial", request.subject, ANSWERED, artifacts=(kept,))

            ledger.answer(request, answerer, refresh=draw.random() < 0.5)
            tell(request.parameters["n"])

    @staticmethod
    def check(root, told):
        check_blobs(Path(root) / "store")
        ledger, _, watcher = LedgerTrial.open(root)
        for path in Path(root).glob("ledger/records/*/*/*"):
            assert parse_name(path.name).sha256 == sha256_hex(path.read_bytes())
        for number in map(int, told):
            served = ledger.find(LedgerTrial.request(number).digest)
            assert served is not None, f"answer {number} was lost"
            assert served.evidence.artifact("a").sha256 == sha256_hex(served.evidence.request.encode())
        assert watcher.events == []


SUBJECTS = {"blobs": BlobsTrial, "derived": DerivedTrial, "ledger": LedgerTrial}
