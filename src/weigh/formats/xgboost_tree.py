"""One tree of an XGBoost model: every index it holds stays inside it.

XGBoost follows these indices without looking. Source: dmlc/xgboost, doc/tutorials/saving_model.rst and
src/tree/tree_model.cc; its doc/security.rst leaves the checking of models to whoever loads them.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.ubjson import WIDTHS, Typed

UNSOUND, CHILD, CYCLE, SPLIT = "WGH-XB001", "WGH-XB005", "WGH-XB006", "WGH-XB007"
LENGTHS, CATEGORY, NOT_FINITE, PARENT = "WGH-XB008", "WGH-XB009", "WGH-XB012", "WGH-XB014"
PARAMETER = "WGH-XB015"

MAX_NUMBERS = 4_000_000
"""Numbers of one tree that are looked at, 32 MB at most: some 280,000 nodes."""
_ARRAY_CODES = {"i": "b", "U": "B", "I": "h", "l": "i", "L": "q", "d": "f", "D": "d"}
_NO_NODE, _ROOT = -1, {-1, 2**31 - 1}
_DELETED = 2**31 - 1
"""The split index of a node that pruning took out."""
_BY_NODE = ("right_children", "parents", "split_indices", "split_conditions", "default_left", "split_type")
_STATISTICS = ("loss_changes", "sum_hessian")
_INDICES = frozenset(
    {"left_children", "right_children", "parents", "split_indices", "split_type", "categories"}
    | {"categories_nodes", "categories_segments", "categories_sizes"}
)
_MAX_CATEGORY = 1 << 24
"""Categories are floats in XGBoost, exact up to here."""

Numbers = Sequence[Any]


@dataclass(slots=True)
class TreeLooks:
    """What was learnt from the trees seen so far.

    Attributes:
        trees: how many.
        nodes: of all of them.
        most_split: largest feature number that a node asks for, -1 for none.
        at: offset of the tree that asks for it.
        vectors: values a leaf holds, largest.
        skipped: trees that are larger than is looked at.
    """

    trees: int = 0
    nodes: int = 0
    most_split: int = -1
    at: int = -1
    vectors: int = 0
    skipped: int = 0


def numbers_of(value: Any, reader: RangeReader) -> Numbers | None:
    """An array of a tree as numbers; None where it is no array or longer than is looked at."""
    if isinstance(value, list):
        return value if len(value) <= MAX_NUMBERS else None
    if not isinstance(value, Typed) or value.count > MAX_NUMBERS:
        return None
    data = array(_ARRAY_CODES[value.marker])
    data.frombytes(reader.read(value.offset, value.count * WIDTHS[value.marker]))
    data.byteswap()
    return data


def whole(value: Any) -> int:
    """A parameter that XGBoost writes as text; -1 where it is no number it could be."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return -1
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


class TreeJudge:
    """Judges tree after tree.

    Args:
        reader: the file; typed arrays are read from it.
        found: takes what is wrong.
    """

    __slots__ = ("_found", "looks", "reader")

    def __init__(self, reader: RangeReader, found: AnomalyList) -> None:
        self.reader = reader
        self._found = found
        self.looks = TreeLooks()

    def judge(self, tree: Any, number: int, offset: int) -> None:
        """Look at one tree, the `number`-th, that begins at byte `offset`."""
        self.looks.trees += 1
        if not isinstance(tree, dict) or "left_children" not in tree:
            self._found.add(UNSOUND, f"tree {number} has no children's list", offset=offset)
            return
        arrays: dict[str, Numbers] = {}
        if sum(value.count for value in tree.values() if isinstance(value, Typed)) > MAX_NUMBERS:
            self.looks.skipped += 1
            return
        for name, value in tree.items():
            if isinstance(value, list | Typed):
                numbers = numbers_of(value, self.reader)
                if numbers is None:
                    self.looks.skipped += 1
                    return
                if self._are_numbers(name, numbers, number, offset):
                    arrays[name] = numbers
        if len(arrays) == sum(isinstance(value, list | Typed) for value in tree.values()):
            self._nodes(tree, arrays, number, offset)

    def _are_numbers(self, name: str, numbers: Numbers, number: int, offset: int) -> bool:
        if isinstance(numbers, array):
            if name in _INDICES and numbers.typecode in "fd":
                self._found.add(UNSOUND, f"{name} of tree {number} are no whole numbers", offset=offset)
                return False
            return True
        kinds = {type(n) for n in numbers}
        wanted = {int} if name in _INDICES else {int, float, bool, type(None)}
        if kinds <= wanted:
            return True
        self._found.add(UNSOUND, f"{quoted(name)} of tree {number} are no numbers", offset=offset)
        return False

    def _nodes(self, tree: dict[str, Any], arrays: dict[str, Numbers], number: int, offset: int) -> None:
        parameters = tree.get("tree_param")
        parameters = parameters if isinstance(parameters, dict) else {}
        count = whole(parameters.get("num_nodes"))
        left = arrays["left_children"]
        self.looks.nodes += len(left)
        if count != len(left) or not count:
            why = (
                f"tree {number} has {len(left)} nodes and promises {quoted(str(parameters.get('num_nodes')))}"
            )
            self._found.add(LENGTHS, why, offset=offset)
            return
        if not self._same_lengths(parameters, arrays, number, offset):
            return
        self._children(arrays, number, offset)
        self._splits(arrays, parameters, number, offset)
        self._categories(arrays, number, offset)
        self._finite(arrays, number, offset)

    def _same_lengths(
        self, parameters: dict[str, Any], arrays: dict[str, Numbers], number: int, offset: int
    ) -> bool:
        count = len(arrays["left_children"])
        vector = whole(parameters.get("size_leaf_vector", "0"))
        if vector < 0 or vector > MAX_NUMBERS:
            self._found.add(PARAMETER, f"tree {number} has an impossible leaf size", offset=offset)
            return False
        self.looks.vectors = max(self.looks.vectors, vector)
        vector = max(1, vector)
        missing = [n for n in _BY_NODE if n not in arrays and n != "split_type"]
        lengths = {name: len(arrays[name]) for name in (*_BY_NODE, *_STATISTICS) if name in arrays}
        wrong = [name for name, length in lengths.items() if length != count]
        wrong += [
            n for n in ("base_weights",) if n in arrays and len(arrays[n]) not in {count, count * vector}
        ]
        if "leaf_weights" in arrays and not missing and not _fits(arrays, vector):
            wrong.append("leaf_weights")
        if not wrong and not missing:
            return True
        if wrong:
            why = f"tree {number} has {count} nodes, {wrong[0]} {len(arrays[wrong[0]])}"
        else:
            why = f"tree {number} has no {missing[0]}"
        self._found.add(LENGTHS, why, offset=offset)
        return False

    def _children(self, arrays: dict[str, Numbers], number: int, offset: int) -> None:
        """Every child lies in the tree, and no node is reached twice."""
        left, right, parents = arrays["left_children"], arrays["right_children"], arrays["parents"]
        count = len(left)
        # where leaves hold vectors, a leaf's right child is the number of its vector
        indices = (left,) if "leaf_weights" in arrays else (left, right)
        if any(min(i) < _NO_NODE or max(i) >= count for i in indices):
            why = f"a child of tree {number} lies outside its {count} nodes"
            self._found.add(CHILD, why, offset=offset)
            return
        rule, why = _walk(left, right, vectors="leaf_weights" in arrays)
        if why:
            self._found.add(rule, f"tree {number}: {why}", offset=offset)
            return
        pairs = ((n, c) for n, c in enumerate(left) if c != _NO_NODE)
        if any(parents[child] != n or parents[right[n]] != n for n, child in pairs):
            self._found.add(PARENT, f"a node of tree {number} names another parent", offset=offset)
        if parents[0] not in _ROOT:
            self._found.add(PARENT, f"the root of tree {number} names a parent", offset=offset)
        if any(not (-1 <= p < count or p in _ROOT) for p in parents):
            self._found.add(CHILD, f"a parent in tree {number} lies outside its {count} nodes", offset=offset)

    def _splits(
        self, arrays: dict[str, Numbers], parameters: dict[str, Any], number: int, offset: int
    ) -> None:
        """Every node that has children asks for a feature that there is."""
        left = arrays["left_children"]
        asked = [s for s, below in zip(arrays["split_indices"], left, strict=True) if below != _NO_NODE]
        most, least = max(asked, default=-1), min(asked, default=0)
        features = whole(parameters.get("num_feature"))
        if least < 0 or most >= _DELETED or 0 < features <= most:
            why = f"a node of tree {number} asks for feature {least if least < 0 else most} of {features}"
            self._found.add(SPLIT, why, offset=offset)
        if most > self.looks.most_split:
            self.looks.most_split, self.looks.at = most, offset

    def _categories(self, arrays: dict[str, Numbers], number: int, offset: int) -> None:
        """The sets of categories lie one after another in their list and belong to nodes that there are."""
        count = len(arrays["left_children"])
        nodes = arrays.get("categories_nodes", ())
        starts, sizes = arrays.get("categories_segments", ()), arrays.get("categories_sizes", ())
        values = arrays.get("categories", ())
        if not len(nodes) == len(starts) == len(sizes):
            self._found.add(LENGTHS, f"the lists of categories of tree {number} differ", offset=offset)
            return
        bad = next(
            (
                f"the categories of node {node} lie at {start} to {start + size} of {len(values)}"
                for node, start, size in zip(nodes, starts, sizes, strict=True)
                if not (0 <= node < count and start >= 0 and size >= 0 and start + size <= len(values))
            ),
            "",
        )
        if not bad and any(not 0 <= value < _MAX_CATEGORY for value in values):
            bad = "a category is no category's number"
        types = arrays.get("split_type", ())
        if not bad and any(kind not in {0, 1} for kind in types):
            bad = "a node splits in no known way"
        owners = set(nodes)
        left = arrays["left_children"]
        if not bad and any(
            kind == 1 and below != _NO_NODE and node not in owners
            for node, (kind, below) in enumerate(zip(types, left, strict=False))
        ):
            bad = "a node splits by categories and has none"
        if bad:
            self._found.add(CATEGORY, f"tree {number}: {bad}", offset=offset)

    def _finite(self, arrays: dict[str, Numbers], number: int, offset: int) -> None:
        left = arrays["left_children"]
        for name in ("split_conditions", "base_weights", "leaf_weights"):
            numbers = arrays.get(name, ())
            if name == "split_conditions" and len(arrays.get("base_weights", ())) > len(left):
                # where leaves hold vectors, XGBoost before 3.0 leaves the condition of a leaf unset
                numbers = [n for n, below in zip(numbers, left, strict=False) if below != _NO_NODE]
            if any(n is None or not math.isfinite(n) for n in numbers):
                why = f"{name} of tree {number} hold what is no finite number"
                self._found.add(NOT_FINITE, why, offset=offset)
                return


def _walk(left: Numbers, right: Numbers, *, vectors: bool) -> tuple[str, str]:
    """The rule that the children break and why; two empty texts where they break none."""
    count = len(left)
    seen = bytearray(count)
    seen[0] = 1
    waiting = [0]
    while waiting:
        node = waiting.pop()
        below, beside = left[node], right[node]
        if below == _NO_NODE:
            if beside != _NO_NODE and not vectors:
                return CHILD, f"node {node} has one child only"
            continue
        if not 0 <= beside < count:
            return CHILD, f"node {node} has one child only"
        for child in (below, beside):
            if seen[child]:
                return CYCLE, f"node {child} is reached twice"
            seen[child] = 1
            waiting.append(child)
    return "", ""


def _fits(arrays: dict[str, Numbers], vector: int) -> bool:
    """Whether the weights of the leaves are as many as leaves, and each leaf's number lies among them."""
    left, right = arrays["left_children"], arrays["right_children"]
    leaves = [place for below, place in zip(left, right, strict=False) if below == _NO_NODE]
    places = len(arrays["leaf_weights"]) // vector
    if len(arrays["leaf_weights"]) % vector or places < len(leaves):
        return False
    return all(-1 <= place < places for place in leaves)
