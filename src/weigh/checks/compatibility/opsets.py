"""Which ONNX operator set and IR version each ONNX Runtime release accepts.

Measured by loading one-node models of every operator set (15 to 29) and IR version (8 to 15) with
each release on CPU, Linux x86-64, November 2026. A release between two rows accepts at least what
the row before it does.
"""

SUPPORT: tuple[tuple[tuple[int, int], int, int], ...] = (
    # release, highest ai.onnx operator set, highest IR version
    ((1, 20), 21, 10),
    ((1, 21), 22, 10),
    ((1, 23), 23, 11),
    ((1, 24), 25, 13),
    ((1, 25), 26, 13),
)
NEWEST_MEASURED = (1, 31)


def supported(version: str) -> tuple[int, int] | None:
    """(operator set, IR version) the release certainly accepts, or None for one older than the table.

    Args:
        version: an ONNX Runtime version such as `1.22.1`.
    """
    parts = version.split(".")
    release = (
        (int(parts[0]), int(parts[1]))
        if len(parts) >= 2 and parts[0].isdigit() and parts[1].isdigit()
        else (0, 0)
    )
    rows = [(opset, ir) for since, opset, ir in SUPPORT if release >= since]
    return rows[-1] if rows else None
