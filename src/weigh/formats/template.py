"""Jinja template files: chat templates, prompts. Judged, never rendered."""

from weigh.core.facts import Coverage, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.descent import Descent
from weigh.formats.jinja_judge import judge_template
from weigh.formats.jinja_lexer import MAX_TEMPLATE

FORMAT = "template"
MAX_BYTES = 4 * MAX_TEMPLATE
"""A character has at most four bytes."""


def read_template(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one template file. Never raises for what the file holds.

    Args:
        reader: its bytes.
        path: of the file inside the snapshot.
        descent: not needed, nothing is packed inside.
    """
    del descent
    if reader.size > MAX_BYTES:
        return FileFacts(path, FORMAT, Coverage.PARTIAL, f"templates are read up to {MAX_BYTES} bytes")
    data = reader.read(0, reader.size)
    text = data.decode("utf-8", "backslashreplace").removeprefix("\ufeff")
    judged = judge_template(text)
    whole = not any(anomaly.rule == "WGH-JT006" for anomaly in judged)
    coverage = Coverage.COMPLETE if whole else Coverage.PARTIAL
    reason = "" if whole else "it cannot be followed as a template"
    return FileFacts(path, FORMAT, coverage, reason, templates=(text,), anomalies=tuple(judged))
