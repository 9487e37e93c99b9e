"""Run the program as a user would: its own arguments, its own exit code, its own output."""

import random
import sys
from dataclasses import dataclass

import pytest

from weigh.cli import main as program

GOOD = ("lovely", "brilliant", "charming", "superb", "delightful", "warm")
BAD = ("dreadful", "clumsy", "boring", "awful", "tedious", "cold")
FILL = ("the", "a", "film", "plot", "story", "actor", "scene", "was", "and", "quite", "rather", "very")


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture
def weigh(tmp_path, monkeypatch, capsys):
    """Call the program in a fresh folder with a fresh store; returns how it ended."""
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["weigh", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            program.run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return Ended(int(ended.value.code), said.out, said.err)

    return call


def sentence(rng, words, share):
    core = [rng.choice(words) if rng.random() < share else rng.choice(GOOD + BAD) for _ in range(2)]
    text = [*rng.choices(FILL, k=6), *core]
    rng.shuffle(text)
    return " ".join(text) + f" {rng.randrange(10**6)}"


def reviews(path, n=240, *, seed=0, share=0.9, shops=("north", "south")):
    """A CSV of `n` reviews whose words tell the label with probability `share`."""
    rng = random.Random(seed)
    lines = ["id,body,stars,shop"]
    for i in range(n):
        label = rng.choice(["good", "bad"])
        words = GOOD if label == "good" else BAD
        lines.append(f"{i},{sentence(rng, words, share)},{label},{rng.choice(shops)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def make_reviews():
    return reviews
