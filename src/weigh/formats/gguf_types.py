"""GGUF's element types: how many values share a block, and how many bytes a block has.

Source: ggml/src/ggml.c (type traits) and gguf-py 0.19.0 (GGML_QUANT_SIZES). Types that were withdrawn keep
their numbers; files with them exist.
"""

from types import MappingProxyType

PLAIN = MappingProxyType(
    {
        0: ("F32", 4),
        1: ("F16", 2),
        24: ("I8", 1),
        25: ("I16", 2),
        26: ("I32", 4),
        27: ("I64", 8),
        28: ("F64", 8),
        30: ("BF16", 2),
    }
)
"""Type number → name in core's table, bytes of a value."""

BLOCKS = MappingProxyType(
    {
        2: ("q4_0", 32, 18),
        3: ("q4_1", 32, 20),
        6: ("q5_0", 32, 22),
        7: ("q5_1", 32, 24),
        8: ("q8_0", 32, 34),
        9: ("q8_1", 32, 40),
        10: ("q2_k", 256, 84),
        11: ("q3_k", 256, 110),
        12: ("q4_k", 256, 144),
        13: ("q5_k", 256, 176),
        14: ("q6_k", 256, 210),
        15: ("q8_k", 256, 292),
        16: ("iq2_xxs", 256, 66),
        17: ("iq2_xs", 256, 74),
        18: ("iq3_xxs", 256, 98),
        19: ("iq1_s", 256, 50),
        20: ("iq4_nl", 32, 18),
        21: ("iq3_s", 256, 110),
        22: ("iq2_s", 256, 82),
        23: ("iq4_xs", 256, 136),
        29: ("iq1_m", 256, 56),
        31: ("q4_0_4_4", 32, 18),
        32: ("q4_0_4_8", 32, 18),
        33: ("q4_0_8_8", 32, 18),
        34: ("tq1_0", 256, 54),
        35: ("tq2_0", 256, 66),
        36: ("iq4_nl_4_4", 32, 18),
        37: ("iq4_nl_4_8", 32, 18),
        38: ("iq4_nl_8_8", 32, 18),
        39: ("mxfp4", 32, 17),
        40: ("nvfp4", 64, 36),
        41: ("q1_0", 128, 18),
    }
)
"""Type number → name, values of a block, bytes of a block."""

MOST_TYPE = 512
"""Numbers below may be types newer than this table, or of a fork; the largest in use is near 400."""


def block(kind: int) -> tuple[str, int, int] | None:
    """Name, values of a block and bytes of a block; None for a type that is not known."""
    if kind in PLAIN:
        name, size = PLAIN[kind]
        return name, 1, size
    return BLOCKS.get(kind)


def described(kind: int, *, big: bool) -> tuple[str, str]:
    """The element type in core's words, and the encoding."""
    if kind in PLAIN:
        name, size = PLAIN[kind]
        return name, "big-endian" if big and size > 1 else ""
    if kind in BLOCKS:
        name, values, size = BLOCKS[kind]
        order = ", big-endian" if big else ""
        return "BLOCKS", f"{name}: {values} values in {size} bytes{order}"
    return "UNKNOWN", f"type {kind}"
