"""The opcodes of pickle protocols 0 to 5: how long each is and what it takes from the stack.

Source: CPython, Lib/pickletools.py (the table `opcodes`) and PEP 3154, PEP 574.
"""

MARGIN = 320
"""Bytes past an opcode that are in the window when it is read: a short text of 255 bytes with its length."""
WINDOW = 256 * 1024
"""Bytes read at once; what one window can make bounds what is made between two looks at the limits."""
HIGHEST_PROTOCOL = 5

FIXED = {
    b".": 1, b"(": 1, b"0": 1, b"1": 1, b"2": 1, b"N": 1, b"Q": 1, b"R": 1, b"a": 1, b"b": 1, b"d": 1,
    b"}": 1, b"e": 1, b"l": 1, b"]": 1, b"o": 1, b"s": 1, b"t": 1, b")": 1, b"u": 1,
    b"J": 5, b"K": 2, b"M": 3, b"h": 2, b"j": 5, b"q": 2, b"r": 5, b"G": 9,
    b"\x80": 2, b"\x81": 1, b"\x82": 2, b"\x83": 3, b"\x84": 5, b"\x85": 1, b"\x86": 1, b"\x87": 1,
    b"\x88": 1, b"\x89": 1, b"\x8f": 1, b"\x90": 1, b"\x91": 1, b"\x92": 1, b"\x93": 1, b"\x94": 1,
    b"\x95": 9, b"\x97": 1, b"\x98": 1,
}  # fmt: skip
"""Opcodes of a fixed size, the opcode's own byte included."""
LINES = {b"F": 1, b"I": 1, b"L": 1, b"P": 1, b"S": 1, b"V": 1, b"c": 2, b"g": 1, b"i": 2, b"p": 1}
"""Opcodes followed by lines of text."""
COUNTED = {
    b"B": 4, b"C": 1, b"T": 4, b"U": 1, b"X": 4, b"\x8a": 1, b"\x8b": 4, b"\x8c": 1, b"\x8d": 8, b"\x8e": 8,
    b"\x96": 8,
}  # fmt: skip
"""Opcodes followed by a length of so many bytes and then the bytes."""
ACTS = frozenset(b"ciRobQP\x81\x82\x83\x84\x92\x93\x97\x98")
"""Opcodes that import, call, set a state, or ask the loader for something: without one a stream is data."""
