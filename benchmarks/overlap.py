"""Overlap with training texts: speed, recall under noise, and false hits, in one run.

    python benchmarks/overlap.py [TEXTS.txt …]

Synthetic texts have words as frequent as in language (Zipf). Files named on the command line hold one
real text a line (the last tab-separated column counts); each file is split in two halves that have
nothing to do with each other, so every hit between them is a copy, a quotation or a stock phrase.
"""

import math
import random
import sys
import time
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from weigh.checks.provenance.overlap import overlapping
from weigh.checks.provenance.word_runs import ask

VOCABULARY = [f"w{i}" for i in range(20_000)]
CUMULATED = list(accumulate(1 / (i + 1) for i in range(len(VOCABULARY))))
DOCUMENTS = 5_000


def text(rng: random.Random, length: int) -> str:
    return " ".join(rng.choices(VOCABULARY, cum_weights=CUMULATED, k=length))


def noisy(rng: random.Random, original: str, share: float) -> str:
    words = original.split()
    for place in rng.sample(range(len(words)), math.ceil(share * len(words))):
        words[place] = rng.choice(VOCABULARY) + "x"
    return " ".join(words)


def rate(tests: Sequence[str], references: Sequence[str]) -> tuple[float, float]:
    """(share of tests that count as copies, documents a CPU second)."""
    began = time.process_time()
    asked = ask(tests)
    hits = overlapping(asked, asked.common_with(references))
    return float(hits.mean()), (len(tests) + len(references)) / (time.process_time() - began)


def synthetic() -> None:
    print("words  recall, a tenth replaced  recall, a fifth  false hits  documents/s")
    rng = random.Random(0)  # noqa: S311 - texts, not secrets
    for length in (20, 35, 50, 100, 200, 400):
        originals = [text(rng, length) for _ in range(DOCUMENTS)]
        strangers = [text(rng, length) for _ in range(DOCUMENTS)]
        tenth, _ = rate([noisy(rng, t, 0.1) for t in originals], originals)
        fifth, _ = rate([noisy(rng, t, 0.2) for t in originals], originals)
        false, speed = rate(strangers, originals)
        print(f"{length:>5}  {tenth:>24.2%}  {fifth:>15.2%}  {false:>10.3%}  {speed:>11,.0f}")


def real(path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    texts = [line.rpartition("\t")[2] for line in lines if line.strip()]
    random.Random(0).shuffle(texts)  # noqa: S311 - texts, not secrets
    half = len(texts) // 2
    share, speed = rate(texts[:half], texts[half:])
    print(f"{path.name}: {share:.3%} of {half:,} texts stand in the other half, {speed:,.0f} documents/s")


def main() -> None:
    synthetic()
    for name in sys.argv[1:]:
        real(Path(name))


if __name__ == "__main__":
    main()
