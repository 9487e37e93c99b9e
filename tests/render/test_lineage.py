"""Screen, JSON and page of a lineage: every number is there, no text of a stranger acts."""

import json
from dataclasses import replace

import pytest

from weigh.core.lineage import (
    Declared,
    Descent,
    Edge,
    Ground,
    Likeness,
    Lineage,
    Node,
    Relation,
    Shared,
    SharedTensor,
    TensorLikeness,
    TrivialTensor,
)
from weigh.render.lineage_html import MOST_DRAWN, page
from weigh.render.lineage_json import to_json
from weigh.render.lineage_screen import lineage_screen

EVIL = "\x1b[2J</script></style></svg><img src=x onerror=alert(1)>\u202e"
LIKENESS = Likeness(
    (TensorLikeness("l.0.w", 4096, 0.987, 0.021),),
    12, 9000, 0.98, 0.97, 0.99, 12, 1e-24, 22, 0.012, 1 / 23, 3, 1, 64,
)  # fmt: skip
SHARED = Shared(
    (SharedTensor("words.weight", "emb.weight", 600, "the same bytes", 600),
     SharedTensor("l.1.w", "l.1.w", 40, "the same bytes in part", 100)),
    (TrivialTensor("ids", 10, "an index table or a mask"),), 640, 800, 1000, 1,
)  # fmt: skip
RELATION = Relation("child", "base", Descent.YES, ("because of this", "and that"), SHARED, LIKENESS,
                    (Declared("acme/base", "README.md"),))  # fmt: skip
NODES = (Node("1", "base"), Node("0", "child", "a title"), Node("said:x", "acme/x", here=False))
EDGES = (
    Edge("0", "1", Ground.PROVED, "64.0 % bit for bit", 0.64),
    Edge("0", "1", Ground.LIKELY, "median cosine"),
    Edge("0", "1", Ground.PARENT),
    Edge("0", "said:x", Ground.DECLARED, "README.md: base"),
)
QUESTION = Lineage("child", NODES, EDGES, (RELATION,), question=True, unknown=("base: m.bin: cut off",))
GRAPH = replace(QUESTION, question=False, relations=(replace(RELATION, descent=Descent.NO),))


@pytest.mark.parametrize(
    ("descent", "word"),
    [(Descent.YES, "YES"), (Descent.LIKELY, "LIKELY"), (Descent.NO, "NO"), (Descent.UNKNOWN, "UNKNOWN")],
)
def test_the_answer_comes_with_its_reasons(descent, word):
    text = lineage_screen(replace(QUESTION, relations=(replace(RELATION, descent=descent),)), width=120)
    assert f"\n  {word}" in text
    for told in (
        "does child come from base?", "· because of this", "words.weight", "600  the same bytes",
        "40 of 100", "0.9870  0.0210", "acme/x   README.md: base", "? base: m.bin: cut off",
    ):  # fmt: skip
        assert told in text
    assert word in page(replace(QUESTION, relations=(replace(RELATION, descent=descent),)))


def test_the_graph_says_by_what_right():
    text = lineage_screen(GRAPH, width=120)
    lines = [line.strip() for line in text.splitlines()]
    assert lines[:5] == [
        "child  a title",
        "follows   base",
        "declared  acme/x   README.md: base",
        "proved    base   64.0 % bit for bit",
        "likely    base   median cosine",
    ]
    assert "nothing is known of where it came from" in text
    assert "no       child from base" in text
    assert "because of this" not in text
    assert "because of this" in lineage_screen(GRAPH, width=120, whole=True)


def test_what_is_long_is_cut_and_said():
    many = tuple(SharedTensor(f"t{i}", f"t{i}", 9, "the same bytes", 9) for i in range(30))
    long = replace(QUESTION, relations=(replace(RELATION, shared=replace(SHARED, tensors=many)),))
    assert "and 22 more (--all)" in lineage_screen(long)
    assert "t29" in lineage_screen(long, whole=True)
    assert all(len(line) <= 60 for line in lineage_screen(long, width=60).splitlines())


def test_json_has_everything():
    told = json.loads(to_json(QUESTION))
    assert told["schema"] == "weigh/lineage/1"
    assert told["answer"] == "yes"
    assert told["relations"][0]["likeness"]["null_count"] == 22
    assert told["relations"][0]["shared"]["values"] == 640
    assert [e["ground"] for e in told["edges"]] == ["proved", "likely", "parent", "declared"]
    assert "answer" not in json.loads(to_json(GRAPH))


def hostile(found):
    tensor = SharedTensor(EVIL, EVIL, 1, EVIL, 1)
    like = replace(LIKENESS, tensors=(TensorLikeness(EVIL, 1, 0.1, 0.1),))
    shared = replace(SHARED, tensors=(tensor,))
    relation = replace(RELATION, child=EVIL, parent=EVIL, reasons=(EVIL,), shared=shared, likeness=like)
    nodes = (Node("1", EVIL, EVIL), Node("0", EVIL), Node("said:x", EVIL, here=False))
    edges = tuple(replace(edge, label=EVIL) for edge in EDGES)
    return replace(found, subject=EVIL, nodes=nodes, edges=edges, relations=(relation,), unknown=(EVIL,))


@pytest.mark.parametrize("found", [hostile(QUESTION), hostile(GRAPH)])
def test_hostile_text_does_not_act(found):
    for text in (lineage_screen(found, whole=True), page(found), to_json(found)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    made = page(found)
    assert "<img" not in made
    assert "<script" not in made
    assert made.count("</style>") == 1
    assert made.count("</svg>") == made.count("<svg")


def test_the_page_loads_nothing_and_draws_every_edge():
    made = page(GRAPH)
    assert "default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;" in made
    assert "http" not in made.replace("http-equiv", "")
    assert made.count("<path") == len(EDGES)
    assert made.count("<circle") == len(NODES)
    for told in (
        "proved: 64.0 % bit for bit",
        "Every edge of the drawing",
        "named only, not looked at",
        "0.9870",
    ):
        assert told in made


def test_a_long_history_is_drawn_in_part_and_listed_whole():
    nodes = tuple(Node(str(i), f"version {i}") for i in range(3 * MOST_DRAWN))
    edges = tuple(Edge(str(i + 1), str(i), Ground.PARENT) for i in range(3 * MOST_DRAWN - 1))
    made = page(Lineage("x", nodes, edges))
    assert made.count("<circle") == MOST_DRAWN
    assert "version 5 " not in made.split("</svg>")[-2]
    assert "youngest" in made
