"""What a kill, at any moment, leaves of the history of a model: every version that was acknowledged."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


def trials(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.packs.crash_trials", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_fifty_kills_at_random_moments_lose_no_version_and_give_no_wrong_byte(tmp_path):
    assert trials("random", tmp_path, 50, 1) == 50


@pytest.mark.slow
def test_a_kill_before_any_call_of_the_system_loses_no_version(tmp_path):
    assert trials("steps", tmp_path, 600, 2) > 50


@pytest.mark.slow
def test_a_thousand_kills_lose_no_version_and_give_no_wrong_byte(tmp_path):
    assert trials("random", tmp_path, 1000, 3) == 1000
