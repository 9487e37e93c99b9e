"""What a kill, at any moment, leaves behind. The ledger's own trials are in tests/ledger."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def trials(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.crash_trials", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("subject", ["blobs", "derived"])
def test_a_kill_before_any_call_of_the_system_loses_and_tears_nothing(tmp_path, subject):
    assert trials("steps", subject, tmp_path, 400, 1) > 20


@pytest.mark.parametrize("subject", ["blobs", "derived"])
def test_a_kill_at_a_random_moment_loses_and_tears_nothing(tmp_path, subject):
    assert trials("random", subject, tmp_path, 30, 2) == 30


@pytest.mark.parametrize("subject", ["blobs", "derived"])
def test_an_interrupt_at_a_random_moment_leaves_no_temporary_file(tmp_path, subject):
    assert trials("interrupt", subject, tmp_path, 20, 3) == 20


@pytest.mark.slow
@pytest.mark.parametrize("subject", ["blobs", "derived"])
def test_hundreds_of_kills_lose_and_tear_nothing(tmp_path, subject):
    assert trials("random", subject, tmp_path, 500, 4) == 500
