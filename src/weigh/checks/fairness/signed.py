"""Numbers that say which way they point."""


def signed(value: float) -> str:
    """With its sign, the minus as it is printed everywhere (U+2212)."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
