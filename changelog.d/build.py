"""Build CHANGELOG.md from the fragments in this folder, or check that it is up to date.

A fragment is `NAME.KIND.md` with one sentence in a user's words; KIND is added, changed or fixed.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE.parent / "CHANGELOG.md"
KINDS = {"added": "Added", "changed": "Changed", "fixed": "Fixed"}


def build() -> str:
    """The text of CHANGELOG.md."""
    lines = [
        "# Changelog",
        "",
        "Made from the fragments in `changelog.d/`.",
        "",
        "## 0.1.0, not yet released",
        "",
    ]
    for kind, title in KINDS.items():
        fragments = sorted(HERE.glob(f"*.{kind}.md"))
        if fragments:
            lines += [f"### {title}", ""]
            lines += [f"- {' '.join(f.read_text(encoding='utf-8').split())}" for f in fragments]
            lines.append("")
    return "\n".join(lines)


def main() -> int:
    """Write the file; with `--check`, only compare. Returns the exit code."""
    stray = [f.name for f in HERE.glob("*.md") if f.name.split(".")[-2] not in KINDS]
    if stray:
        sys.stderr.write(f"fragments of an unknown kind: {', '.join(sorted(stray))}\n")
        return 1
    if "--check" not in sys.argv:
        TARGET.write_text(build(), encoding="utf-8")
        return 0
    if not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != build():
        sys.stderr.write("CHANGELOG.md is out of date: run python changelog.d/build.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
