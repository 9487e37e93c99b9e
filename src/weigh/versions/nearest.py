"""A version that a new one may be near to."""

from dataclasses import dataclass

from weigh.versions.tree import Tree


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version that may hold what is near.

    Attributes:
        name: how it is called, for people.
        tree: its files.
    """

    name: str
    tree: Tree
