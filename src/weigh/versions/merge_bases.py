"""The versions that two others both follow and that no other such version follows."""

from weigh.versions.history import History


def merge_bases(history: History, one: str, other: str) -> tuple[str, ...]:
    """Those versions, the youngest first. Usually there is one.

    None: the two have nothing in common. Several: the histories crossed, each side having merged the other's
    past; any of them is a base, and which is taken decides what counts as changed on both sides.

    Args:
        history: where they are.
        one: id of a version.
        other: id of a version.
    """
    theirs = history.ancestors(other)
    common = [logged for logged in history.log(one) if logged.id in theirs]
    followed = {parent for logged in common for parent in logged.commit.parents}
    return tuple(logged.id for logged in common if logged.id not in followed)
