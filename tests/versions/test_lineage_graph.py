"""The graph of a history and of models beside each other: what is drawn, and by what right."""

import numpy as np
from safetensors.numpy import save_file
from tests.store.compare.model_files import matrix
from tests.versions.lineage_models import learnt, model, of, tuned
from tests.versions.scene import earlier

from weigh.core.events import Silent
from weigh.core.lineage import Descent, Ground
from weigh.store.compare.values import rounded
from weigh.versions.commit import Provenance
from weigh.versions.compare_versions import version_side
from weigh.versions.lineage import relate
from weigh.versions.lineage_graph import graph_of_history, graph_of_models, graph_of_question
from weigh.versions.lineage_likeness import nearest_of, sketch_of
from weigh.versions.record_version import Wanted, record_version

BASE = model(1)


def drawn(found):
    """Titles or names instead of ids."""
    names = {node.id: node.title or node.name for node in found.nodes}
    return {(names[e.child], names[e.parent], e.ground.value) for e in found.edges}


def commit(scene, title, tensors, **provenance):
    save_file(tensors, scene.folder / "model.safetensors")
    return scene.commit(title, **provenance).id


def test_a_history_shows_who_came_from_whom_not_who_was_committed_after_whom(scene):
    commit(scene, "base", BASE)
    first = tuned(BASE)
    commit(scene, "tuned", first)
    commit(scene, "frozen", tuned(BASE, seed=7, frozen=("words.weight",)))
    halves = {n: rounded(t.reshape(-1), "F16").view("f2").reshape(t.shape) if t.dtype == "f4" else t
              for n, t in first.items()}  # fmt: skip
    commit(scene, "half", halves, base=("hf:acme/base@v1",))
    commit(scene, "stranger", model(2))
    history = scene.history()
    found = graph_of_history(history, [history.refs.current()])
    edges = drawn(found)
    proved = {edge[:2] for edge in edges if edge[2] == "proved"}
    likely = {edge[:2] for edge in edges if edge[2] == "likely"}
    assert proved == {("frozen", "base"), ("half", "tuned")}
    assert likely == {("tuned", "base"), ("frozen", "base")}
    assert ("half", "hf:acme/base@v1", "declared") in edges
    assert {e[:2] for e in edges if e[2] == "parent"} == {
        ("tuned", "base"), ("frozen", "tuned"), ("half", "frozen"), ("stranger", "half")
    }  # fmt: skip
    assert found.relations[-1].descent is Descent.NO
    assert [node.title for node in found.nodes if node.here] == [
        "base",
        "tuned",
        "frozen",
        "half",
        "stranger",
    ]
    shares = {e.share for e in found.edges if e.ground is Ground.PROVED}
    assert max(shares) > 0.5
    assert 0.2 < min(shares) < 0.3


def test_a_model_out_of_two_has_two_ancestors():
    other = model(2)
    both = {n: (BASE if n.startswith(("words", "layer.0", "layer.1")) else other)[n] for n in BASE}
    found = graph_of_models([of("one", BASE), of("two", other), of("both", both)])
    assert drawn(found) == {("both", "one", "proved"), ("both", "two", "proved")}
    asked = {(r.child, r.parent): r for r in found.relations}
    assert asked["two", "one"].descent is Descent.NO
    assert asked["both", "one"].shared.values == 400 * 64 + 4 * 64 * 96
    assert asked["both", "two"].shared.values == 4 * 64 * 96


def test_models_beside_each_other_are_drawn_to_the_nearest():
    first = tuned(BASE, frozen=("words.weight",))
    second = tuned(first, seed=5, frozen=("words.weight", "layer.0.up.weight"))
    card = b"---\nbase_model: acme/far\n---\n"
    sides = [
        of("base", BASE),
        of("first", first),
        of("second", second, README__md=card),
        of("apart", model(3)),
    ]
    found = graph_of_models(sides)
    assert drawn(found) == {
        ("first", "base", "proved"), ("first", "base", "likely"), ("second", "acme/far", "declared"),
        ("second", "first", "proved"), ("second", "first", "likely"),
    }  # fmt: skip
    assert [n.name for n in found.nodes if not n.here] == ["acme/far"]


def test_a_question_is_a_graph_of_two():
    child = of("child", tuned(BASE), README__md=b"---\nbase_model: acme/base\n---\n")
    found = graph_of_question(relate(child, of("base", BASE)), child)
    assert found.question
    assert drawn(found) == {("child", "base", "likely"), ("child", "base", "declared")}


def test_the_nearest_is_told_by_a_sketch():
    sketches = {
        n: sketch_of(of(n, t)) for n, t in {"a": BASE, "b": tuned(BASE, by=0.2), "c": model(2)}.items()
    }
    assert nearest_of(sketch_of(of("x", tuned(BASE, by=0.01, seed=3))), sketches) == "a"
    assert nearest_of(sketch_of(of("x", tuned(tuned(BASE, by=0.2), by=0.01, seed=3))), sketches) == "b"
    assert nearest_of(sketch_of(of("x", {"y": matrix(1, 64, 64)})), sketches) == ""


def test_a_stored_recipe_proves_what_it_was_made_of(scene):
    """A mean of two models shares no payload with either; that it follows from them is in the store."""
    other = tuned(BASE, by=0.3)
    commit(scene, "one", BASE)
    commit(scene, "two", other)
    half = np.float32(0.5)
    mean = {n: t * half + other[n] * half if learnt(n) else t for n, t in BASE.items()}
    save_file(mean, scene.folder / "model.safetensors")
    history = scene.history()
    bases = earlier(history, "HEAD~1"), earlier(history, "HEAD")
    wanted = Wanted("mean", "Ada <ada@example.org>", 1_800_000_000, Provenance(), bases)
    record_version(history, wanted, None, events=Silent())
    history = scene.history()
    found = graph_of_history(history, [history.refs.current()])
    proved = {edge[:2] for edge in drawn(found) if edge[2] == "proved"}
    assert proved & {("mean", "one"), ("mean", "two")}
    sides = [version_side(history, revision) for revision in ("HEAD", "HEAD~2")]
    relation = relate(*sides, objects=history.objects)
    assert relation.descent is Descent.YES
    assert "linear of 2 stored tensors" in {t.how for t in relation.shared.tensors}
    assert relate(*sides).descent is Descent.LIKELY
