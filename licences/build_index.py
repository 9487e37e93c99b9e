"""Make src/weigh/checks/licence/licence_index.bin from the licence data of scancode-toolkit-mini.

    pip download --no-deps scancode-toolkit-mini==32.5.0 -d /tmp/scancode
    python licences/build_index.py /tmp/scancode/scancode_toolkit_mini-*.whl [--check]

`--check` writes nothing and fails when the index would change. The wheel is read as an archive; nothing
of it is installed or run.
"""  # noqa: INP001 - a script, not a package

import argparse
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from weigh.checks.licence.index import FILE_NAME, Fingerprint, write_index
from weigh.checks.licence.records import FILE_NAME as RECORDS, read_records
from weigh.checks.licence.shingles import shingles_of, words_of

HERE = Path(__file__).resolve().parent
PLACE = HERE.parent / "src/weigh/checks/licence"
LICENCES = "licensedcode/data/licenses"
RULES = "licensedcode/data/rules"


def text_of(archive: zipfile.ZipFile, key: str) -> str:
    """The text under a key, without the front matter and the marks for required phrases."""
    path = f"{RULES}/{key}" if key.endswith(".RULE") else f"{LICENCES}/{key}.LICENSE"
    whole = archive.read(path).decode("utf-8")
    return whole.split("\n---", 1)[1].replace("{{", "").replace("}}", "")


def fingerprints(archive: zipfile.ZipFile) -> Iterator[Fingerprint]:
    """A fingerprint for each text that texts.toml names.

    Raises:
        SystemExit: texts.toml names a licence that licences.toml does not have.
    """
    records = read_records((PLACE / RECORDS).read_text(encoding="utf-8"))
    table = tomllib.loads((HERE / "texts.toml").read_text(encoding="utf-8"))
    for section, notice in (("texts", False), ("notices", True)):
        for licence, keys in table[section].items():
            if licence not in records.licences:
                sys.exit(f"texts.toml names {licence}, which {RECORDS} does not have")
            for key in keys:
                yield Fingerprint(licence, notice, shingles_of(words_of(text_of(archive, key))))


def main() -> None:
    """Write the index, or compare it."""
    parser = argparse.ArgumentParser(description="Make the index of licence texts.")
    parser.add_argument("wheel", type=Path, help="the scancode-toolkit-mini wheel")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when it would change")
    options = parser.parse_args()
    with zipfile.ZipFile(options.wheel) as archive:
        made = write_index(fingerprints(archive))
    place = PLACE / FILE_NAME
    same = place.is_file() and place.read_bytes() == made
    if not options.check:
        place.write_bytes(made)
    sys.stdout.write(f"{FILE_NAME}: {len(made):,} bytes, {'unchanged' if same else 'changed'}\n")
    if options.check and not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
