"""What PyTorch computes on a processor is what the recipes compute, bit for bit."""

import numpy as np
import pytest

from weigh.store.recipes.cast import FUSED, cast
from weigh.store.recipes.linear import Form, Linear
from weigh.store.recipes.lora import LowRank
from weigh.store.recipes.samples import SampleSources

pytestmark = pytest.mark.clients
torch = pytest.importorskip("torch")


def raw(tensor):
    return tensor.contiguous().view(torch.uint8).numpy().tobytes()


def made(rule, *tensors, target):
    given = SampleSources([memoryview(raw(t)) for t in tensors])
    rule.check(given, len(raw(target)))
    return bytes(rule.range(given, 0, len(raw(target))))


@pytest.fixture
def pair():
    torch.manual_seed(0)
    one = torch.randn(64, 256)
    return one, one + 0.01 * torch.randn(64, 256)


@pytest.mark.parametrize(("name", "kind"), [("BF16", torch.bfloat16), ("F16", torch.float16)])
def test_casts(name, kind):
    bits = np.random.default_rng(0).integers(0, 2**32, 1 << 16, dtype=np.uint32)
    values = torch.from_numpy(bits.view(np.float32))
    assert bytes(cast(memoryview(raw(values)), "F32", name)) == raw(values.to(kind))


F32 = ("F32", "F32")


def test_sums_and_interpolation(pair):
    a, b = pair
    for rule, wanted in (
        (Linear(Form.SUM, "F32", (0.3, 0.7), F32, "F32"), 0.3 * a + 0.7 * b),
        (Linear(Form.SHIFT, "F32", (1.0, 0.4), F32, "F32"), a + 0.4 * (b - a)),
        (Linear(Form.SUM, FUSED, (1.0, 0.4), F32, "F32"), torch.add(a, b, alpha=0.4)),
        (Linear(Form.LERP, FUSED, (0.0, 0.3), F32, "F32"), torch.lerp(a, b, 0.3)),
        (Linear(Form.LERP, FUSED, (0.0, 0.8), F32, "F32"), torch.lerp(a, b, 0.8)),
    ):
        found = np.frombuffer(made(rule, a, b, target=wanted), np.uint32)
        missed = (found != np.frombuffer(raw(wanted), np.uint32)).mean()
        # A processor without fused instructions takes other last bits; the residual holds them.
        assert missed < 0.02, (rule.form, rule.working, missed)


def test_sums_of_16_bit_models(pair):
    a, b = (t.to(torch.bfloat16) for t in pair)
    rule = Linear(Form.SUM, "BF16", (0.3, 0.7), ("BF16", "BF16"), "BF16")
    wanted = 0.3 * a + 0.7 * b
    assert made(rule, a, b, target=wanted) == raw(wanted)


def test_a_merged_adapter(pair):
    base, _ = pair
    left, right = torch.randn(64, 8), torch.randn(8, 256)
    wanted = base + 2.0 * (left @ right)
    rule = LowRank(64, 256, 8, 2.0, ("F32",) * 3, "F32", FUSED)
    found = np.frombuffer(made(rule, base, left, right, target=wanted), np.uint32)
    assert (found != np.frombuffer(raw(wanted), np.uint32)).mean() < 0.1
