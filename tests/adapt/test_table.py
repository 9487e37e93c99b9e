from weigh.adapt.table import ARMS, ModelOffers, applicable, arm_named
from weigh.core.recommendation import ArmKind

CLASSES = ("negative", "positive")
FULL = ModelOffers(labels=("NEG", "POS"), embeddings=True)


def offered(kind, model):
    return {arm.id: reason for arm, reason in applicable(kind, classes=CLASSES, model=model)}


def test_without_a_model_only_arms_without_one_are_offered():
    assert offered("text", None) == {"majority": "", "tfidf_linear": ""}
    assert offered("features", None) == {"majority": "", "linear": "", "boosted": ""}


def test_a_text_model_with_the_users_labels_runs_as_it_is_and_with_a_probe():
    assert offered("text", FULL) == {"majority": "", "tfidf_linear": "", "as_is": "", "probe": ""}
    arm = {a.id: a for a, _ in applicable("text", classes=CLASSES, model=FULL)}["as_is"]
    assert arm.columns == (0, 1)


def test_what_a_model_cannot_do_is_a_reason_not_a_silence():
    encoder = offered("text", ModelOffers(embeddings=True))
    assert encoder["as_is"] == "the model has no classes of its own"
    assert encoder["probe"] == ""
    assert "no embeddings" in offered("text", ModelOffers(labels=("NEG", "POS")))["probe"]
    assert "reads text, the data is features" in offered("features", FULL)["probe"]
    blocked = offered("text", ModelOffers(why_not="install weigh[onnx]"))
    assert blocked["as_is"] == blocked["probe"] == "install weigh[onnx]"


def test_every_arm_stands_once_in_the_table_from_least_to_most_dependence():
    assert len({arm.id for arm in ARMS}) == len(ARMS)
    kinds = [list(ArmKind).index(arm.kind) for arm in ARMS]
    assert kinds == sorted(kinds)
    assert all(arm_named(arm.id) is arm for arm in ARMS)
    assert arm_named("nothing") is None
