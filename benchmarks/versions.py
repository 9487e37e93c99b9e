"""What does it take to keep versions of a model, beside git-lfs, DVC, hf-xet, Oxen, git, ZipNN and BitX?

One history of seven real versions, the same files for everybody, on this machine, in one run; then the
histories of other models out of packages. Processor time is that of all processes and threads of a command,
the median of several runs; "work" is without what the same command takes for a file of a few bytes.

Usage: python benchmarks/versions.py [--quick] [--no-real] [--json FILE]
    --quick: one run instead of three, and no large file.
"""

import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from version_history import REAL, Version, others, real, seven
from version_peers import Dvc, Git, GitLfs, Oxen, Peer, PeerError, Weigh, Xet
from version_planes import planes, zipnn

ROUNDS = 3
LARGE = 1024 * 1024 * 1024
LEAST = 0.02
"""Processor seconds below which a difference of two runs is noise."""
NOT_REPEATED = (Git,)
"""Peers that are run once: slow, and their time is not compared."""


@dataclass
class Step:
    """One version, kept and brought back.

    Attributes:
        name: of the version.
        size: bytes of its file.
        grew: bytes by which what is kept grew.
        add: processor seconds of keeping it, a run each.
        back: processor seconds of bringing it back, a run each.
        rss: peak resident bytes of either.
        exact: what came back is what was kept.
    """

    name: str
    size: int
    grew: int = 0
    add: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    rss: int = 0
    exact: bool = True


@dataclass
class Result:
    """What one peer made of one history.

    Attributes:
        steps: of the history.
        start: processor seconds of keeping, and of bringing back, a file of a few bytes.
        again: processor seconds of keeping the first version's bytes once more.
    """

    steps: dict[str, Step] = field(default_factory=dict)
    start: tuple[float, float] = (0.0, 0.0)
    again: float = 0.0

    @property
    def stored(self) -> int:
        """Bytes kept of the whole history."""
        return sum(step.grew for step in self.steps.values())

    @property
    def exact(self) -> bool:
        """Whether every version came back."""
        return all(step.exact for step in self.steps.values())

    def work(self, spent: float, way: str) -> float:
        """Seconds without the start; never below what can be told apart."""
        return max(spent - self.start[way == "back"], LEAST)

    def rate(self, way: str, name: str, *, work: bool = False) -> float:
        """MB a processor second of keeping (`add`) or bringing back (`back`) a version."""
        step = self.steps[name]
        spent = statistics.median(getattr(step, way))
        return step.size / (self.work(spent, way) if work else spent) / 1e6


def main() -> int:
    quick = "--quick" in sys.argv
    versions = seven()
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(dir=".", prefix="versions-") as name:
        folder = Path(name).resolve()
        for kind in (Weigh, GitLfs, Dvc, Xet, Oxen, Git):
            rounds = 1 if quick or kind in NOT_REPEATED else ROUNDS
            try:
                results[kind.name] = history(kind, folder, versions, rounds)
            except PeerError as error:
                if kind is Weigh:
                    raise
                print(f"{kind.name} left out: {str(error)[-300:]}")
        goals = Goals()
        sizes(goals, results, versions)
        parts(goals, folder, versions)
        alone(goals, folder, versions)
        speed(goals, results, folder)
        if not quick:
            memory(goals, folder)
        if "--no-real" not in sys.argv:
            real_histories(folder)
    goals.show()
    if "--json" in sys.argv:
        place = Path(sys.argv[sys.argv.index("--json") + 1])
        place.write_text(json.dumps({name: asdict(r) for name, r in results.items()}, indent=1), "utf-8")
    return goals.missed


class Goals:
    """What must be reached, and whether it was."""

    def __init__(self) -> None:
        self.missed = 0
        self._lines: list[str] = []

    def check(self, what: str, value: float, least_or_most: str, goal: float, unit: str = "×") -> None:
        """Note a value and its goal: `<=` or `>=`."""
        met = value <= goal if least_or_most == "<=" else value >= goal
        self.missed += not met
        sign = "≤" if least_or_most == "<=" else "≥"
        self._lines.append(f"{'met' if met else 'NOT':4} {what:60} {value:9.4g} {unit} ({sign} {goal})")

    def show(self) -> None:
        """Print them."""
        print("\nGoals")
        print("\n".join(self._lines))


def history(kind: type[Peer], folder: Path, versions: tuple[Version, ...], rounds: int) -> Result:
    """Keep every version and bring each back, so often."""
    result = Result({v.name: Step(v.name, v.path.stat().st_size) for v in versions})
    starts: list[tuple[float, float]] = []
    again: list[float] = []
    for turn in range(rounds):
        peer = kind(folder / "peer")
        # Twice: the first run of all fills caches that the others find.
        starts.append(min(start_up(kind, folder) for _ in range(2)))
        before = peer.stored() if kind.kept else 0
        for version in versions:
            step = result.steps[version.name]
            added = peer.add(version.name, version.path, *filter(None, [version.near]))
            now = peer.stored()
            if not turn:
                step.grew = now - before
            before = now
            step.add.append(added.cpu)
            step.rss = max(step.rss, added.rss)
        for version in versions:
            came_back(peer, version, result.steps[version.name])
        again.append(unchanged(peer, versions[0]))
        shutil.rmtree(peer.folder.parent)
    result.start = tuple(statistics.median(column) for column in zip(*starts, strict=True))
    result.again = statistics.median(again)
    return result


def came_back(peer: Peer, version: Version, step: Step) -> None:
    """Bring one version back, and compare every byte."""
    spent = peer.bring(version.name)
    step.back.append(spent.cpu)
    step.rss = max(step.rss, spent.rss)
    same = subprocess.run(["cmp", "-s", peer.file, version.path], check=False).returncode == 0
    step.exact = step.exact and same


def start_up(kind: type[Peer], folder: Path) -> tuple[float, float]:
    """What keeping and bringing back takes when there is next to nothing to keep."""
    small = folder / "small.safetensors"
    small.write_bytes(safetensors({"weight": 64}))
    peer = kind(folder / "start")
    spent = peer.add("small", small).cpu, peer.bring("small").cpu
    shutil.rmtree(peer.folder.parent)
    return spent


def unchanged(peer: Peer, first: Version) -> float:
    """Keep the bytes of the first version under a second name, in a folder that holds nothing else new."""
    for path in peer.folder.glob("*.safetensors"):
        path.unlink()
    shutil.copyfile(first.path, peer.file)
    return peer.keep("again", (first.name,)).cpu


def safetensors(sizes: dict[str, int], fill: Callable[[int], bytes] = os.urandom) -> bytes:
    """A file of F32 tensors of so many elements."""
    header, at = {}, 0
    for name, count in sizes.items():
        header[name] = {"dtype": "F32", "shape": [count], "data_offsets": [at, at + 4 * count]}
        at += 4 * count
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + fill(at)


def sizes(goals: Goals, results: dict[str, Result], versions: tuple[Version, ...]) -> None:
    """What each keeps of the seven versions."""
    raw = sum(v.path.stat().st_size for v in versions)
    near = {"ft1": "base", "ft2": "base", "lora": "base", "ft1-bf16": "base-bf16"}
    bitx = {n: s for n, (s, _) in planes([(v.name, v.path, near.get(v.name, "")) for v in versions]).items()}
    names = [v.name for v in versions]
    print(f"\nBytes kept without indexes, % of each version's bytes; {raw / 1e6:.1f} MB in all")
    print(f"{'':20}" + "".join(f"{n:>11}" for n in names) + f"{'all':>9}{'exact':>7}")
    for peer, result in results.items():
        shares = [100 * s.grew / s.size for s in result.steps.values()]
        row = "".join(f"{share:11.2f}" for share in shares)
        print(f"{peer:20}{row}{100 * result.stored / raw:9.2f}{'yes' if result.exact else 'NO':>7}")
    row = "".join(f"{100 * bitx[v.name] / v.path.stat().st_size:11.2f}" for v in versions)
    print(f"{'BitX-style':20}{row}{100 * sum(bitx.values()) / raw:9.2f}{'':>7}")
    mine = results[Weigh.name]
    if "hf-xet" in results:
        goals.check("history: bytes kept / hf-xet", mine.stored / results["hf-xet"].stored, "<=", 0.375)
    goals.check("history: bytes kept / BitX-style", mine.stored / sum(bitx.values()), "<=", 0.62)
    tunes = ("ft1", "ft2")
    share = sum(mine.steps[n].grew for n in tunes) / sum(bitx[n] for n in tunes)
    goals.check("fine-tunes in fp32: bytes kept / BitX-style", share, "<=", 0.84)
    casts = [mine.steps[v.name] for v in versions if v.kind == "cast"]
    share = 100 * sum(s.grew for s in casts) / sum(s.size for s in casts)
    goals.check("casts: bytes kept", share, "<=", 0.1, "% of raw")
    goals.check("lora merged, adapter not given", 100 * mine.steps["lora"].grew / mine.steps["lora"].size,
                "<=", 1.4, "% of raw, with factors")  # fmt: skip
    goals.check("versions restored exactly", float(mine.exact), ">=", 1)


def parts(goals: Goals, folder: Path, versions: tuple[Version, ...]) -> None:
    """Fine-tunes in bf16, a linear merge, and a LoRA whose adapter is there."""
    by_name = {v.name: v.path for v in versions}
    beside = others()
    peer = Weigh(folder / "bf16")
    peer.add("base", by_name["base-bf16"])
    base = peer.stored()
    peer.add("ft1", by_name["ft1-bf16"], "base")
    first = peer.stored()
    peer.add("ft2", beside["ft2-bf16"], "ft1")
    mine = first - base, peer.stored() - first
    theirs = planes([("b", by_name["base-bf16"], ""), ("1", by_name["ft1-bf16"], "b"),
                     ("2", beside["ft2-bf16"], "b")])  # fmt: skip
    print(f"\nFine-tunes in bf16, kB: {Weigh.name} {mine[0] // 1000} and {mine[1] // 1000}, "
          f"BitX-style {theirs['1'][0] // 1000} and {theirs['2'][0] // 1000}")  # fmt: skip
    share = sum(mine) / (theirs["1"][0] + theirs["2"][0])
    goals.check("fine-tunes in bf16: bytes kept / BitX-style", share, "<=", 0.84)

    peer = Weigh(folder / "merge")
    for name, near in (("base", ()), ("ft1", ("base",)), ("ft2", ("ft1",))):
        peer.add(name, by_name[name], *near)
    before = peer.stored()
    peer.add("merge", beside["merge"], "ft1", "ft2")
    size = beside["merge"].stat().st_size
    goals.check("linear merge: bytes kept", 100 * (peer.stored() - before) / size, "<=", 0.1, "% of raw")

    peer = Weigh(folder / "lora")
    for path in beside["adapter"].iterdir():
        shutil.copyfile(path, peer.folder / path.name)
    peer.add("base", by_name["base"])
    before = peer.stored()
    peer.add("lora", by_name["lora"], "base")
    size = by_name["lora"].stat().st_size
    goals.check("lora merged, adapter given", 100 * (peer.stored() - before) / size, "<=", 0.5, "% of raw")


def alone(goals: Goals, folder: Path, versions: tuple[Version, ...]) -> None:
    """One model by itself, beside ZipNN."""
    by_name = {v.name: v.path for v in versions}
    print(f"\nOne model by itself, % of its bytes {'ZipNN':>10}{Weigh.name:>22}")
    for name, dtype in (("base", "float32"), ("base-bf16", "bfloat16"), ("base-fp16", "float16")):
        peer = Weigh(folder / "alone")
        peer.add(name, by_name[name])
        size = by_name[name].stat().st_size
        theirs = zipnn(by_name[name], dtype)
        print(f"{name:34}{100 * theirs[0] / size:11.2f}{100 * peer.stored() / size:22.2f}")
        goals.check(f"{name} by itself: bytes kept / ZipNN", peer.stored() / theirs[0], "<=", 1.04)


def speed(goals: Goals, results: dict[str, Result], folder: Path) -> None:
    """MB a processor second."""
    print("\nMB a processor second, whole command / work alone")
    columns = (("new", "add", "base"), ("tuned", "add", "ft1"), ("back", "back", "base"),
               ("back, tuned", "back", "ft1"))  # fmt: skip
    titles = [title for title, _, _ in columns]
    print(f"{'':20}" + "".join(f"{title:>14}" for title in (*titles, "unchanged")) + f"{'start s':>12}")
    again: dict[str, float] = {}
    for peer, result in results.items():
        size = result.steps["base"].size
        again[peer] = size / result.work(result.again, "add") / 1e6
        cells = [f"{result.rate(w, n):.0f} / {result.rate(w, n, work=True):.0f}" for _, w, n in columns]
        cells.append(f"{size / result.again / 1e6:.0f} / {again[peer]:.0f}")
        starts = f"{result.start[0]:.2f} {result.start[1]:.2f}"
        print(f"{peer:20}" + "".join(f"{cell:>14}" for cell in cells) + f"{starts:>12}")
    mine = results[Weigh.name]
    for peer, least in (("git-lfs", 2.5), ("DVC", 2.5), ("hf-xet", 2)):
        for work in (False, True) if peer in results else ():
            ratio = mine.rate("add", "base", work=work) / results[peer].rate("add", "base", work=work)
            goals.check(f"add new / {peer}{', work alone' if work else ''}", ratio, ">=", least)
    for peer in ("git-lfs", "DVC", "hf-xet"):
        for name in ("base", "ft1") if peer in results else ():
            ratio = mine.rate("back", name, work=True) / results[peer].rate("back", name, work=True)
            goals.check(f"check out {name} / {peer}, work alone", ratio, ">=", 1)
    if "hf-xet" in results:
        front = Xet(folder / "front")
        hashed = statistics.median(front.hashed(seven()[0].path).cpu for _ in range(ROUNDS))
        nothing = statistics.median(front.hashed(folder / "small.safetensors").cpu for _ in range(ROUNDS))
        rate = mine.steps["base"].size / max(hashed - nothing, LEAST) / 1e6
        print(f"hf-xet's hash_files alone: {rate:.0f}")
        goals.check("add unchanged / hf-xet's hash_files, work alone", again[Weigh.name] / rate, ">=", 1)


def memory(goals: Goals, folder: Path) -> None:
    """Peak memory with a file of 1 GiB, of noise and of plain numbers in turn."""
    source = folder / "large.safetensors"

    def fill(count: int) -> bytes:
        block = os.urandom(1 << 20)
        return b"".join(block[:-8] + struct.pack("<Q", i) for i in range(count >> 20))

    source.write_bytes(safetensors({f"layer.{i}.weight": LARGE // 64 for i in range(16)}, fill))
    print()
    for kind in (Weigh, Xet):
        peer = kind(folder / "large")
        spent = peer.add("large", source), peer.bring("large")
        print(f"peak memory, 1 GiB file, {kind.name}: {spent[0].rss >> 20} MiB to keep it, "
              f"{spent[1].rss >> 20} to bring it back")  # fmt: skip
        if kind.name == Weigh.name:
            goals.check("peak memory, 1 GiB file", max(s.rss for s in spent) / 2**20, "<=", 512, "MiB")
        shutil.rmtree(peer.folder.parent)
    source.unlink()


def real_histories(folder: Path) -> None:
    """Bytes kept of real histories; whoever keeps files whole keeps each distinct file once."""
    titles = f"{'raw':>20}{'distinct files':>16}{'hf-xet':>10}{'weigh':>10}{'/ hf-xet':>10}"
    print(f"\nReal histories, kB {titles}")
    total = [0, 0, 0, 0]
    for kept in REAL:
        releases = real(kept)
        if len(releases) < 2:
            continue
        files = [path for _, paths in releases for path in paths]
        row = [sum(p.stat().st_size for p in files), sum(len(b) for b in {p.read_bytes() for p in files})]
        row.extend(_kept(kind(folder / "real"), releases) for kind in (Xet, Weigh))
        total = [a + b for a, b in zip(total, row, strict=True)]
        _real_row(f"{kept.name} ({len(releases)})", row)
    _real_row("all", total)


def _real_row(name: str, row: list[int]) -> None:
    numbers = [n // 1000 for n in row]
    ratio = row[3] / max(row[2], 1)
    print(f"{name:32}{numbers[0]:7}{numbers[1]:16}{numbers[2]:10}{numbers[3]:10}{ratio:10.3f}")


def _kept(peer: Peer, releases: list[tuple[str, list[Path]]]) -> int:
    """Keep the files of one release after the other."""
    last: tuple[str, ...] = ()
    for number, (_, paths) in enumerate(releases):
        for old in peer.folder.glob("*.bin"):
            old.unlink()
        for path in paths:
            # Under one name from release to release, as somebody would keep them.
            name = f"{path.parent.name}-{path.name}" if len(paths) > 1 else "model"
            shutil.copyfile(path, peer.folder / f"{name}.bin")
        try:
            peer.keep(f"r{number}", last)
        except PeerError as error:
            if "nothing to record" not in str(error):
                raise
        else:
            last = (f"r{number}",)
    kept = peer.stored()
    shutil.rmtree(peer.folder.parent)
    return kept


if __name__ == "__main__":
    sys.exit(main())
