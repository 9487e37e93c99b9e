"""Real models out of packages: who came from whom, and who was trained anew."""

import pytest
from tests.external.test_model_histories import CHGNET, CHGNET_WHEEL, NAGL, member

from weigh.core.lineage import Descent
from weigh.jobs.diff_models import path_side
from weigh.versions.lineage import relate

pytestmark = pytest.mark.index
__all__ = ["member"]
CHGNET_FIRST = "chgnet/pretrained/0.2.0/chgnet_0.2.0_e30f77s348m32.pth.tar"
ENSEMBLE = "spliceai==1.3.1"


def related(child, parent):
    return relate(path_side(child, alone="m"), path_side(parent, alone="m"))


@pytest.mark.parametrize(
    ("old", "new", "answer", "share"),
    [
        ("0.0.1-alpha.1", "0.1.0-rc.1", Descent.NO, 0.0),
        ("0.1.0-rc.1", "0.1.0-rc.2", Descent.YES, 0.434),
        ("0.1.0-rc.2", "0.1.0-rc.3", Descent.YES, 1.0),
        ("0.1.0-rc.3", "1.0.0", Descent.YES, 0.992),
    ],
)
def test_nagl(member, old, new, answer, share):
    files = [member("openff-nagl-models==2025.9.0", NAGL.format(version)) for version in (new, old)]
    found = related(*files)
    assert found.descent is answer
    assert found.shared.share == pytest.approx(share, abs=1e-3)


def test_chgnet(member):
    first, base, tuned = (member(CHGNET_WHEEL, path) for path in (CHGNET_FIRST, *CHGNET.values()))
    found = related(tuned, base)
    assert found.descent is Descent.YES
    assert found.shared.share == pytest.approx(0.082, abs=1e-3)
    assert found.likeness.low > 0.99
    assert related(base, first).descent is Descent.NO


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 4)])
def test_networks_of_an_ensemble_are_strangers(member, one, other):
    files = [member(ENSEMBLE, f"spliceai/models/spliceai{i}.h5") for i in (one, other)]
    found = related(*files)
    assert found.descent is Descent.NO
    assert found.likeness.count == 37
    assert abs(found.likeness.median) < 0.02


def test_silero_was_trained_anew(member):
    files = [member(f"silero-vad=={v}", "silero_vad/data/silero_vad.jit") for v in ("6.0.0", "5.1.2")]
    found = related(*files)
    assert found.descent is Descent.NO
    assert "a buffer that code computes" in {t.why for t in found.shared.trivial}
