"""XGBoost models: JSON, UBJSON, and the head of the binary format of old.

Source: dmlc/xgboost, doc/tutorials/saving_model.rst and doc/model.schema; src/learner.cc for the binary
format. XGBoost itself follows the indices of a model without checking them.
"""

from itertools import pairwise
from typing import Any

from weigh.core.errors import MalformedError
from weigh.core.facts import Anomaly, Basis, Coverage, Fact, FileFacts
from weigh.core.ports import RangeReader
from weigh.core.tensor import TensorInfo
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.descent import Descent
from weigh.formats.json_config import read_json_config
from weigh.formats.ubjson import WIDTHS, Handed, Typed, Ubjson, UbjsonRules
from weigh.formats.xgboost_json import SplitJson
from weigh.formats.xgboost_tree import PARAMETER, SPLIT, UNSOUND, TreeJudge, numbers_of, whole

FORMAT = "xgboost"
ABSURD, TWICE, DEEP = "WGH-XB002", "WGH-XB003", "WGH-XB004"
GROUP, COUNTS, UNKNOWN_NAME, BEYOND = "WGH-XB010", "WGH-XB011", "WGH-XB013", "WGH-XB016"
MAX_TENSORS = 100_000
MAX_COUNT = 2**31 - 1
MOST_CLASSES = 1 << 20
_UBJSON = UbjsonRules(UNSOUND, ABSURD, DEEP, TWICE)
_OF_JSON = {"WGH-J001": UNSOUND, "WGH-J002": TWICE, "WGH-J003": DEEP}
_BOOSTERS = {"gbtree", "dart", "gblinear"}
_OBJECTIVES = ("reg:", "binary:", "multi:", "rank:", "survival:", "count:")
_DTYPES = {"i": "I8", "U": "U8", "I": "I16", "l": "I32", "L": "I64", "d": "F32", "D": "F64"}
_TREES = ("model", "trees")
_OUTER = {"learner", "version", "Config", "Model"}
_OLD_HEAD = 136
"""Bytes of the old format's learner parameters."""


def read_xgboost(reader: RangeReader, path: str, descent: Descent) -> FileFacts:
    """The facts of one XGBoost model. Never raises for what the file holds."""
    del descent
    head = reader.read(0, 2)
    if head == b"bi":
        return _read_old(reader, path)
    found = AnomalyList()
    judge = TreeJudge(reader, found)
    tensors: list[TensorInfo] = []
    binary = head[:1] == b"{" and head[1:2] in {b"L", b"i", b"U", b"I", b"l", b"#", b"$"}

    def element(tree: Any, number: int, offset: int) -> None:
        judge.judge(tree, number, offset)
        if binary and isinstance(tree, dict) and len(tensors) < MAX_TENSORS:
            tensors.extend(_tensors(tree, f"trees.{number}.", path))

    try:
        value = _read_ubjson(reader, element, found) if binary else SplitJson(reader, _TREES, element).value()
    except MalformedError as error:
        return _failed(error, path, found, tuple(tensors))
    if not isinstance(value, dict) or not isinstance(value.get("learner", value.get("Model")), dict):
        return read_json_config(reader, path)
    model = _Model(value, judge, found)
    model.judge()
    tensors += _tensors(model.booster_model, "", path)
    return _facts(path, model, judge, found, tuple(tensors), reader)


def hidden_model_anomalies(reader: RangeReader) -> tuple[Anomaly, ...]:
    """What is wrong with a model in a JSON file that was told to be something else by its beginning.

    Args:
        reader: a JSON file whose value has the key `learner`.
    """
    found = AnomalyList()
    judge = TreeJudge(reader, found)
    try:
        value = SplitJson(reader, _TREES, judge.judge).value()
    except MalformedError as error:
        if error.rule:
            found.add(_OF_JSON.get(error.rule, error.rule), error.why or error.what, fatal=True)
        return found.as_tuple()
    if isinstance(value, dict) and isinstance(value.get("learner"), dict):
        _Model(value, judge, found).judge()
    return found.as_tuple()


def _read_ubjson(reader: RangeReader, element: Any, found: AnomalyList) -> Any:
    decoder = Ubjson(reader, _UBJSON, _TREES, element)
    value = decoder.value()
    if decoder.position != reader.size:
        why = f"{reader.size - decoder.position} bytes follow the model"
        found.add(BEYOND, why, offset=decoder.position)
    return value


def _failed(
    error: MalformedError, path: str, found: AnomalyList, tensors: tuple[TensorInfo, ...]
) -> FileFacts:
    """What was found up to the place where reading ended."""
    if not error.rule or error.rule == "WGH-J005":
        kept = found.as_tuple()
        return FileFacts(path, FORMAT, Coverage.PARTIAL, str(error), tensors=tensors, anomalies=kept)
    rule = _OF_JSON.get(error.rule, error.rule)
    found.add(rule, error.why or error.what, offset=-1 if error.offset is None else error.offset, fatal=True)
    kept = found.as_tuple()
    return FileFacts(path, FORMAT, Coverage.MALFORMED, str(error), tensors=tensors, anomalies=kept)


def _tensors(owner: dict[str, Any], prefix: str, path: str) -> list[TensorInfo]:
    return [
        TensorInfo(
            prefix + name,
            _DTYPES[value.marker],
            (value.count,),
            path,
            value.offset,
            value.count * WIDTHS[value.marker],
            "big-endian" if WIDTHS[value.marker] > 1 else "",
        )
        for name, value in owner.items()
        if isinstance(value, Typed) and value.count
    ]


def _facts(
    path: str,
    model: "_Model",
    judge: TreeJudge,
    found: AnomalyList,
    tensors: tuple[TensorInfo, ...],
    reader: RangeReader,
) -> FileFacts:
    bad = len(found)
    coverage = Coverage.MALFORMED if bad and model.is_broken else Coverage.COMPLETE
    reason = "it breaks the rules of its format" if bad and model.is_broken else ""
    if coverage is Coverage.COMPLETE and judge.looks.skipped:
        coverage, reason = Coverage.PARTIAL, f"{judge.looks.skipped} trees are larger than is looked at"
    metadata = [Fact(name, value, Basis.DECLARED, path) for name, value in model.stated().items()]
    metadata.append(Fact("xgboost.trees", judge.looks.trees, Basis.DETECTED, path))
    metadata.append(Fact("xgboost.nodes", judge.looks.nodes, Basis.DETECTED, path))
    facts = FileFacts(
        path, FORMAT, coverage, reason, tensors=tensors, metadata=tuple(metadata), anomalies=found.as_tuple()
    )
    if model.has_more and reader.read(0, 1) == b"{":
        return _with_config(facts, reader, path)
    return facts


def _with_config(facts: FileFacts, reader: RangeReader, path: str) -> FileFacts:
    """A file that is a booster and something else as well is read as both."""
    from dataclasses import replace

    other = read_json_config(reader, path)
    return replace(
        facts,
        callables=other.callables,
        templates=other.templates,
        anomalies=(*facts.anomalies, *other.anomalies),
        coverage=facts.coverage if other.coverage is Coverage.COMPLETE else other.coverage,
        reason=facts.reason or other.reason,
    )


class _Model:
    """Everything of a model but its trees."""

    __slots__ = ("_found", "_judge", "_learner", "_value", "booster_model", "has_more")

    def __init__(self, value: dict[str, Any], judge: TreeJudge, found: AnomalyList) -> None:
        self._value = value
        outer = value.get("Model")
        if not isinstance(value.get("learner"), dict) and isinstance(outer, dict):
            value = outer
        self._learner: dict[str, Any] = _inside(value, "learner")
        self._judge = judge
        self._found = found
        booster = _inside(self._learner, "gradient_booster")
        inner = _inside(booster, "gbtree") or booster
        self.booster_model = _inside(inner, "model")
        self.has_more = bool(set(self._value) - _OUTER)

    @property
    def is_broken(self) -> bool:
        """Whether something seen is more than unusual."""
        return any(a.rule not in {UNKNOWN_NAME, "WGH-XB012"} for a in self._found.as_tuple())

    def stated(self) -> dict[str, Any]:
        """Facts the model states: booster, objective, version, features, classes."""
        parameters = _inside(self._learner, "learner_model_param")
        version = numbers_of(self._value.get("version"), self._judge.reader) or []
        version = version if all(isinstance(v, int) for v in version) else []
        return {
            "xgboost.booster": str(_inside(self._learner, "gradient_booster").get("name", ""))[:80],
            "xgboost.objective": str(_inside(self._learner, "objective").get("name", ""))[:80],
            "xgboost.version": ".".join(str(v) for v in version[:3]),
            "xgboost.features": whole(parameters.get("num_feature")),
            "xgboost.classes": whole(parameters.get("num_class")),
        }

    def judge(self) -> None:
        """Hold counts and names against each other."""
        if not _inside(self._learner, "gradient_booster") and "attributes" not in self._learner:
            return  # a document that only shares a word with a model
        self._names()
        groups = self._parameters()
        if not self.booster_model:
            return  # a booster's configuration, without its trees
        if "trees" in self.booster_model:
            self._trees(groups)
        elif "weights" in self.booster_model:
            self._weights(groups)

    def _names(self) -> None:
        booster = _inside(self._learner, "gradient_booster").get("name")
        if booster not in _BOOSTERS:
            self._found.add(UNKNOWN_NAME, f"the booster {quoted(str(booster))} is none of XGBoost's")
        objective = _inside(self._learner, "objective").get("name")
        if not isinstance(objective, str) or not objective.startswith(_OBJECTIVES):
            self._found.add(UNKNOWN_NAME, f"the objective {quoted(str(objective))} is none of XGBoost's")

    def _parameters(self) -> int:
        """Groups of outputs, as the parameters say."""
        parameters = _inside(self._learner, "learner_model_param")
        sizes = {
            name: whole(parameters.get(name, "0")) for name in ("num_feature", "num_class", "num_target")
        }
        for name, size in sizes.items():
            if size < 0 or size > (MAX_COUNT if name == "num_feature" else MOST_CLASSES):
                why = f"{name} is {quoted(str(parameters.get(name)))}"
                self._found.add(PARAMETER, why)
        looks = self._judge.looks
        if 0 <= sizes["num_feature"] <= looks.most_split and "num_feature" in parameters:
            why = f"a node asks for feature {looks.most_split} of {sizes['num_feature']}"
            self._found.add(SPLIT, why, offset=looks.at)
        for name in ("feature_names", "feature_types"):
            names = self._learner.get(name)
            if isinstance(names, list) and names and len(names) != sizes["num_feature"]:
                why = f"{len(names)} {name} stand for {sizes['num_feature']} features"
                self._found.add(COUNTS, why)
        return max(1, sizes["num_class"]) * max(1, sizes["num_target"])

    def _trees(self, groups: int) -> None:
        parameters = _inside(self.booster_model, "gbtree_model_param")
        looks = self._judge.looks
        trees = self.booster_model["trees"]
        seen = trees.count if isinstance(trees, Handed) else looks.trees
        stated = whole(parameters.get("num_trees"))
        if stated != seen or (isinstance(trees, list) and trees):
            self._found.add(
                COUNTS, f"{quoted(str(parameters.get('num_trees')))} trees are promised, {seen} lie there"
            )
        self._tree_info(seen, groups)
        starts = self._integers("iteration_indptr")
        if starts and (starts[0] != 0 or starts[-1] != seen or any(a > b for a, b in pairwise(starts))):
            self._found.add(GROUP, f"the rounds' first trees do not lead from 0 to {seen}")
        drops = _inside(self._learner, "gradient_booster").get("weight_drop")
        if drops is not None and _length(drops) != seen:
            self._found.add(COUNTS, f"{_length(drops)} weights of dropped trees stand for {seen} trees")

    def _tree_info(self, seen: int, groups: int) -> None:
        info = self._integers("tree_info")
        if info is None:
            return
        if len(info) != seen:
            self._found.add(COUNTS, f"the groups of {len(info)} trees are given, {seen} trees lie there")
        limit = max(groups, self._judge.looks.vectors, 1)
        if any(not 0 <= group < limit for group in info):
            why = f"a tree adds to output {max(info) if max(info) >= limit else min(info)} of {limit}"
            self._found.add(GROUP, why)

    def _integers(self, name: str) -> list[int] | None:
        value = self.booster_model.get(name)
        if value is None:
            return None
        numbers = numbers_of(value, self._judge.reader)
        if numbers is None or any(type(n) is not int for n in numbers):
            self._found.add(UNSOUND, f"{name} is no list of whole numbers")
            return None
        return list(numbers)

    def _weights(self, groups: int) -> None:
        parameters = _inside(self._learner, "learner_model_param")
        features, weights = whole(parameters.get("num_feature")), self.booster_model["weights"]
        if _length(weights) != (features + 1) * groups:
            why = f"{_length(weights)} weights stand for {features} features and {groups} outputs"
            self._found.add("WGH-XB008", why)


def _inside(owner: dict[str, Any], name: str) -> dict[str, Any]:
    found = owner.get(name)
    return found if isinstance(found, dict) else {}


def _length(value: Any) -> int:
    if isinstance(value, Typed):
        return value.count
    return len(value) if isinstance(value, list) else -1


def _read_old(reader: RangeReader, path: str) -> FileFacts:
    """The head of the binary format that XGBoost wrote up to version 2: parameters and two names."""
    head = reader.read(0, 4 + _OLD_HEAD)
    found = AnomalyList()
    if len(head) < 4 + _OLD_HEAD:
        found.add(
            UNSOUND, f"the file has {reader.size} bytes, its head alone has {4 + _OLD_HEAD}", fatal=True
        )
        return FileFacts(path, FORMAT, Coverage.MALFORMED, "it ends early", anomalies=found.as_tuple())
    features = int.from_bytes(head[8:12], "little")
    classes = int.from_bytes(head[12:16], "little", signed=True)
    if not 0 <= classes <= MOST_CLASSES or features > MAX_COUNT:
        found.add(PARAMETER, f"it promises {features} features and {classes} classes", offset=8)
    at = 4 + _OLD_HEAD
    names = []
    for _ in range(2):
        length = int.from_bytes(reader.read(at, 8), "little")
        if length > reader.size - at - 8:
            rule = ABSURD if length >= 1 << 48 else UNSOUND
            found.add(
                rule, f"a name claims {length} bytes, {reader.size - at - 8} are left", offset=at, fatal=True
            )
            reason = "it breaks the rules of its format"
            return FileFacts(path, FORMAT, Coverage.MALFORMED, reason, anomalies=found.as_tuple())
        names.append(reader.read(at + 8, min(length, 80)).decode("utf-8", "backslashreplace"))
        at += 8 + length
    stated = {"xgboost.objective": names[0], "xgboost.booster": names[1], "xgboost.features": features}
    return FileFacts(
        path,
        FORMAT,
        Coverage.PARTIAL,
        "of the binary format of old only the head is read; save the model as JSON or UBJSON",
        metadata=tuple(Fact(name, value, Basis.DECLARED, path) for name, value in stated.items()),
        anomalies=found.as_tuple(),
    )
