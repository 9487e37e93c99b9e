"""What `weigh run` says after a program that failed."""

from collections.abc import Sequence

from weigh.render.escape import visible


def asked_words(asked: Sequence[str], refused: Sequence[str], *, missed: bool = False) -> str:
    """Which models the program asked for, and what would let it have them; "" when there is nothing to say.

    Args:
        asked: refs that are not locked; hostile.
        refused: hosts that it was kept away from; hostile.
        missed: a client said that a model is not in its cache, whichever.
    """
    lines = []
    for ref in asked:
        lines.append(f"weigh: the program asked for {visible(ref)}, which models.lock does not hold")
        lines.append(f"  try   weigh add {visible(quoted(ref))} && weigh sync")
    if refused and not asked:
        lines.append(f"weigh: the program was kept away from {', '.join(visible(h) for h in refused)}")
        lines.append("  why   weigh run lets nothing be loaded from a model hub that is not locked")
        lines.append(
            "  try   weigh discover, to see which models it asks for, then weigh add and weigh sync;"
        )
        lines.append(f"        or weigh run --allow-host {visible(refused[0])} for what is no model")
    elif missed and not asked:
        lines.append(
            "weigh: the program asked for a model that models.lock does not hold; it does not say which"
        )
        lines.append("  try   weigh discover, to see which models it asks for, then weigh add and weigh sync")
    return "".join(f"{line}\n" for line in lines)


def quoted(text: str) -> str:
    """Text for a shell, quoted where it needs to be."""
    import shlex

    return shlex.quote(text)
