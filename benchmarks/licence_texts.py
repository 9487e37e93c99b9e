"""How often the licence of a touched text is found, and how often something else is taken for a licence.

    pip download --no-deps scancode-toolkit-mini==32.5.0 -d /tmp/scancode
    python benchmarks/licence_texts.py /tmp/scancode/scancode_toolkit_mini-*.whl

Touched: every 40th word dropped, names of companies replaced, lines broken anew; a text counts as found
when the first licence named is the right one. Harder: every 20th word dropped and the first tenth gone.
Variants: the licence texts that scancode has collected in real files, as they stand. Not licences: the
descriptions of installed packages, the language reference inside Python, and this repository's pages.
"""

import argparse
import ast
import random
import re
import sys
import sysconfig
import time
import tomllib
import zipfile
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path
from pydoc_data.topics import topics

from weigh.checks.licence.index import search, shipped_index
from weigh.checks.licence.records import shipped_records

HERE = Path(__file__).resolve().parent.parent
LICENCES = "licensedcode/data/licenses"
RULES = "licensedcode/data/rules"
NAMES = re.compile(
    r"\b(Meta Platforms(?: Ireland Limited)?|Meta|Google|Alibaba Cloud|NVIDIA|Stability AI|BigScience|"
    r"Tencent|Licensor|Black Forest Labs|Playground|TII|MariaDB|Mozilla|Free Software Foundation|Microsoft)\b"
)
QUOTES = re.compile(
    r"permission\s+is\s+hereby\s+granted|you\s+may\s+not\s+use\s+this\s+file|redistributions?\s+of\s+source",
    re.IGNORECASE,
)
"""Words by which a text quotes a licence or its notice."""


def texts(archive):
    """(licence, text) of every full text of the index."""
    table = tomllib.loads((HERE / "licences/texts.toml").read_text(encoding="utf-8"))["texts"]
    for licence, keys in table.items():
        for key in keys:
            yield licence, body(archive.read(f"{LICENCES}/{key}.LICENSE"))


def body(data):
    """A text without front matter and marks."""
    return data.decode("utf-8").split("\n---", 1)[1].replace("{{", "").replace("}}", "")


def touched(text, seed, *, every=40, cut=0.0):
    """Words dropped, names replaced, lines broken anew."""
    draw = random.Random(seed)  # noqa: S311 - repeatable draws, nothing secret
    name = draw.choice(["Acme", "Initech", "The Example Institute", "Umbrella GmbH"])
    words = NAMES.sub(name, text).split()
    words = words[int(len(words) * cut) :]
    start = draw.randrange(every)
    kept = [w for place, w in enumerate(words) if place % every != start]
    width = draw.randint(6, 20)
    return "\n".join(" ".join(kept[at : at + width]) for at in range(0, len(kept), width))


def variants(archive, limit):
    """(licence, text) of licence texts collected in real files, at most `limit` a licence."""
    table = tomllib.loads((HERE / "licences/texts.toml").read_text(encoding="utf-8"))["texts"]
    wanted = {key: licence for licence, keys in table.items() for key in keys}
    taken = Counter()
    for name in sorted(archive.namelist()):
        if not name.startswith(f"{RULES}/"):
            continue
        data = archive.read(name)
        expression = re.search(rb"^license_expression: (\S+)\s*$", data, re.MULTILINE)
        key = expression[1].decode() if expression else ""
        if key in wanted and b"\nis_license_text: yes" in data and taken[key] < limit:
            text = body(data)
            if len(text.split()) >= 80:
                taken[key] += 1
                yield wanted[key], text


def others():
    """Texts that are no licences, without those that quote one."""
    for text in _prose():
        if len(text.split()) >= 100 and not QUOTES.search(text):
            yield text


def _prose():
    yield from topics.values()
    for page in sorted((HERE / "docs").rglob("*.md")):
        yield page.read_text(encoding="utf-8")
    for package in distributions():
        yield str(package.metadata.get_payload())
    for name in sorted(sys.stdlib_module_names):
        path = Path(sysconfig.get_path("stdlib")) / f"{name}.py"
        if path.is_file():
            yield ast.get_docstring(ast.parse(path.read_bytes())) or ""


def measure(name, pairs):
    """Print hits of the first licence named, and the time a text takes."""
    records, index = shipped_records(), shipped_index()
    right, missed, seconds = 0, [], []
    for licence, text in pairs:
        begun = time.perf_counter()
        found = search(text, index, records)
        seconds.append(time.perf_counter() - begun)
        first = found.matches[0].licence if found.matches else "nothing"
        right += first == licence
        if first != licence:
            missed.append(f"{licence} → {first}")
    n = len(seconds)
    print(
        f"{name}: {right}/{n} = {right / n:.4f}, {1e3 * sum(seconds) / n:.1f} ms a text, "
        f"slowest {1e3 * max(seconds):.0f} ms"
    )
    for line, times in Counter(missed).most_common(12):
        print(f"    {line} ({times})")


def main():
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--times", type=int, default=4, help="touched copies of each text")
    options = parser.parse_args()
    begun = time.perf_counter()
    shipped_records(), shipped_index()
    print(f"start: {1e3 * (time.perf_counter() - begun):.0f} ms")
    with zipfile.ZipFile(options.wheel) as archive:
        known = list(texts(archive))
        print(f"{len(known)} texts of {len({licence for licence, _ in known})} licences")
        times = range(options.times)
        measure(
            "touched", [(licence, touched(text, f"{licence}{s}")) for licence, text in known for s in times]
        )
        harder = [(i, touched(t, f"{i}{s}", every=20, cut=0.1)) for i, t in known for s in times]
        measure("harder", harder)
        measure("variants", list(variants(archive, 20)))
    found = [text for text in others() if search(text, shipped_index(), shipped_records()).matches]
    print(f"not licences: {len(found)} of {len(list(others()))} taken for one")
    for text in found[:5]:
        print("    " + " ".join(text.split())[:120])


if __name__ == "__main__":
    sys.exit(main())
