"""Planted descents are found, strangers are not; what is copied to deceive proves what it is and no more."""

import numpy as np
import pytest
from tests.store.compare.model_files import bf16, matrix
from tests.versions.lineage_models import INNER, LAYERS, WIDTH, count, learnt, model, of, tuned

from weigh.core.lineage import Descent
from weigh.versions.lineage import relate
from weigh.versions.lineage_likeness import STRANGERS

BASE = model(1)
BASE_SIDE = of("base", BASE)


def asked(tensors, base=BASE_SIDE, **files):
    return relate(of("child", tensors, **files), base)


def said(relation):
    return "\n".join(relation.reasons)


@pytest.mark.parametrize("by", [0.001, 0.03, 0.2])
def test_a_fine_tune_is_likely(by):
    found = asked(tuned(BASE, by=by))
    assert found.descent is Descent.LIKELY
    assert found.shared.tensors == ()
    assert found.likeness.low > 0.9
    assert found.likeness.null_p == pytest.approx(1 / (1 + len(STRANGERS)))
    assert "two trainings from the same initial values are alike, too" in said(found)


def test_a_fine_tune_with_a_frozen_table_is_proved_and_the_share_is_exact():
    found = asked(tuned(BASE, frozen=("words.weight",)))
    assert found.descent is Descent.YES
    assert [t.name for t in found.shared.tensors] == ["words.weight"]
    assert found.shared.share == BASE["words.weight"].size / count(BASE)


def test_the_same_model_is_proved():
    found = asked(BASE)
    assert found.descent is Descent.YES
    assert found.shared.share_of_paired == 1
    assert found.likeness is None


@pytest.mark.parametrize("seed", range(2, 8))
def test_a_stranger_is_none(seed):
    found = asked(model(seed))
    assert found.descent is Descent.NO
    assert found.shared.tensors == ()
    assert found.likeness.count == 2 * LAYERS + 1
    assert found.likeness.low < 0 < found.likeness.high
    assert found.likeness.reordered == 0
    assert f"{len(STRANGERS)} pairs trained independently" in said(found)
    assert "p = " in said(found)


def test_tables_that_every_model_has_prove_nothing():
    copied = {n: t for n, t in BASE.items() if not learnt(n)}
    found = asked(model(2) | copied)
    assert found.descent is Descent.NO
    assert found.shared.tensors == ()
    reasons = {t.name: t.why for t in found.shared.trivial}
    assert set(reasons) == set(copied)
    assert "computes" in reasons["position_ids"]
    assert "recurrence" in reasons["places.weight"]
    assert "compresses" in reasons["layer.0.norm.weight"]
    assert reasons["mask"]


def test_a_copied_table_is_no_fine_tune_and_its_share_is_told():
    found = asked(model(2) | {"words.weight": BASE["words.weight"]})
    assert found.descent is Descent.NO
    size = BASE["words.weight"].size
    assert found.shared.values == size
    assert found.shared.share == size / count(BASE)
    assert f"{size:,} values are the other model's, bit for bit: 23.9 %" in said(found)
    assert "a part was taken, not the model" in said(found)


def test_a_copied_table_that_is_most_of_the_model_is_no_fine_tune_either():
    large = matrix(77, 4000, WIDTH)
    base = of("base", BASE | {"words.weight": large})
    found = asked(model(2) | {"words.weight": large}, base)
    assert found.descent is Descent.NO
    assert found.shared.share > 0.75


def neurons_in_another_order(tensors, *, signs=False, factors=False, everywhere=False):
    """The same network, its neurons renumbered; on request turned, scaled, and the stream renumbered, too."""
    random = np.random.default_rng(5)
    made = dict(tensors)
    stream = random.permutation(WIDTH) if everywhere else np.arange(WIDTH)
    made["words.weight"] = tensors["words.weight"][:, stream]
    for i in range(LAYERS):
        order = random.permutation(INNER)
        turn = random.choice([-1.0, 1.0], INNER) if signs else np.ones(INNER)
        by = (turn * np.exp(random.uniform(-3, 3, INNER) if factors else np.zeros(INNER)))[:, None]
        up, down = f"layer.{i}.up.weight", f"layer.{i}.down.weight"
        made[up] = (tensors[up][order][:, stream] * by).astype(np.float32)
        made[down] = (tensors[down][:, order][stream] / by.T).astype(np.float32)
        made[f"layer.{i}.up.bias"] = (tensors[f"layer.{i}.up.bias"][order] * by[:, 0]).astype(np.float32)
    return made


@pytest.mark.parametrize("how", [{}, {"signs": True}, {"factors": True}, {"everywhere": True}])
@pytest.mark.parametrize("by", [0, 0.02])
def test_renumbered_neurons_are_found_and_prove_nothing(how, by):
    changed = neurons_in_another_order(tuned(BASE, by=by) if by else BASE, **how)
    # The table is left out, so that nothing but the renumbered layers can tell.
    changed["words.weight"] = model(2)["words.weight"]
    found = asked(changed)
    assert found.descent is Descent.LIKELY
    assert found.likeness.reordered >= 2 * LAYERS
    assert found.likeness.sought >= found.likeness.reordered
    assert not any(t.is_whole for t in found.shared.tensors)


def test_scaled_weights_are_as_near_as_before():
    found = asked({n: (t * np.float32(3.7)) if learnt(n) else t for n, t in BASE.items()})
    assert found.descent is Descent.LIKELY
    assert found.likeness.low > 0.999


def test_a_cast_is_proved_and_a_strangers_cast_is_not():
    def cast(tensors):
        return {n: bf16(t) if learnt(n) else t for n, t in tensors.items()}

    found = asked(cast(BASE))
    assert found.descent is Descent.YES
    assert "F32 rounded to BF16" in {t.how for t in found.shared.tensors}
    assert asked(cast(model(2))).descent is Descent.NO
    assert asked(cast(tuned(BASE, by=0.05))).descent is Descent.LIKELY


def test_values_that_stayed_prove_a_part():
    random = np.random.default_rng(3)
    kept = {
        n: np.where(random.random(t.shape) < 0.4, t, tuned(BASE)[n]) if learnt(n) else t
        for n, t in BASE.items()
    }
    found = asked(kept)
    assert found.descent is Descent.YES
    assert all(not t.is_whole for t in found.shared.tensors)
    assert 0.3 < found.shared.share_of_paired < 0.45
    assert "parts of" in said(found)


def test_rows_that_no_training_reached_are_no_proof_alone():
    """Two trainings from one seed leave the rows of words that never came up as they were drawn."""
    made = tuned(BASE, by=0.4)
    made["words.weight"][200:] = BASE["words.weight"][200:]
    found = asked(made)
    assert found.descent is Descent.LIKELY
    assert [t.values for t in found.shared.tensors] == [200 * WIDTH]


def test_pruned_and_coarse_strangers_have_nothing_in_common():
    def coarse(tensors):
        return {
            n: (np.round(t / 0.02) * 0.02).astype(np.float32) if learnt(n) else t for n, t in tensors.items()
        }

    def pruned(tensors):
        return {n: np.where(np.arange(t.size).reshape(t.shape) % 2, t, 0).astype(t.dtype) if learnt(n) else t
                for n, t in tensors.items()}  # fmt: skip

    for change in (coarse, pruned):
        found = asked(change(model(2)), of("base", change(BASE)))
        assert found.shared.tensors == ()
        assert found.descent is Descent.NO


def test_added_words_leave_the_table_proved():
    made = tuned(BASE)
    made["words.weight"] = np.concatenate([BASE["words.weight"], matrix(8, 3, WIDTH)])
    found = asked(made)
    assert [(t.values, t.of) for t in found.shared.tensors] == [(400 * WIDTH, 403 * WIDTH)]


def test_too_little_to_say_is_unknown():
    few = {n: t for n, t in BASE.items() if n.startswith("layer.0")}
    other = {n: t for n, t in model(2).items() if n.startswith("layer.0")}
    found = asked(other, of("base", few))
    assert found.descent is Descent.UNKNOWN
    assert "2 matrices are too few: 6 are needed" in said(found)
    unrelated = asked({f"other.{n}": t[:40] for n, t in model(2).items()})
    assert unrelated.descent is Descent.UNKNOWN
    assert "only 0 % of its values have a counterpart" in said(unrelated)


def test_a_small_part_of_a_larger_model_says_nothing_of_the_whole():
    larger = {n: t for n, t in BASE.items() if n.startswith("layer.0")} | {"new.weight": matrix(6, 900, 900)}
    found = asked(larger)
    assert found.descent is Descent.UNKNOWN
    assert found.shared.tensors
    assert "of the model as a whole nothing can be said" in said(found)


def test_half_of_a_likeness_is_neither():
    mixed = {n: (t + 3 * model(2)[n]).astype(np.float32) if learnt(n) else t for n, t in BASE.items()}
    found = asked(mixed)
    assert found.descent is Descent.UNKNOWN
    assert 0.2 < found.likeness.median < 0.4
    assert "neither as near as a fine-tune nor as far" in said(found)


def test_states_of_an_optimiser_are_no_weights():
    found = asked(model(2) | {"optimizer.state.0.exp_avg": matrix(4, 500, 64)},
                  of("base", BASE | {"optimizer.state.0.exp_avg": matrix(4, 500, 64)}))  # fmt: skip
    assert found.shared.tensors == ()
    assert found.descent is Descent.NO


def test_not_a_number_is_no_likeness():
    broken = {n: np.full_like(t, np.nan) if learnt(n) else t for n, t in BASE.items()}
    found = asked(broken)
    assert found.descent is not Descent.YES
    assert found.shared.tensors == ()


def test_what_is_said_decides_nothing():
    card = b"---\nbase_model: acme/base\n---\n"
    found = asked(model(2), README__md=card)
    assert found.descent is Descent.NO
    assert [(d.base, d.where) for d in found.declared] == [("acme/base", "README.md")]
    assert "README.md names 'acme/base' (base); that is said, not shown" in said(found)
    assert asked(model(2), README__md=b"---\nbase_model: acme/other\n---\n").declared == ()
