"""Real version histories out of packages: what `weigh diff` says of them is what was measured by hand."""

from collections import Counter

import pytest

from weigh.core.errors import OfflineError
from weigh.core.events import Silent
from weigh.core.model_diff import Turn
from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.diff_models import path_side
from weigh.jobs.workbench import open_workbench
from weigh.store.compare.whole import compare_models

pytestmark = pytest.mark.index
NAGL = "openff/nagl_models/models/am1bcc/openff-gnn-am1bcc-{}.pt"
CHGNET_WHEEL = "chgnet==0.4.2/chgnet-0.4.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
CHGNET = {
    "0.3.0": "chgnet/pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar",
    "r2scan": "chgnet/pretrained/r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar",
}


@pytest.fixture(scope="module")
def member(tmp_path_factory):
    """The path of a file of a package; skips where no package index can be reached."""
    folder = tmp_path_factory.mktemp("histories")

    def get(package, path):
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("WEIGH_HOME", str(folder / "home"))
            patched.chdir(folder)
            bench = open_workbench(Silent())
            try:
                found = bring(bench, open_project(None), f"pypi:{package}#{path}", data=False)
                name = path.rpartition("/")[2]
                file = next(f for f in found.snapshot.files if f.path.endswith(name))
                return bench.blobs.path(file.sha256)
            except OfflineError:
                pytest.skip("no package index can be reached from here")
            finally:
                bench.close()

    return get


def compared(old, new):
    found = compare_models(path_side(old, alone="m"), path_side(new, alone="m"))
    return found, Counter(t.turn for t in found.tensors if not t.training)


@pytest.mark.parametrize(
    ("old", "new", "same", "turns"),
    [
        ("0.0.1-alpha.1", "0.1.0-rc.1", 0, {Turn.CHANGED: 18, Turn.RESHAPED: 4}),
        ("0.1.0-rc.1", "0.1.0-rc.2", 0, {Turn.CHANGED: 22}),
        ("0.1.0-rc.2", "0.1.0-rc.3", 22, {}),
        ("0.1.0-rc.3", "1.0.0", 20, {Turn.RESHAPED: 2}),
    ],
)
def test_nagl(member, old, new, same, turns):
    files = [member("openff-nagl-models==2025.9.0", NAGL.format(version)) for version in (old, new)]
    found, counted = compared(*files)
    assert (found.same_tensors, counted) == (same, turns)
    if new == "0.1.0-rc.2":
        assert found.overall.relative_l2 == pytest.approx(0.030, abs=5e-4)
        assert 1 - found.overall.changed == pytest.approx(0.43, abs=5e-3)
    if new == "0.1.0-rc.1":
        assert found.overall.cosine == pytest.approx(0.04, abs=5e-3)
    if new == "1.0.0":
        assert found.new_values - found.old_values == 1024


def test_chgnet(member):
    found, counted = compared(*(member(CHGNET_WHEEL, path) for path in CHGNET.values()))
    assert (found.same_tensors, counted) == (8, {Turn.CHANGED: 128})
    assert found.overall.relative_l2 == pytest.approx(0.183, abs=5e-4)
    assert found.overall.cosine == pytest.approx(0.984, abs=5e-4)
    assert "a fine-tune" in found.reading


@pytest.mark.parametrize(("old", "new"), [("5.1.2", "6.0.0"), ("6.0.0", "6.2.3")])
def test_silero(member, old, new):
    files = [member(f"silero-vad=={v}", "silero_vad/data/silero_vad.jit") for v in (old, new)]
    found, counted = compared(*files)
    assert found.same_tensors == 2
    assert counted[Turn.CHANGED] == 28
    assert "trained anew" in found.reading


def test_two_releases_of_one_recogniser_are_the_same(member):
    path = "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx"
    files = [member(f"rapidocr-onnxruntime=={v}", path) for v in ("1.2.13", "1.4.4")]
    assert files[0] == files[1]
