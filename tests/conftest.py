"""What all tests share.

Names of parametrised tests that every process gives alike: bytes may hold the time they were made at. The
generators of hostile files, which several folders of tests use and which are no packages. The files that take
longest come first: begun last, one process would work on them while the other waits.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "hostile"))


def pytest_make_parametrize_id(config, val, argname):
    return f"{argname}-{len(val)}-bytes" if isinstance(val, bytes | bytearray) else None


LONGEST = (
    "jobs/test_demo.py", "cli/test_interrupts.py", "cli/test_adopt.py", "jobs/test_adopt_models.py",
    "clients/test_sync_hf.py", "ledger/test_ledger.py", "jobs/test_adult.py", "cli/test_hostile_models.py",
    "project/materialise/test_check.py", "external/test_model_histories.py", "browser/test_accessible.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    def place(item):
        path = item.path.as_posix()
        return next((place for place, name in enumerate(LONGEST) if path.endswith(f"/{name}")), len(LONGEST))

    items.sort(key=place)
