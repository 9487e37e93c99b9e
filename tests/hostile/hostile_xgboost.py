# ruff: noqa: E501 - one hostile file a line
"""Hostile XGBoost models in JSON and UBJSON. Inert: only indices, counts and lengths lie."""

import copy
import json
import struct
from typing import Any

LISTS = {
    "base_weights": [0.5, -1.0, 2.0], "categories": [], "categories_nodes": [], "categories_segments": [],
    "categories_sizes": [], "default_left": [1, 0, 0], "left_children": [1, -1, -1],
    "loss_changes": [3.0, 0.0, 0.0], "parents": [2147483647, 0, 0], "right_children": [2, -1, -1],
    "split_conditions": [0.1, -0.3, 0.6], "split_indices": [1, 0, 0], "split_type": [0, 0, 0],
    "sum_hessian": [10.0, 4.0, 6.0],
}  # fmt: skip


def tree(number: int = 0, **changed: Any) -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(LISTS) | {"id": number}
    parameter = {"num_deleted": "0", "num_feature": "2", "num_nodes": "3", "size_leaf_vector": "1"}
    made["tree_param"] = parameter | changed.pop("tree_param", {})
    return {k: v for k, v in (made | changed).items() if v is not None}


def model(
    *trees: dict[str, Any], booster: dict[str, Any] | None = None, top: dict[str, Any] | None = None,
    learner: dict[str, Any] | None = None, **parameters: str,
) -> dict[str, Any]:  # fmt: skip
    trees = trees or (tree(0), tree(1))
    inner = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))},
        "iteration_indptr": list(range(len(trees) + 1)),
        "tree_info": [0] * len(trees),
        "trees": list(trees),
    } | (booster or {})
    stated = {"base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"} | parameters
    return {
        "learner": {
            "attributes": {},
            "feature_names": [],
            "feature_types": [],
            "gradient_booster": {"model": inner, "name": "gbtree"},
            "learner_model_param": stated,
            "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
        }
        | (learner or {}),
        "version": [3, 2, 0],
    } | (top or {})


def as_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def length(n: int) -> bytes:
    return b"L" + struct.pack(">q", n)


def text(value: str) -> bytes:
    return length(len(value.encode())) + value.encode()


def typed(numbers: list[Any]) -> bytes:
    if any(isinstance(n, float) for n in numbers):
        return b"[$d#" + length(len(numbers)) + struct.pack(f">{len(numbers)}f", *numbers)
    return b"[$l#" + length(len(numbers)) + struct.pack(f">{len(numbers)}i", *numbers)


def as_ubj(value: Any) -> bytes:
    """As XGBoost writes it: keys without a marker, arrays of numbers typed, integers in 8 bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b"{" + b"".join(text(k) + as_ubj(v) for k, v in value.items()) + b"}"
    if isinstance(value, list):
        if value and all(isinstance(v, int | float) for v in value):
            return typed(value)
        return b"[#" + length(len(value)) + b"".join(as_ubj(v) for v in value)
    if isinstance(value, str):
        return b"S" + text(value)
    return b"D" + struct.pack(">d", value) if isinstance(value, float) else b"L" + struct.pack(">q", value)


CATEGORICAL = tree(
    split_type=[1, 0, 0], categories=[0, 3, 5], categories_nodes=[0], categories_segments=[0],
    categories_sizes=[3],
)  # fmt: skip
SOUND_VALUES = {
    "plain": model(),
    "one-leaf": model(
        tree(tree_param={"num_nodes": "1"}, **{k: v[:1] for k, v in LISTS.items()} | {"left_children": [-1], "right_children": [-1]})
    ),
    "no-trees": model(booster={"trees": [], "iteration_indptr": [0], "tree_info": [], "gbtree_model_param": {"num_trees": "0"}}),
    "categorical": model(CATEGORICAL),
    "version-1-0": model(tree(categories=None, categories_nodes=None, categories_segments=None, categories_sizes=None, split_type=None, default_left=[True, False, False])),
    "classes": model(tree(0), tree(1), tree(2), num_class="3", booster={"tree_info": [0, 1, 2], "iteration_indptr": [0, 3]}),
    "names": model(learner={"feature_names": ["é", 'a"{[trees'], "feature_types": ["float", "int"]}),
    "attributes": model(learner={"attributes": {"trees": '[{"x": 1}]', "best": "}]{"}}),
    "vector-leaf-of-2-1": model(
        tree(tree_param={"size_leaf_vector": "2"}, base_weights=[0.0] * 6, split_conditions=[0.5, float("nan"), float("nan")])
    ),
    "vector-leaf": model(
        tree(tree_param={"size_leaf_vector": "2"}, base_weights=[0.0] * 6, leaf_weights=[1.0] * 4, right_children=[2, 0, 1], parents=[-1, 0, 0]),
        num_target="2",
    ),
}  # fmt: skip
SOUND = {f"{n}.json": as_json(v) for n, v in SOUND_VALUES.items()} | {
    f"{n}.ubj": as_ubj(v) for n, v in SOUND_VALUES.items() if n != "version-1-0"
}
SOUND["indented.json"] = json.dumps(model(), indent=2).encode()
SOUND["linear.json"] = as_json(model() | {"learner": model()["learner"] | {"gradient_booster": {"model": {"weights": [1.0, 2.0, 0.5], "boosted_rounds": 3}, "name": "gblinear"}}})  # fmt: skip

_LYING: dict[str, tuple[dict[str, Any], str]] = {
    "left-beyond": (model(tree(left_children=[9, -1, -1])), "WGH-XB005"),
    "left-at-count": (model(tree(left_children=[3, -1, -1])), "WGH-XB005"),
    "left-negative": (model(tree(left_children=[-7, -1, -1])), "WGH-XB005"),
    "left-huge": (model(tree(left_children=[2**31 - 1, -1, -1])), "WGH-XB005"),
    "right-beyond": (model(tree(right_children=[400000, -1, -1])), "WGH-XB005"),
    "right-negative": (model(tree(right_children=[-2, -1, -1])), "WGH-XB005"),
    "one-child": (model(tree(right_children=[-1, -1, -1])), "WGH-XB005"),
    "leaf-with-right-child": (model(tree(right_children=[2, 1, -1])), "WGH-XB005"),
    "parent-beyond": (model(tree(parents=[2147483647, 0, 77])), "WGH-XB005"),
    "loop-to-root": (model(tree(left_children=[1, 0, -1], right_children=[2, 2, -1])), "WGH-XB006"),
    "own-child": (model(tree(left_children=[0, -1, -1])), "WGH-XB006"),
    "twins": (model(tree(right_children=[1, -1, -1])), "WGH-XB006"),
    "in-second-tree": (model(tree(0), tree(1, left_children=[1, 1, -1], right_children=[2, 2, -1])), "WGH-XB006"),
    "split-beyond": (model(tree(split_indices=[2, 0, 0])), "WGH-XB007"),
    "split-huge": (model(tree(split_indices=[2**31 - 1, 0, 0])), "WGH-XB007"),
    "split-negative": (model(tree(split_indices=[-5, 0, 0])), "WGH-XB007"),
    "split-beyond-learner": (
        model(tree(split_indices=[4, 0, 0], tree_param={"num_feature": "9"})), "WGH-XB007"),
    "split-without-tree-features": (
        model(tree(split_indices=[4, 0, 0], tree_param={"num_feature": "0"})), "WGH-XB007"),
    "short-conditions": (model(tree(split_conditions=[0.1])), "WGH-XB008"),
    "long-children": (model(tree(left_children=[1, -1, -1, -1])), "WGH-XB008"),
    "nodes-beyond": (model(tree(tree_param={"num_nodes": "4000000"})), "WGH-XB008"),
    "nodes-zero": (model(tree(tree_param={"num_nodes": "0"})), "WGH-XB008"),
    "nodes-negative": (model(tree(tree_param={"num_nodes": "-3"})), "WGH-XB008"),
    "no-parents": (model(tree(parents=None)), "WGH-XB008"),
    "no-right-children-and-vectors": (model(tree(right_children=None, leaf_weights=[1.0])), "WGH-XB008"),
    "no-split-indices": (model(tree(split_indices=None)), "WGH-XB008"),
    "short-default-left": (model(tree(default_left=[1])), "WGH-XB008"),
    "short-hessian": (model(tree(sum_hessian=[1.0])), "WGH-XB008"),
    "short-weights": (model(tree(base_weights=[1.0])), "WGH-XB008"),
    "short-leaf-weights": (
        model(tree(tree_param={"size_leaf_vector": "2"}, base_weights=[0.0] * 6, leaf_weights=[1.0] * 2,
                   right_children=[2, 0, 1])), "WGH-XB008"),
    "categories-lists-differ": (model(tree(categories_nodes=[0], categories_sizes=[1, 1])), "WGH-XB008"),
    "category-segment-beyond": (model(CATEGORICAL | {"categories_segments": [2]}), "WGH-XB009"),
    "category-size-beyond": (model(CATEGORICAL | {"categories_sizes": [900]}), "WGH-XB009"),
    "category-segment-negative": (model(CATEGORICAL | {"categories_segments": [-1]}), "WGH-XB009"),
    "category-node-beyond": (model(CATEGORICAL | {"categories_nodes": [44]}), "WGH-XB009"),
    "category-negative": (model(CATEGORICAL | {"categories": [0, -3, 5]}), "WGH-XB009"),
    "category-huge": (model(CATEGORICAL | {"categories": [0, 3, 2**30]}), "WGH-XB009"),
    "category-missing": (model(tree(split_type=[1, 0, 0])), "WGH-XB009"),
    "split-type-unknown": (model(tree(split_type=[7, 0, 0])), "WGH-XB009"),
    "group-beyond": (model(booster={"tree_info": [0, 5]}), "WGH-XB010"),
    "group-negative": (model(booster={"tree_info": [0, -1]}), "WGH-XB010"),
    "rounds-beyond": (model(booster={"iteration_indptr": [0, 1, 900]}), "WGH-XB010"),
    "rounds-backwards": (model(booster={"iteration_indptr": [0, 2, 1, 2]}), "WGH-XB010"),
    "groups-too-few": (model(booster={"tree_info": [0]}), "WGH-XB011"),
    "trees-too-many": (model(booster={"gbtree_model_param": {"num_trees": "2000000"}}), "WGH-XB011"),
    "trees-negative": (model(booster={"gbtree_model_param": {"num_trees": "-1"}}), "WGH-XB011"),
    "feature-names-too-few": (model(learner={"feature_names": ["a"]}), "WGH-XB011"),
    "booster-unknown": (
        model(learner={"gradient_booster": {"model": {}, "name": "evil"}}), "WGH-XB013"),
    "objective-unknown": (model(learner={"objective": {"name": "os.system"}}), "WGH-XB013"),
    "parent-wrong": (model(tree(parents=[2147483647, 2, 0])), "WGH-XB014"),
    "classes-huge": (model(num_class="2147483647"), "WGH-XB015"),
    "classes-negative": (model(num_class="-1"), "WGH-XB015"),
    "features-negative": (model(num_feature="-4"), "WGH-XB015"),
    "targets-huge": (model(num_target="999999999999"), "WGH-XB015"),
    "leaf-vector-huge": (model(tree(tree_param={"size_leaf_vector": "4294967295"})), "WGH-XB015"),
}  # fmt: skip
_JSON = as_json(model())
_UBJ = as_ubj(model())
CASES: dict[str, tuple[bytes, str]] = {
    **{f"{n}.json": (as_json(v), rule) for n, (v, rule) in _LYING.items()},
    **{f"{n}.ubj": (as_ubj(v), rule) for n, (v, rule) in _LYING.items()},
    "children-are-text.json": (as_json(model(tree(left_children=["1", "-1", "-1"]))), "WGH-XB001"),
    "children-are-fractions.json": (as_json(model(tree(left_children=[1.5, -1, -1]))), "WGH-XB001"),
    "tree-without-children.json": (as_json(model(tree(left_children=None))), "WGH-XB001"),
    "cut.json": (_JSON[: len(_JSON) // 2], "WGH-XB001"),
    "cut.ubj": (_UBJ[: len(_UBJ) // 2], "WGH-XB001"),
    "not-json.json": (_JSON.replace(b'"id":1', b'"id":os', 1), "WGH-XB001"),
    "infinite.json": (_JSON.replace(b"[0.1,", b"[NaN,", 1), "WGH-XB012"),
    "infinite.ubj": (as_ubj(model(tree(split_conditions=[float("inf"), 0.1, 0.2]))), "WGH-XB012"),
    "tree-key-twice.json": (_JSON.replace(b'"id":0', b'"left_children":[1,-1,-1],"id":0', 1), "WGH-XB003"),
    "trees-twice.json": (_JSON.replace(b'"trees":[', b'"trees":[],"trees":[', 1), "WGH-XB003"),
    "parameter-twice.json": (_JSON.replace(b'"num_class":"0"', b'"num_class":"0","num_class":"9"', 1), "WGH-XB003"),
    "key-twice.ubj": (b"{" + text("learner") + as_ubj({}) + text("learner") + as_ubj({}) + b"}", "WGH-XB003"),
    "deep.json": (b'{"learner":{"a":' + b"[" * 9000 + b"]" * 9000 + b"}}", "WGH-XB004"),
    "deep-in-tree.json": (_JSON.replace(b'"id":0', b'"id":' + b"[" * 200 + b"]" * 200, 1), "WGH-XB004"),
    "deep.ubj": (b"{" + text("learner") + b"{" + text("a") + b"[" * 9000, "WGH-XB004"),
    "array-of-2-to-the-62.ubj": (b"{" + text("learner") + b"[$d#" + length(2**62), "WGH-XB002"),
    "array-count-negative.ubj": (b"{" + text("learner") + b"[$d#" + length(-1), "WGH-XB002"),
    "nothing-2-to-the-40-times.ubj": (b"{" + text("learner") + b"[$Z#" + length(2**40), "WGH-XB002"),
    "text-of-2-to-the-60.ubj": (b"{" + text("learner") + b"S" + length(2**60), "WGH-XB002"),
    "key-of-2-to-the-60.ubj": (b"{" + text("learner") + b"{" + length(2**60), "WGH-XB002"),
    "array-longer-than-file.ubj": (b"{" + text("learner") + b"[$d#" + length(10**6), "WGH-XB001"),
    "marker-unknown.ubj": (b"{" + text("learner") + b"~}", "WGH-XB001"),
    "pickle-after.ubj": (_UBJ + b"\x80\x04K\x01.", "WGH-XB016"),
    "old-name-of-2-to-the-60.bin": (b"binf" + bytes(136) + struct.pack("<Q", 2**60), "WGH-XB002"),
    "old-classes.bin": (b"binf" + bytes(8) + struct.pack("<i", -5) + bytes(124) + bytes(16), "WGH-XB015"),
    "old-cut.bin": (b"binf" + bytes(20), "WGH-XB001"),
}  # fmt: skip
"""Name → the file and the rule it breaks; the name's ending is the file's."""
NAMES = {name: f"model.{name.rpartition('.')[2]}" for name in (*CASES, *SOUND)}
