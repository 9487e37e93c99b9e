"""What all tests share.

Names of parametrised tests that every process gives alike: bytes may hold the time they were made at. The
generators of hostile files, which several folders of tests use and which are no packages.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "hostile"))


def pytest_make_parametrize_id(config, val, argname):
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes | bytearray) else None
