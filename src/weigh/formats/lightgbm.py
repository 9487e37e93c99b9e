"""LightGBM models in its text format: every tree's arrays, children and features fit each other.

Source: microsoft/LightGBM, src/boosting/gbdt_model_text.cpp and src/io/tree.cpp. A node's child is another
node, or a leaf written as its complement (-1 is leaf 0). LightGBM follows both without looking.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from weigh.core.errors import MalformedError
from weigh.core.facts import Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent

FORMAT = "lightgbm"
UNSOUND, TWICE = "WGH-XB001", "WGH-XB003"
CHILD, CYCLE, SPLIT, LENGTHS, CATEGORY = "WGH-XB005", "WGH-XB006", "WGH-XB007", "WGH-XB008", "WGH-XB009"
COUNTS, NOT_FINITE, UNKNOWN_NAME, PARAMETER = "WGH-XB011", "WGH-XB012", "WGH-XB013", "WGH-XB015"
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one line. A tree of 131,072 leaves, the most LightGBM allows, has lines of some 3 MB."""
MAX_TREE = 64 * 1024 * 1024
MOST = 2**31 - 1
MOST_CLASSES = 1 << 20
_WINDOW = 1024 * 1024
_VERSIONS = {"v2", "v3", "v4"}
_ONCE_A_NODE = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child")
_MORE_A_NODE = ("internal_value", "internal_weight", "internal_count")
_ONCE_A_LEAF = ("leaf_value", "leaf_weight", "leaf_count", "leaf_const", "num_features")
_NEEDED = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
_WHOLE = frozenset(
    {"split_feature", "decision_type", "left_child", "right_child", "num_features", "leaf_features"}
)
_WHOLE_SETS = frozenset({"cat_boundaries", "cat_threshold"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file, without its end.

    Attributes:
        text: its bytes.
        offset: of the first one.
    """

    text: bytes
    offset: int


def read_lightgbm(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one LightGBM model in text. Never raises for what the file holds."""
    del descent
    found = AnomalyList()
    model = _Model(found)
    try:
        for line in lines_of(reader):
            model.take(line)
        model.end()
    except MalformedError as error:
        if not error.rule:
            kept = found.as_tuple()
            return FileFacts(path, FORMAT, Coverage.PARTIAL, str(error), anomalies=kept)
        found.add_error(error)
    bad = any(a.rule not in {NOT_FINITE, UNKNOWN_NAME} for a in found.as_tuple())
    return FileFacts(
        path,
        FORMAT,
        Coverage.MALFORMED if bad else Coverage.COMPLETE,
        "it breaks the rules of its format" if bad else "",
        metadata=tuple(Fact(n, v, Basis.DECLARED, path) for n, v in model.stated().items()),
        anomalies=found.as_tuple(),
    )


def lines_of(reader: RangeReader, start: int = 0) -> Iterator[Line]:
    """The lines of a file, in order; one window is held.

    Raises:
        MalformedError: without a rule: a line is longer than is read.
    """
    data, at = b"", start  # a window, and its offset
    while True:
        begin = 0
        end = data.find(b"\n")
        while end >= 0:
            yield Line(data[begin:end].removesuffix(b"\r"), at + begin)
            begin = end + 1
            end = data.find(b"\n", begin)
        data = data[begin:]
        at += begin
        if len(data) > MAX_LINE:
            raise MalformedError("a line is longer than is read", why=f"{MAX_LINE} bytes are", offset=at)
        more = reader.read(at + len(data), _WINDOW)
        if not more:
            if data:
                yield Line(data, at)
            return
        data += more


class _Model:
    """The head, the trees one by one, and the tail."""

    __slots__ = ("_begin", "_found", "_head", "_sizes", "_state", "_tree", "_tree_bytes", "trees")

    def __init__(self, found: AnomalyList) -> None:
        self._found = found
        self._head: dict[str, str] = {}
        self._tree: dict[str, bytes] = {}
        self._tree_bytes = 0
        self._begin = 0
        self._sizes: list[int] = []
        self._state = "head"
        self.trees = 0

    def stated(self) -> dict[str, object]:
        """Facts the head states."""
        return {
            "lightgbm.version": self._head.get("version", "")[:20],
            "lightgbm.objective": self._head.get("objective", "")[:80],
            "lightgbm.features": self._features(),
            "lightgbm.trees": self.trees,
        }

    def _features(self) -> int:
        return _whole(self._head.get("max_feature_idx", "")) + 1

    def take(self, line: Line) -> None:
        """The next line."""
        if line.text.startswith(b"Tree=") and self._state in {"head", "tree"}:
            self._close(line.offset)
            if self._state == "head":
                self._judge_head()
            self._state, self._begin = "tree", line.offset
        elif line.text == b"end of trees" and self._state in {"head", "tree"}:
            self._close(line.offset)
            if self._state == "head":
                self._judge_head()
            self._state = "tail"
        elif self._state == "head":
            self._take_head(line)
        elif self._state == "tree":
            self._take_tree(line)

    def end(self) -> None:
        """The file is over."""
        if self._state != "tail":
            raise MalformedError("the file ends early", why="its trees do not end", rule=UNSOUND)
        if self._sizes and len(self._sizes) != self.trees:
            self._found.add(COUNTS, f"{len(self._sizes)} trees are promised, {self.trees} lie there")

    def _take_head(self, line: Line) -> None:
        key, sign, value = line.text.decode("utf-8", "backslashreplace").partition("=")
        if sign and key in self._head:
            self._found.add(TWICE, f"{quoted(key)} stands twice in the head", offset=line.offset)
        if len(self._head) < 100:
            self._head[key] = value

    def _judge_head(self) -> None:
        head = self._head
        if head.get("version") not in _VERSIONS:
            self._found.add(UNKNOWN_NAME, f"its version is {quoted(head.get('version', ''))}")
        for name, most in (
            ("num_class", MOST_CLASSES),
            ("num_tree_per_iteration", MOST_CLASSES),
            ("max_feature_idx", MOST),
        ):
            if not 0 <= _whole(head.get(name, "")) <= most:
                self._found.add(PARAMETER, f"{name} is {quoted(head.get(name, ''))}")
        for name in ("feature_names", "feature_infos"):
            count = len(head.get(name, "").split())
            if count and count != self._features():
                self._found.add(COUNTS, f"{count} {name} stand for {self._features()} features")
        self._sizes = [_whole(text) for text in head.get("tree_sizes", "").split()]

    def _take_tree(self, line: Line) -> None:
        if not line.text:
            return
        key, sign, value = line.text.partition(b"=")
        name = key[:40].decode("utf-8", "backslashreplace")
        self._tree_bytes += len(line.text)
        if self._tree_bytes > MAX_TREE or len(self._tree) > 100:
            raise MalformedError("a tree is larger than is read", why=f"{MAX_TREE} bytes are")
        if not sign:
            raise MalformedError(
                "a line is no 'name=values'", why=quoted(name), offset=line.offset, rule=UNSOUND
            )
        if name in self._tree:
            self._found.add(TWICE, f"{quoted(name)} stands twice in tree {self.trees}", offset=line.offset)
        self._tree[name] = value

    def _close(self, end: int) -> None:
        """Judge the tree that lies open."""
        if self._state != "tree":
            return
        if self._sizes:
            size = self._sizes[self.trees] if self.trees < len(self._sizes) else -1
            if size != end - self._begin:
                why = f"tree {self.trees} has {end - self._begin} bytes, {size} are promised"
                self._found.add(COUNTS, why, offset=self._begin)
        judge_tree(self._tree, self._features(), self.trees, self._begin, self._found)
        self._tree, self._tree_bytes = {}, 0
        self.trees += 1


def _whole(text: str | bytes) -> int:
    """A whole number that is not negative; -1 for anything else."""
    return int(text) if text.isdigit() and text.isascii() and len(text) < 19 else -1


def judge_tree(tree: dict[str, bytes], features: int, number: int, offset: int, found: AnomalyList) -> None:
    """Hold the lists of one tree against each other."""
    leaves = _whole(tree.get("num_leaves", b""))
    if not 1 <= leaves <= MOST:
        text = tree.get("num_leaves", b"").decode("utf-8", "backslashreplace")
        found.add(LENGTHS, f"tree {number} promises {quoted(text)} leaves", offset=offset)
        return
    lists: dict[str, list[float]] = {}
    for name in (
        *_ONCE_A_NODE,
        *_MORE_A_NODE,
        *_ONCE_A_LEAF,
        "cat_boundaries",
        "cat_threshold",
        "leaf_features",
    ):
        if name in tree:
            numbers = _numbers(tree[name], whole=name in _WHOLE or name in _WHOLE_SETS)
            if numbers is None:
                found.add(UNSOUND, f"{name} of tree {number} are no numbers", offset=offset)
                return
            lists[name] = numbers
    nodes = leaves - 1
    if not _same_lengths(tree, lists, leaves, number, offset, found):
        return
    if nodes:
        _judge_children(lists, leaves, number, offset, found)
        asked = lists["split_feature"]
        if min(asked) < 0 or max(asked) >= features:
            wrong = min(asked) if min(asked) < 0 else max(asked)
            found.add(SPLIT, f"a node of tree {number} asks for feature {wrong} of {features}", offset=offset)
        _judge_categories(tree, lists, number, offset, found)
    _judge_linear(lists, features, number, offset, found)
    if any(not math.isfinite(value) for value in lists.get("leaf_value", ())):
        found.add(NOT_FINITE, f"leaf values of tree {number} hold what is no finite number", offset=offset)


def _numbers(text: bytes, *, whole: bool) -> list[float] | None:
    try:
        return [int(part) for part in text.split()] if whole else [float(part) for part in text.split()]
    except ValueError:
        return None


def _same_lengths(
    tree: dict[str, bytes],
    lists: dict[str, list[float]],
    leaves: int,
    number: int,
    offset: int,
    found: AnomalyList,
) -> bool:
    wanted = dict.fromkeys((*_ONCE_A_NODE, *_MORE_A_NODE), leaves - 1) | dict.fromkeys(_ONCE_A_LEAF, leaves)
    for name, count in wanted.items():
        needed = name == "leaf_value" or (name in _NEEDED and leaves > 1)
        if name not in lists and not needed:
            continue
        have = len(lists.get(name, ()))
        if have != count and not (have == 0 and not needed) and not (leaves == 1 and have in {0, 1}):
            why = f"tree {number} has {leaves} leaves, {have} values of {name}"
            found.add(LENGTHS, why, offset=offset)
            return False
    if "num_cat" in tree and _whole(tree["num_cat"]) < 0:
        found.add(LENGTHS, f"tree {number} has no count of sets", offset=offset)
        return False
    return True


def _judge_children(
    lists: dict[str, list[float]], leaves: int, number: int, offset: int, found: AnomalyList
) -> None:
    """Every child lies in the tree, and none is reached twice."""
    children = [int(c) for pair in zip(lists["left_child"], lists["right_child"], strict=True) for c in pair]
    if min(children) < -leaves or max(children) >= leaves - 1:
        why = f"a child of tree {number} lies outside its {leaves - 1} nodes and {leaves} leaves"
        found.add(CHILD, why, offset=offset)
        return
    # every node but the root and every leaf is the child of exactly one node: 2 (leaves - 1) of both
    if len(set(children)) != len(children) or 0 in children:
        found.add(CYCLE, f"a node of tree {number} is reached twice", offset=offset)
        return
    reached, waiting = 0, [0]
    while waiting:
        node = waiting.pop()
        reached += 1
        waiting += (child for child in children[2 * node : 2 * node + 2] if child >= 0)
    if reached != leaves - 1:
        found.add(CYCLE, f"{leaves - 1 - reached} nodes of tree {number} lead into themselves", offset=offset)


def _judge_categories(
    tree: dict[str, bytes], lists: dict[str, list[float]], number: int, offset: int, found: AnomalyList
) -> None:
    """A node that splits by a set names one, and the sets lie one after another in their words."""
    sets = _whole(tree.get("num_cat", b"0"))
    chosen = [
        (kind, value)
        for kind, value in zip(lists["decision_type"], lists["threshold"], strict=True)
        if int(kind) & 1
    ]
    bounds, words = lists.get("cat_boundaries", []), lists.get("cat_threshold", [])
    bad = ""
    if sets and (len(bounds) != sets + 1 or bounds[0] != 0 or bounds[-1] != len(words)):
        bad = (
            f"{len(bounds)} bounds of {sets} sets end at {bounds[-1] if bounds else 0} of {len(words)} words"
        )
    elif any(a > b for a, b in pairwise(bounds)):
        bad = "a set ends before it begins"
    elif any(not 0 <= value < max(sets, 0) or value != int(value) for _, value in chosen):
        bad = f"a node splits by a set that is none of {sets}"
    elif any(not 0 <= word < 1 << 32 for word in words):
        bad = "a word of a set has more than 32 bits"
    if bad:
        found.add(CATEGORY, f"tree {number}: {bad}", offset=offset)


def _judge_linear(
    lists: dict[str, list[float]], features: int, number: int, offset: int, found: AnomalyList
) -> None:
    """The features a linear leaf multiplies exist."""
    asked = lists.get("leaf_features", [])
    if any(not 0 <= feature < features for feature in asked):
        found.add(SPLIT, f"a leaf of tree {number} asks for a feature beyond {features}", offset=offset)
    if "num_features" in lists and sum(lists["num_features"]) != len(asked):
        promised = int(sum(lists["num_features"]))
        why = f"the leaves of tree {number} promise {promised} features, {len(asked)} lie there"
        found.add(LENGTHS, why, offset=offset)
