"""`weigh scan` beside other scanners: what each finds, what each cries wolf about, and what each costs.

Corpora, told apart in the table because they are not worth the same:
  own       tests/hostile, the generators our readers were written against: a floor, no merit
  peers     fixtures that other scanners publish; `--fixtures DIR` names a folder with their repositories,
            else they are fetched with git where it can reach them, and are never kept
  benign    the sound files of tests/hostile and what common libraries write (benchmarks/benign_files.py)
  assets    real models inside packages; `--assets DIR` names a folder of unpacked packages
  more      `--more DIR`: folders `malicious/` and `benign/` of files of your own

    python benchmarks/scanners.py --peers hayward,picklescan --fixtures repositories/
"""

import argparse
import importlib
import math
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from scanner_peers import PEERS, ask

from weigh.checks.security.rule_table import RULES
from weigh.core.finding import Confidence, Severity

HERE = Path(__file__).resolve().parent
HOSTILE = HERE.parent / "tests" / "hostile"
REPOSITORIES = {
    "picklescan": "https://github.com/mmaitre314/picklescan",
    "fickling": "https://github.com/trailofbits/fickling",
    "modelaudit": "https://github.com/promptfoo/modelaudit",
    "modelscan": "https://github.com/protectai/modelscan",
}
MALICIOUS = (
    "ghsa", "malicious_", "malicious-", "malicious0", "malicious1", "malicious2", "malicious3", "malicious4",
    "malicious5", "malicious6", "malicious7", "malicious8", "malicious9", "evil", "exploit", "attack",
    "bypass", "sploit", "decode_exec", "nested_pickle", "path_traversal", "unsafe",
)  # fmt: skip
BENIGN = ("benign", "safe_", "safe-", "not_a_pickle")
"""Words in the names that peers give their fixtures."""

PICKLES = {
    ".pkl",
    ".pickle",
    ".pt",
    ".pth",
    ".bin",
    ".joblib",
    ".dill",
    ".npy",
    ".npz",
    ".ckpt",
    ".dat",
    ".sav",
}


@dataclass(frozen=True)
class Sample:
    """One file of a corpus."""

    place: Path
    corpus: str
    malicious: bool

    @property
    def family(self) -> str:
        """`pickle` for what a pickle reader opens, else `other`."""
        return "pickle" if self.place.suffix.lower() in PICKLES or "pickle" in str(self.place) else "other"


def own(folder: Path) -> list[Sample]:
    """Files of the repository's own generators."""
    sys.path.insert(0, str(HOSTILE))
    samples = []
    for path in sorted(HOSTILE.glob("hostile_*.py")):
        module = importlib.import_module(path.stem)
        kind = path.stem.removeprefix("hostile_")
        names = getattr(module, "NAMES", {})
        cases = {name: case for name, case in _cases(module).items() if isinstance(case, tuple)}
        for name, (data, rule) in cases.items():
            # A repository is a dict of files: what its files show only together is another matter.
            if isinstance(data, bytes) and RULES.get(rule) and _attack(rule):
                samples.append(Sample(_write(folder, "own", kind, name, names, data), "own", True))
        sound = getattr(module, "SOUND", {})
        for name, data in sound.items() if isinstance(sound, dict) else [("sound", sound)]:
            if isinstance(data, bytes):
                samples.append(Sample(_write(folder, "sound", kind, name, names, data), "benign", False))
    return samples


def _cases(module: ModuleType) -> dict[str, object]:
    return {**getattr(module, "CASES", {}), **getattr(module, "CARRYING", {})}


def _attack(rule: str) -> bool:
    return RULES[rule].severity is Severity.CRITICAL and RULES[rule].confidence is Confidence.HIGH


ENDINGS = {
    "onnx": ".onnx", "safetensors": ".safetensors", "pickle": ".pkl", "torch": ".pt", "gguf": ".gguf",
    "keras": ".keras", "hdf5": ".h5", "zip": ".zip", "tar": ".tar", "joblib": ".joblib", "numpy": ".npy",
    "python": ".py", "json": ".json", "template": ".jinja", "tflite": ".tflite", "skops": ".skops",
    "nemo": ".nemo", "xgboost": ".json", "lightgbm": ".txt", "catboost": ".cbm", "seven_zip": ".7z",
    "compressed": ".gz", "xml": ".xml", "coreml": ".mlmodel", "executorch": ".pte",
}  # fmt: skip
"""Ending of a generated file whose name the generator leaves open."""


def _write(folder: Path, corpus: str, kind: str, name: str, names: dict[str, str], data: bytes) -> Path:
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    own_name = name if "." in name.rpartition("/")[2] and ".." not in name else ""
    file = names.get(name) or own_name or f"model{ENDINGS.get(kind, '.bin')}"
    place = folder / corpus / f"{kind}-{safe}" / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def peers(folder: Path, given: Path | None) -> list[Sample]:
    """Fixtures that other scanners publish, with the label their names give them."""
    samples = []
    for name, address in REPOSITORIES.items():
        place = (
            next((p for p in given.iterdir() if p.name.endswith(name)), None)
            if given
            else folder / "git" / name
        )
        if place is None:
            continue
        if (
            not place.exists()
            and subprocess.run(["git", "clone", "-q", "--depth", "1", address, place], check=False).returncode
        ):
            print(f"  the fixtures of {name} cannot be fetched and are left out")
            continue
        for file in sorted(place.rglob("*")):
            label = _label(file.relative_to(place))
            if file.is_file() and not file.is_symlink() and label is not None:
                copied = folder / "peers" / name / file.relative_to(place)
                copied.parent.mkdir(parents=True, exist_ok=True)
                copied.write_bytes(file.read_bytes())
                samples.append(Sample(copied, "peers", label))
    return samples


def _label(path: Path) -> bool | None:
    """Whether a fixture is malicious, by its authors' own naming; None where that says nothing."""
    text = str(path).lower()
    in_fixtures = any(part in text for part in ("tests/data", "tests/assets", "test/data", "fixtures"))
    if not in_fixtures or path.suffix.lower() in {".py", ".md", ".txt", ".json", ".yaml", ".csv", ""}:
        return None
    if any(word in text for word in MALICIOUS):
        return True
    return False if any(word in path.name.lower() for word in BENIGN) else None


def folder_samples(folder: Path, corpus: str, *, malicious: bool) -> list[Sample]:
    """Every file below a folder, copied nowhere."""
    return [Sample(p, corpus, malicious) for p in sorted(folder.rglob("*")) if p.is_file()]


def upper(hits: int, n: int) -> float:
    """Upper end of the exact 95 % interval of a share (Clopper and Pearson, one side)."""
    if hits >= n:
        return 1.0
    low, high = hits / n if n else 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        chance = sum(_exactly(k, n, middle) for k in range(hits + 1))
        low, high = (middle, high) if chance > 0.05 else (low, middle)
    return high


def _exactly(hits: int, n: int, chance: float) -> float:
    """The chance of that many hits, through logarithms: the numbers of ways are too large for a float."""
    ways = math.lgamma(n + 1) - math.lgamma(hits + 1) - math.lgamma(n - hits + 1)
    return math.exp(ways + hits * math.log(chance) + (n - hits) * math.log1p(-chance))


def table(name: str, samples: list[Sample], said: dict[Path, str]) -> None:
    """Print the rates of one scanner."""
    for corpus in dict.fromkeys(sample.corpus for sample in samples):
        for malicious in (True, False):
            own_samples = [s for s in samples if s.corpus == corpus and s.malicious is malicious]
            if not own_samples:
                continue
            words = Counter(said.get(s.place, "error") for s in own_samples)
            n = len(own_samples)
            rates = " ".join(
                f"{word} {words[word] / n:6.1%}" for word in ("flag", "suspicious", "error", "clean")
            )
            kind = "malicious" if malicious else "benign   "
            more = (
                f"  flag at most {upper(words['flag'], n):.2%} (95 %)" if not malicious and n < 5000 else ""
            )
            print(f"  {name:<11}{corpus:<8}{kind} n={n:<6}{rates}{more}")
    for family in ("pickle", "other"):
        bad = [s for s in samples if s.malicious and s.family == family]
        if bad:
            flagged = sum(said.get(s.place) == "flag" for s in bad)
            silent = sum(said.get(s.place) == "clean" for s in bad)
            rates = f"recall {flagged / len(bad):.1%} of {len(bad)}, passed {silent / len(bad):.1%}"
            print(f"  {name:<11}{family:<8}{rates}")


def main() -> None:
    """Build the corpora, ask everybody, print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--fixtures", type=Path)
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--more", type=Path)
    parser.add_argument(
        "--environments", type=Path, default=Path(tempfile.gettempdir()) / "weigh-scanner-peers"
    )
    parser.add_argument("--misses", action="store_true", help="name what weigh gets wrong")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = own(folder) + peers(folder, options.fixtures)
        from benign_files import write_benign

        samples += [Sample(p, "benign", False) for p in write_benign(folder / "benign")]
        roots = {folder: samples}
        if options.assets:
            roots[options.assets] = folder_samples(options.assets, "assets", malicious=False)
        if options.more:
            roots[options.more] = [
                *folder_samples(options.more / "malicious", "more", malicious=True),
                *folder_samples(options.more / "benign", "more", malicious=False),
            ]
        everything = [sample for own_samples in roots.values() for sample in own_samples]
        print(
            f"{len(everything)} files; a flag is a file called dangerous, an error a file without an answer"
        )
        for scanner in ("weigh", *filter(None, options.peers.split(","))):
            said: dict[Path, str] = {}
            cpu = wall = 0.0
            rss = 0
            for root, own_samples in roots.items():
                answers, spent, seconds = ask(
                    scanner, options.environments, root, [s.place for s in own_samples]
                )
                said |= answers
                cpu, wall, rss = cpu + spent.cpu, wall + seconds, max(rss, spent.rss)
            table(scanner, everything, said)
            sys.stdout.flush()
            print(f"  {scanner:<11}CPU {cpu:.1f} s ({1000 * cpu / len(everything):.1f} ms a file), "
                  f"wall {wall:.1f} s, peak {rss / 1e6:.0f} MB\n")  # fmt: skip
            if scanner == "weigh" and options.misses:
                for sample in everything:
                    word = said.get(sample.place, "error")
                    if (sample.malicious and word != "flag") or (not sample.malicious and word != "clean"):
                        label = "malicious" if sample.malicious else "benign"
                        print(f"    {label} called {word}: {sample.place}")


if __name__ == "__main__":
    main()
