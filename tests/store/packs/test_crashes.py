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


WRITER = """
import sys, time
from pathlib import Path
from tests.store.packs.made import put_bytes, safetensors, values
from weigh.store.packs.objects import Objects
root, seed = Path(sys.argv[1]), int(sys.argv[2])
folder = root / sys.argv[2]
folder.mkdir()
with Objects(root / "store") as objects:
    for number in range(6):
        data = safetensors({"w": values(seed * 100 + number, (80, 80)), "same": values(number, (80, 80))})
        name = put_bytes(objects, folder, data, "m.safetensors").id.hex()
        print(name, seed * 100 + number, number, flush=True)
"""


def test_two_writers_and_a_reader_at_a_time_lose_nothing(tmp_path):
    from tests.store.packs.made import back, safetensors, values

    from weigh.store.packs.objects import Objects

    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(seed)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    told = []
    with Objects(tmp_path / "store") as reader:
        for writer in writers:
            for line in writer.stdout:
                name, own, shared = line.split()
                data = safetensors({"w": values(int(own), (80, 80)), "same": values(int(shared), (80, 80))})
                assert back(reader, bytes.fromhex(name)) == data
                told.append(name)
            assert writer.wait() == 0
            writer.stdout.close()
    assert len(set(told)) == 12
