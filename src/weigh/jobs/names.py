"""Names from outside that no lock, ledger or report could carry are refused before any work is done."""

from weigh.core.errors import UsageError
from weigh.core.snapshot import Snapshot


def is_text(text: str) -> bool:
    """Whether a text has a UTF-8 form; bytes that are none reach a program as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def check_names(name: str, snapshot: Snapshot) -> None:
    """Refuse files whose names are no text.

    Args:
        name: what the files belong to, as the user calls it.
        snapshot: the files.

    Raises:
        UsageError: there is one.
    """
    for file in snapshot.files:
        if not is_text(file.path):
            raise UsageError(
                f"cannot use the file {file.path!r} of {name}",
                why="its name is not UTF-8",
                hint="rename it, or leave it out",
            )
