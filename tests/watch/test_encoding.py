import json
from dataclasses import replace

import numpy as np
import pytest
from tests.watch import batches as draw_from

from weigh.core.canonical import dumps
from weigh.core.errors import MalformedError, UsageError
from weigh.core.profile import MAX_BYTES
from weigh.datasets.table import FeatureColumns
from weigh.watch.build import Reference, build_profile
from weigh.watch.encoding import from_bytes, to_bytes


@pytest.fixture(scope="module")
def held():
    return draw_from.profile(draw_from.draw(1500, 0))


def test_a_profile_survives_being_written(held):
    data = to_bytes(held)
    assert from_bytes(data) == held
    assert to_bytes(from_bytes(data)) == data
    assert from_bytes(data).digest == held.digest


def test_equal_rows_give_equal_bytes():
    drawn = draw_from.draw(900, 3)
    assert to_bytes(draw_from.profile(drawn)) == to_bytes(draw_from.profile(drawn))


def wide(columns, n=20_000, dimensions=384, *, categorical=0, values=300):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n, columns)) * 10.0 ** rng.integers(-6, 7, size=columns)
    names = tuple(f"a column with the number {i}" for i in range(columns))
    codes = np.minimum(rng.geometric(0.02, size=(n, categorical)) - 1, values - 1)
    features = FeatureColumns(
        numbers,
        names,
        codes.astype(np.int64),
        tuple(f"category {i}" for i in range(categorical)),
        (tuple(f"value {i}" for i in range(values)),) * categorical,
    )
    labels = rng.integers(0, 2, size=n)
    proba = rng.dirichlet((1, 1), size=n // 5)
    return Reference(
        data=draw_from.DATA,
        classes=("no", "yes"),
        labels=labels,
        train=np.arange(n - n // 5),
        held_out=np.arange(n - n // 5, n),
        features=features,
        embeddings=rng.normal(size=(n, dimensions)).astype(np.float32) if dimensions else None,
        proba=proba,
    )


def test_thirty_columns_and_wide_embeddings_fit_at_full_resolution():
    made = build_profile(wide(20, categorical=10))
    assert len(to_bytes(made)) <= MAX_BYTES
    assert made.left_out == 0
    assert all(max(column.counts) <= 0.004 * 20_000 for column in made.numeric)
    assert all(len(column.values) == 100 for column in made.categorical)


def test_many_columns_get_fuller_bins_and_far_too_many_are_left_out_and_counted():
    fuller = build_profile(wide(150, n=2000, dimensions=0))
    assert len(to_bytes(fuller)) <= MAX_BYTES
    assert len(fuller.numeric) == 150
    short = build_profile(wide(1300, n=300, dimensions=0))
    assert len(to_bytes(short)) <= MAX_BYTES
    assert short.left_out + len(short.numeric) == 1300
    assert short.left_out > 0


def test_no_value_of_a_row_can_be_read_in_a_profile(held):
    text = to_bytes(held).decode()
    assert not any(town in text for town in draw_from.TOWNS)


TURNED = {"cuts": [2, 1], "atoms": [], "counts": [0, 0, 1500]}
MANY_BINS = {"cuts": list(range(600)), "counts": [0] * 601}

BROKEN = {
    "another schema": lambda p: p | {"schema": "weigh.profile/2"},
    "a count below zero": lambda p: p | {"labels": [-1, 5]},
    "labels of other classes": lambda p: p | {"labels": [1]},
    "a salt that is none": lambda p: p | {"salt": "x" * 32},
    "a column without a bin": lambda p: p | {"numeric": [p["numeric"][0] | {"counts": [1]}]},
    "cuts out of order": lambda p: p | {"numeric": [p["numeric"][1] | TURNED]},
    "an atom without a cut": lambda p: p | {"numeric": [p["numeric"][0] | {"atoms": [10**6]}]},
    "too many bins": lambda p: p | {"numeric": [p["numeric"][0] | MANY_BINS]},
    "two columns of one name": lambda p: p | {"numeric": p["numeric"] + p["numeric"]},
    "a value in the open": lambda p: p | {"categorical": [p["categorical"][0] | {"values": [["Aix", 5]]}]},
    "more right than answered": lambda p: p | {"scores": p["scores"] | {"correct": 10**9}},
    "scores of nothing": lambda p: p | {"scores": p["scores"] | {"rows": 0}},
    "no confidence": lambda p: p | {"scores": p["scores"] | {"columns": []}},
    "a huge kernel": lambda p: p | {"embeddings": p["embeddings"] | {"dimensions": 65_537}},
    "a kernel without width": lambda p: p | {"embeddings": p["embeddings"] | {"bandwidth": 0}},
    "a block too short": lambda p: p | {"embeddings": p["embeddings"] | {"blocks": [[1], [2]]}},
    "a mean beyond one": lambda p: p | {"embeddings": p["embeddings"] | {"blocks": [[200_000] * 128] * 2}},
    "a predictor without digest": lambda p: p | {"answering": p["answering"] | {"arrays": "../../etc"}},
    "a text for a number": lambda p: p | {"left_out": "1"},
    "a list for the whole": lambda p: [p],
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_profile_that_contradicts_itself_is_refused(held, name):
    told = json.loads(to_bytes(held))
    with pytest.raises(MalformedError):
        from_bytes(dumps(BROKEN[name](told)))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", b"[" * 200_000, b'{"schema":1e999}', b" " * (MAX_BYTES + 1), b"null"],
)
def test_bytes_that_are_no_profile_are_refused(data):
    with pytest.raises(MalformedError):
        from_bytes(data)


def test_every_flipped_byte_is_refused_or_still_gives_a_sound_profile(held):
    data = bytearray(to_bytes(held))
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(data), size=150).tolist():
        changed = bytearray(data)
        changed[place] ^= int(rng.integers(1, 256))
        try:
            found = from_bytes(bytes(changed))
        except MalformedError:
            continue
        assert to_bytes(found)


def test_a_profile_without_rows_or_with_answers_of_other_rows_is_not_made():
    drawn = draw_from.draw(300, 0)
    nothing = np.empty(0, dtype=np.int64)
    with pytest.raises(UsageError, match="needs rows"):
        build_profile(replace(draw_from.reference(drawn), train=nothing, held_out=nothing, proba=None))
    with pytest.raises(UsageError, match="belong to the rows"):
        build_profile(replace(draw_from.reference(drawn), proba=drawn.proba[:5]))


def test_too_many_classes_for_one_profile_are_an_error_with_the_number():
    drawn = draw_from.draw(300, 0)
    many = tuple(f"{i:0200d}" for i in range(2000))
    with pytest.raises(UsageError, match="too large"):
        build_profile(replace(draw_from.reference(drawn), classes=many, proba=None))
