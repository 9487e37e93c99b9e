"""The pages, and the blocks of code in them."""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
GENERATED = (DOCS / "reference" / "cli.md", DOCS / "reference" / "checks.md")
GUIDES = (DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md")))
"""Pages that a person follows step by step."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    page: str
    language: str
    text: str

    def __str__(self):
        return f"{self.page}: {self.text.splitlines()[0][:40] if self.text else ''}"


def blocks(*languages):
    """Every fenced block in one of the languages, in page order; all of them when none is named."""
    return [
        Block(str(page.relative_to(ROOT)), language, text)
        for page in PAGES
        for language, text in FENCE.findall(page.read_text(encoding="utf-8"))
        if language in languages or not languages
    ]


def blocks_of(name, language):
    """The texts of one page's blocks."""
    return [block.text for block in blocks(language) if block.page == name]


def load_script():
    """docs/build_reference.py as a module; it is a script and not installed."""
    spec = importlib.util.spec_from_file_location("build_reference", DOCS / "build_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name):
    """Text of a page below docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


def told(pages):
    """The text of several pages, one after the other."""
    return "\n".join(path.read_text(encoding="utf-8") for path in pages)
