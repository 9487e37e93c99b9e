# ruff: noqa: E501 - one hostile file a line
"""Hostile LightGBM models in text. Inert: only indices and counts lie."""

from typing import Any

TREE = {
    "num_leaves": "3", "num_cat": "0", "split_feature": "1 0", "split_gain": "5 2", "threshold": "0.5 1.5",
    "decision_type": "2 2", "left_child": "1 -1", "right_child": "-2 -3", "leaf_value": "0.1 0.2 -0.3",
    "leaf_weight": "1 2 3", "leaf_count": "1 2 3", "internal_value": "0 1", "internal_weight": "6 4",
    "internal_count": "6 4", "is_linear": "0", "shrinkage": "1",
}  # fmt: skip
HEAD = {
    "version": "v4", "num_class": "1", "num_tree_per_iteration": "1", "label_index": "0",
    "max_feature_idx": "1", "objective": "regression", "feature_names": "a b",
    "feature_infos": "[0:1] [0:9]",
}  # fmt: skip
TAIL = "end of trees\n\nfeature_importances:\nb=1\n\nparameters:\n[boosting: gbdt]\nend of parameters\n"
CATEGORICAL = {"num_cat": "1", "decision_type": "9 2", "threshold": "0 1.5", "cat_boundaries": "0 2", "cat_threshold": "7 1"}  # fmt: skip
LINEAR = {"is_linear": "1", "leaf_const": "1 2 3", "num_features": "1 0 1", "leaf_features": "0 1", "leaf_coeff": "1 2"}  # fmt: skip


def tree(number: int = 0, **changed: str | None) -> str:
    lines = {k: v for k, v in (TREE | changed).items() if v is not None}
    return f"Tree={number}\n" + "".join(f"{k}={v}\n" for k, v in lines.items()) + "\n\n"


def model(*trees: str, sizes: str | None = "", **head: Any) -> bytes:
    trees = trees or (tree(0), tree(1))
    lines = {k: v for k, v in (HEAD | head).items() if v is not None}
    if sizes is not None:
        lines["tree_sizes"] = sizes or " ".join(str(len(t)) for t in trees)
    return (
        "tree\n" + "".join(f"{k}={v}\n" for k, v in lines.items()) + "\n" + "".join(trees) + TAIL
    ).encode()


STUMP = dict.fromkeys(TREE, "") | {"num_leaves": "1", "num_cat": "0", "leaf_value": "0.5", "leaf_count": "9"}
SOUND = {
    "plain": model(),
    "stump": model(tree(**STUMP)),
    "categorical": model(tree(**CATEGORICAL)),
    "linear": model(tree(**LINEAR)),
    "version-3": model(version="v3"),
    "version-2-without-sizes": model(sizes=None, version="v2"),
}
CASES: dict[str, tuple[bytes, str]] = {
    "left-beyond": (model(tree(left_child="9 -1")), "WGH-XB005"),
    "leaf-beyond": (model(tree(right_child="-2 -9")), "WGH-XB005"),
    "child-huge": (model(tree(left_child="2147483647 -1")), "WGH-XB005"),
    "child-least": (model(tree(left_child="-2147483648 -1")), "WGH-XB005"),
    "loop": (model(tree(left_child="1 0")), "WGH-XB006"),
    "own-child": (model(tree(left_child="1 1")), "WGH-XB006"),
    "leaf-twice": (model(tree(right_child="-1 -1")), "WGH-XB006"),
    "island": (model(tree(num_leaves="4", split_feature="0 0 0", split_gain="1 1 1", threshold="1 1 1",
        decision_type="2 2 2", left_child="-1 2 1", right_child="-2 -3 -4", leaf_value="1 2 3 4", leaf_weight=None,
        leaf_count=None, internal_value=None, internal_weight=None, internal_count=None)), "WGH-XB006"),
    "split-beyond": (model(tree(split_feature="1 2")), "WGH-XB007"),
    "split-negative": (model(tree(split_feature="1 -2")), "WGH-XB007"),
    "linear-beyond": (model(tree(**LINEAR | {"leaf_features": "0 7"})), "WGH-XB007"),
    "short-threshold": (model(tree(threshold="0.5")), "WGH-XB008"),
    "short-leaves": (model(tree(leaf_value="0.5")), "WGH-XB008"),
    "leaves-huge": (model(tree(num_leaves="2000000000")), "WGH-XB008"),
    "leaves-negative": (model(tree(num_leaves="-3")), "WGH-XB008"),
    "leaves-missing": (model(tree(num_leaves=None)), "WGH-XB008"),
    "no-decisions": (model(tree(decision_type=None)), "WGH-XB008"),
    "linear-counts": (model(tree(**LINEAR | {"num_features": "9 0 1"})), "WGH-XB008"),
    "set-beyond": (model(tree(**CATEGORICAL | {"threshold": "4 1"})), "WGH-XB009"),
    "bounds-beyond": (model(tree(**CATEGORICAL | {"cat_boundaries": "0 99"})), "WGH-XB009"),
    "bounds-backwards": (model(tree(**CATEGORICAL | {"num_cat": "2", "cat_boundaries": "0 3 2"})), "WGH-XB009"),
    "bounds-negative": (model(tree(**CATEGORICAL | {"cat_boundaries": "-4 2"})), "WGH-XB009"),
    "set-without-sets": (model(tree(decision_type="9 2", threshold="0 1")), "WGH-XB009"),
    "sizes-lie": (model(sizes="9 99999999"), "WGH-XB011"),
    "sizes-too-few": (model(sizes="100"), "WGH-XB011"),
    "names-too-few": (model(feature_names="a"), "WGH-XB011"),
    "classes-huge": (model(num_class="2147483647"), "WGH-XB015"),
    "trees-a-round-negative": (model(num_tree_per_iteration="-1"), "WGH-XB015"),
    "features-huge": (model(max_feature_idx="99999999999999"), "WGH-XB015"),
    "features-missing": (model(max_feature_idx=None), "WGH-XB015"),
    "head-twice": (model().replace(b"num_class=1", b"num_class=1\nnum_class=9", 1), "WGH-XB003"),
    "list-twice": (model(tree() .replace("left_child=", "left_child=1 -1\nleft_child="), sizes=None), "WGH-XB003"),
    "infinite": (model(tree(leaf_value="nan 1 2")), "WGH-XB012"),
    "version-unknown": (model(version="v9"), "WGH-XB013"),
    "cut": (model()[:300], "WGH-XB001"),
    "no-numbers": (model(tree(left_child="x y")), "WGH-XB001"),
    "no-line": (model(tree() .replace("shrinkage=1", "import os"), sizes=None), "WGH-XB001"),
}  # fmt: skip
"""Name → the file and the rule it breaks."""
NAMES = dict.fromkeys((*CASES, *SOUND), "model.txt")
