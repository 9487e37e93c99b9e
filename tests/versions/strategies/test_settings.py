"""What a merge is asked: patterns, numbers, and how they are told again."""

import re

import pytest
from hypothesis import given, strategies as st

from weigh.core.errors import UsageError
from weigh.versions.strategies.settings import Chosen, Settings, Strategy, chosen


@given(st.text("ab.*", min_size=1, max_size=8), st.text("ab.", max_size=10))
def test_a_star_stands_for_any_text(pattern, name):
    wanted = re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name) is not None
    assert Chosen(pattern, Strategy.OURS).fits(name) == wanted


def test_a_pattern_is_read_from_its_last_equals_sign():
    assert chosen("a=b.*=slerp") == Chosen("a=b.*", Strategy.SLERP)
    for bad in ("x", "=ours", "x=", "x=mean", "x" * 501 + "=ours", "a\x1b=ours"):
        with pytest.raises(UsageError):
            chosen(bad)


def test_the_nearest_choice_counts():
    asked = Settings(
        Strategy.AVERAGE,
        tensors=(chosen("head.*=theirs"), chosen("*.bias=ours")),
        files=(chosen("*.md=theirs"),),
    )
    assert asked.for_tensor("head.bias") is Strategy.THEIRS
    assert asked.for_tensor("layer.bias") is Strategy.OURS
    assert asked.for_tensor("layer.weight") is Strategy.AVERAGE
    assert (asked.for_file("a.md"), asked.for_file("a.txt")) == (Strategy.THEIRS, None)
    assert Settings(Strategy.OURS).for_file("a.txt") is Strategy.OURS
    assert Settings().for_tensor("layer.weight") is None


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Settings(), "merge"),
        (Settings(Strategy.OURS), "merge --strategy ours"),
        (Settings(Strategy.AVERAGE), "merge --strategy average --weight 0.5"),
        (Settings(Strategy.TIES, 0.7, 0.2), "merge --strategy ties --weight 0.7 --density 0.2"),
        (
            Settings(Strategy.DARE, seed=3, normalise=True),
            "merge --strategy dare --weight 1.0 --density 0.5 --seed 3 --normalise",
        ),
        (
            Settings(Strategy.AVERAGE, tensors=(chosen("a=task-arithmetic"),)),
            "merge --strategy average (average 0.5, task-arithmetic 1.0) --tensor-strategy a=task-arithmetic",
        ),
        (Settings(Strategy.SLERP, normalise=False), "merge --strategy slerp --weight 0.5"),
        (
            Settings(files=(chosen("*.md=theirs"),)),
            "merge --file-strategy *.md=theirs",
        ),
    ],
)
def test_every_parameter_is_told(asked, told):
    assert asked.check().told() == told


@pytest.mark.parametrize(
    "asked",
    [
        Settings(weight=float("inf")), Settings(weight=1e9), Settings(density=0), Settings(density=1.1),
        Settings(density=float("nan")), Settings(seed=-1), Settings(seed=1 << 63),
        Settings(files=(Chosen("*", Strategy.TIES),)),
    ],
)  # fmt: skip
def test_numbers_out_of_their_range_are_refused(asked):
    with pytest.raises(UsageError):
        asked.check()
