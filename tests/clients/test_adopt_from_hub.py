"""The main job from end to end: a model on a hub, run by torch, judged on rows."""

import json
import random
import subprocess
import sys

import pytest
from tests.clients.conftest import MINILM

pytestmark = pytest.mark.clients
pytest.importorskip("torch")
pytest.importorskip("transformers")

GOOD = (
    "lovely",
    "brilliant",
    "charming",
    "superb",
    "delightful",
    "moving",
    "a triumph",
    "worth every minute",
)
BAD = ("dreadful", "clumsy", "boring", "awful", "tedious", "hollow", "a disaster", "a waste of time")
SAID = ("The film was {}.", "I found the plot {}.", "{} from start to end.", "The actors were {}, I thought.")


def rows(path, n=240):
    rng = random.Random(5)
    lines = ["text,verdict"]
    for i in range(n):
        good = rng.random() < 0.5
        text = f"{rng.choice(SAID).format(rng.choice(GOOD if good else BAD))} Take {i}."
        lines.append(f'"{text}",{"good" if good else "bad"}')
    path.write_text("\n".join(lines) + "\n")


def weigh(tmp_path, *arguments):
    import os

    environ = os.environ | {"WEIGH_HOME": str(tmp_path / "home")}

    run = "import sys; from weigh.cli.main import run; sys.argv[0] = 'weigh'; run()"
    command = [sys.executable, "-c", run, *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)


def test_a_model_of_the_hub_is_adopted(hub, packaged, tmp_path):
    hub.folder("local/all-MiniLM-L6-v2", packaged(MINILM))
    rows(tmp_path / "reviews.csv")
    ref = "hf:local/all-MiniLM-L6-v2@main"
    ended = weigh(tmp_path, "adopt", ref, "--data", "reviews.csv", "--label", "verdict", "--text", "text")
    print(ended.stdout, ended.stderr)
    assert ended.returncode in {0, 1}
    assert "torch, sandboxed" in ended.stdout
    before = len(hub.seen)
    again = weigh(tmp_path, "adopt", ref, "--data", "reviews.csv", "--label", "verdict", "--text", "text")
    assert again.returncode == ended.returncode
    assert not [s for s in hub.seen[before:] if "/resolve/" in s.path and "safetensors" in s.path]


def test_inspecting_it_fetches_a_hundredth(hub, packaged, tmp_path):
    hub.folder("local/all-MiniLM-L6-v2", packaged(MINILM))
    ended = weigh(tmp_path, "inspect", "hf:local/all-MiniLM-L6-v2", "--json")
    found = json.loads(ended.stdout)
    ranges = [s.range for s in hub.asked("cdn")]
    print(f"\n{found.get('revision')}: asked the content network for {ranges}")
    assert 0 < len(ranges) <= 3
    assert all(r.startswith("bytes=") for r in ranges)


def test_a_lock_of_a_branch_stays_at_its_commit(hub, tmp_path):
    repo = hub.repo("acme/tiny", {"config.json": b"{}", "model.safetensors": bytes(64)})
    (tmp_path / "models.toml").write_text('[models.tiny]\nfiles = [{ from = "hf:acme/tiny@main" }]\n')
    first = weigh(tmp_path, "lock")
    assert first.returncode == 0, first.stderr
    locked = (tmp_path / "models.lock").read_text()
    assert f"hf:acme/tiny@main/{repo.refs['main']}#config.json" in locked
    repo.commit({"config.json": b"[]"})
    assert weigh(tmp_path, "lock", "--check").returncode == 0
    assert (tmp_path / "models.lock").read_text() == locked
