"""Time of `weigh discover` on a generated code base of 100,000 lines, and what it found there.

python benchmarks/discovery.py [LINES]
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from weigh.project.discover.discover import discover

_MODULE = '''"""Module {n} of the generated code base."""

import os
from dataclasses import dataclass

import torch
from transformers import AutoModel, AutoTokenizer

from package.settings import DEFAULT, NAMES

LOCAL = "acme/encoder-{n}"


@dataclass
class Settings:
    name: str = LOCAL
    batch: int = 8


class Worker:
    """Does something with a model."""

    def __init__(self, settings=None, name=DEFAULT):
        self.settings = settings or Settings()
        self.model = AutoModel.from_pretrained(self.settings.name)
        self.tokenizer = AutoTokenizer.from_pretrained(name)

    def run(self, rows):
        for row in rows:
            values = [value * 2 for value in row if value is not None]
            total = sum(values) / max(1, len(values))
            self.report(total, name=row[0], path=os.path.join("out", str(total)))

    def report(self, total, *, name, path):
        text = "{{}} of {{}}".format(name, total)
        if total > 3:
            print(text, path)
        elif total < 0:
            raise ValueError(text)
        return {{"name": name, "total": total, "path": path}}


def choose(kind):
    return AutoModel.from_pretrained(NAMES[kind])


'''
_FILLER = """def step_{n}_{m}(first, second=2, *others, **more):
    result = []
    for index, item in enumerate(others):
        if item and index % second:
            result.append(transform(item, first, key=more.get("key")))
        else:
            result.extend(transform(part, index) for part in (item, first))
    return torch.tensor(result).sum().item()


"""


def write(folder: Path, lines: int) -> int:
    """A package of `lines` lines in modules of about 400; returns how many loader calls it holds."""
    package = folder / "package"
    package.mkdir()
    names = ", ".join(f'"k{i}": "acme/model-{i}"' for i in range(8))
    (package / "__init__.py").write_text("")
    (package / "settings.py").write_text(f'DEFAULT = "acme/tokenizer"\nNAMES = {{{names}}}\n')
    written, number = 0, 0
    while written < lines:
        text = _MODULE.format(n=number) + "".join(_FILLER.format(n=number, m=m) for m in range(36))
        (package / f"module_{number}.py").write_text(text)
        written += text.count("\n")
        number += 1
    return number * 3


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        calls = write(Path(name), lines)
        start = time.perf_counter()
        found = discover(Path(name))
        seconds = time.perf_counter() - start
    places = {use.place for use in found.uses if use.loader != "named"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{found.lines:,} lines · {found.files:,} files · {seconds:.1f} s · {peak:.0f} MiB")
    print(f"{len(places):,} of {calls:,} loader calls resolved · {len(found.unresolved)} unresolved")
    print(f"{found.lines / seconds:,.0f} lines a second · target: 100,000 lines in 10 s")


if __name__ == "__main__":
    main()
