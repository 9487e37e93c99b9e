"""Sets of words written as running text, so that a long list takes a few lines and is easy to review."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
