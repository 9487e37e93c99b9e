# ruff: noqa: E501 - tables of what is written: one thing a line reads best
"""What each library writes with its own functions: one maker a library, empty-handed where it is not installed."""

import importlib.metadata
import inspect
import itertools
import json
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import benign_texts
import numpy as np

Write = Callable[[Path], object]
Made = Iterator[tuple[str, Write]]

# Small enough to train in a blink; the bytes of interest do not depend on the size.
_ROWS = 60


def _data() -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.RandomState(7)
    rows = draws.normal(size=(_ROWS, 4))
    return rows, (rows[:, 0] + rows[:, 1] ** 2 > 0.5).astype(int)


def _pickled(value: Any, protocol: int = 4) -> Write:
    return lambda place: place.write_bytes(pickle.dumps(value() if callable(value) else value, protocol))


SIMPLE = {"MLPClassifier": {"max_iter": 20, "hidden_layer_sizes": (4,)}, "MLPRegressor": {"max_iter": 20, "hidden_layer_sizes": (4,)},
          "RandomForestClassifier": {"n_estimators": 3}, "RandomForestRegressor": {"n_estimators": 3},
          "ExtraTreesClassifier": {"n_estimators": 3}, "ExtraTreesRegressor": {"n_estimators": 3},
          "GradientBoostingClassifier": {"n_estimators": 3}, "GradientBoostingRegressor": {"n_estimators": 3},
          "HistGradientBoostingClassifier": {"max_iter": 3}, "HistGradientBoostingRegressor": {"max_iter": 3},
          "AdaBoostClassifier": {"n_estimators": 3}, "BaggingClassifier": {"n_estimators": 3}, "BaggingRegressor": {"n_estimators": 3},
          "AdaBoostRegressor": {"n_estimators": 3}, "KMeans": {"n_clusters": 2}, "IsolationForest": {"n_estimators": 5},
          "DictionaryLearning": {"max_iter": 2}, "MiniBatchDictionaryLearning": {"max_iter": 2}, "SVC": {"probability": False}}  # fmt: skip


def estimators() -> Made:
    """Every estimator of scikit-learn that learns from a small table, and what people build of them."""
    import joblib
    from sklearn.utils import all_estimators

    rows, labels = _data()
    for number, (name, kind) in enumerate(all_estimators()):

        def fitted(kind: Any = kind, name: str = name) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _filled(kind, name).fit(
                    np.abs(rows), np.stack([labels] * 2, 1) if "Multi" in name else labels
                )

        protocol = (2, 3, 4, 5)[number % 4]
        yield (
            f"each/{name}-{protocol}.pkl",
            lambda p, f=fitted, v=protocol: p.write_bytes(pickle.dumps(f(), v)),
        )
        yield (
            f"each/{name}.joblib",
            lambda p, f=fitted, c=(0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3))[number % 6]: (
                joblib.dump(f(), p, compress=c)
            ),
        )
    yield from _composed(rows, labels)


def _filled(kind: Any, name: str) -> Any:
    """An estimator with the arguments it cannot be made without."""
    from sklearn.linear_model import LogisticRegression, Ridge

    inner = Ridge() if "Regress" in name else LogisticRegression()
    needed = [
        p.name
        for p in inspect.signature(kind).parameters.values()
        if p.default is p.empty or p.name == "estimator"
    ]
    made: dict[str, Any] = {"estimator": inner, "estimators": [("a", inner), ("b", inner)], "steps": [("a", inner)],
                            "transformer_list": [("a", "passthrough")], "param_grid": {"tol": [0.1]}, "param_distributions": {"tol": [0.1, 0.2]}}  # fmt: skip
    return kind(**{n: made[n] for n in needed if n in made}, **SIMPLE.get(name, {}))


def _composed(rows: np.ndarray, labels: np.ndarray) -> Made:
    import joblib
    from sklearn import (
        compose,
        ensemble,
        feature_extraction,
        feature_selection,
        impute,
        linear_model,
        model_selection,
        pipeline,
        preprocessing,
        svm,
    )

    texts = ["good film", "bad film", "very good", "very bad"] * 5
    words = feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2))
    plain = pipeline.make_pipeline(
        impute.SimpleImputer(), preprocessing.StandardScaler(), linear_model.LogisticRegression()
    )
    columns = compose.ColumnTransformer(
        [("a", preprocessing.StandardScaler(), [0, 1]), ("b", preprocessing.KBinsDiscretizer(3), [2])],
        remainder="passthrough",
    )
    made = {
        "pipeline": lambda: plain.fit(rows, labels),
        "text": lambda: pipeline.make_pipeline(words, linear_model.SGDClassifier()).fit(texts, [1, 0, 1, 0] * 5),
        "columns": lambda: pipeline.make_pipeline(columns, svm.LinearSVC()).fit(rows, labels),
        "search": lambda: model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [0.1, 1]}, cv=2).fit(rows, labels),
        "random_search": lambda: model_selection.RandomizedSearchCV(svm.SVC(), {"C": [0.1, 1]}, n_iter=2, cv=2, scoring="f1").fit(rows, labels),
        "voting": lambda: ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", svm.SVC())]).fit(rows, labels),
        "stacking": lambda: ensemble.StackingClassifier([("a", linear_model.LogisticRegression()), ("b", svm.SVC())], cv=2).fit(rows, labels),
        "selected": lambda: feature_selection.SelectKBest(k=2).fit(rows, labels),
        "log": lambda: preprocessing.FunctionTransformer(np.log1p).fit(np.abs(rows)),
        "encoder": lambda: preprocessing.OneHotEncoder(handle_unknown="ignore").fit([["a"], ["b"]]),
        "union": lambda: pipeline.make_union(preprocessing.StandardScaler(), preprocessing.PolynomialFeatures()).fit(rows),
        "unfitted": linear_model.LogisticRegression, "dict": lambda: {"model": plain.fit(rows, labels), "features": list("abcd"), "threshold": 0.5},
        "list": lambda: [linear_model.Ridge().fit(rows, labels), preprocessing.LabelEncoder().fit(["a", "b"])],
    }  # fmt: skip
    packings = {
        "plain": 0,
        "zlib": ("zlib", 3),
        "gzip": ("gzip", 3),
        "bz2": ("bz2", 3),
        "xz": ("xz", 3),
        "lzma": ("lzma", 3),
        "lz4": ("lz4", 3),
    }
    for (name, build), (packing, how) in itertools.product(made.items(), packings.items()):
        yield f"built/{name}-{packing}.joblib", lambda p, b=build, h=how: joblib.dump(b(), p, compress=h)
    for (name, build), protocol in itertools.product(made.items(), range(2, 6)):
        yield f"built/{name}-{protocol}.pkl", _pickled(build, protocol)


def joblib_files() -> Made:
    """Arrays and plain data by joblib, each compressor and protocol."""
    import joblib

    values = {"floats": np.random.RandomState(0).normal(size=(50, 7)), "integers": np.arange(100), "fortran": np.asfortranarray(np.eye(6)),
              "big_endian": np.arange(9, dtype=">f4"), "objects": np.array(["a", None, 3], object), "text": np.array(["a", "bc"]),
              "dict": {"w": np.eye(3), "names": ["a"], "n": 3}, "many": [np.full(5, n) for n in range(20)], "empty": np.zeros((0, 3)),
              "plain": {"a": [1, 2, 3]}, "scalar": np.float64(3), "zero_d": np.array(4.0), "record": np.zeros(3, [("a", "i4"), ("b", "f8")]),
              "large": np.zeros((300, 300)), "bool": np.array([True, False])}  # fmt: skip
    for (name, value), how in itertools.product(
        values.items(), (0, ("zlib", 1), ("gzip", 3), ("bz2", 9), ("xz", 1), ("lzma", 3), ("lz4", 1))
    ):
        yield (
            f"{name}-{how[0] if how else 'plain'}.joblib",
            lambda p, v=value, h=how: joblib.dump(v, p, compress=h),
        )
    for (name, value), protocol in itertools.product(values.items(), (2, 3, 4, 5)):
        yield (
            f"{name}-protocol{protocol}.joblib",
            lambda p, v=value, n=protocol: joblib.dump(v, p, protocol=n),
        )
    for ending in ("pkl.gz", "pkl.z", "pkl.bz2", "pkl.xz", "sav", "pkl"):
        yield f"by_ending.{ending}", lambda p: joblib.dump({"w": np.eye(4)}, p)


def frames() -> Made:
    """Tables, series and indexes by pandas, and its own files."""
    import pandas as pd

    table = pd.DataFrame(
        {"a": [1, 2, 3], "b": [0.5, None, 2], "c": ["x", "y", None], "d": [True, False, True]}
    )
    made = {
        "frame": table, "series": table["a"], "categories": table.assign(c=table["c"].astype("category")), "text": table.astype({"c": "string"}),
        "integers": table.astype({"a": "Int64"}), "dates": table.assign(t=pd.date_range("2024-01-01", periods=3)),
        "zoned": table.assign(t=pd.date_range("2024-01-01", periods=3, tz="Europe/Paris")), "indexed": table.set_index(["a", "c"]),
        "intervals": pd.cut(pd.Series([1, 2, 3]), 2), "periods": pd.period_range("2024-01", periods=3, freq="M"), "stamp": pd.Timestamp("2024-01-01"),
        "sparse": pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1])}), "delta": pd.to_timedelta([1, 2], unit="s"), "empty": pd.DataFrame(),
        "ordered": pd.Categorical(["a", "b"], ordered=True), "zoned_stamp": pd.Timestamp("2024-01-01", tz="UTC"), "na": [pd.NaT, pd.NA],
        "boolean": table.astype({"d": "boolean"}), "wide": pd.DataFrame(np.zeros((3, 200))), "dict": {"train": table, "test": table.head(1)},
    }  # fmt: skip
    for (name, value), protocol in itertools.product(made.items(), (2, 4, 5)):
        yield f"{name}-{protocol}.pkl", _pickled(lambda v=value: v, protocol)
    yield "by_pandas.pkl", table.to_pickle
    yield "by_pandas.pkl.gz", table.to_pickle
    yield "by_pandas.pkl.xz", table.to_pickle
    yield "by_pandas.pkl.zip", table.to_pickle
    yield "table.parquet", table.to_parquet
    yield "table.csv.gz", table.to_csv
    yield "table.feather", table.to_feather
    yield "table.json", table.to_json
    yield "table.orc", table.to_orc
    yield "gzip.parquet", lambda p: table.to_parquet(p, compression="gzip")
    yield "table.xlsx", table.to_excel


def sparse() -> Made:
    """Sparse matrices and the like by SciPy."""
    from scipy import interpolate, sparse, spatial, stats
    from scipy.io import savemat

    matrix = sparse.random(20, 20, 0.2, random_state=0)
    for kind, protocol in itertools.product(("csr", "csc", "coo", "bsr", "dia", "dok", "lil"), (2, 4, 5)):
        yield f"{kind}-{protocol}.pkl", _pickled(lambda k=kind: matrix.asformat(k), protocol)
    for kind in ("csr", "csc", "coo", "bsr", "dia"):
        yield f"{kind}.npz", lambda p, k=kind: sparse.save_npz(p, matrix.asformat(k))
        yield f"{kind}_array.pkl", _pickled(lambda k=kind: sparse.csr_array(matrix).asformat(k))
    line = np.linspace(0, 1, 9)
    yield "tree.pkl", _pickled(lambda: spatial.cKDTree(np.random.RandomState(0).normal(size=(9, 2))))
    yield "python_tree.pkl", _pickled(lambda: spatial.KDTree(np.random.RandomState(0).normal(size=(9, 2))))
    yield "interpolation.pkl", _pickled(lambda: interpolate.interp1d(line, line**2))
    yield "spline.pkl", _pickled(lambda: interpolate.CubicSpline(line, line**2))
    yield "bspline.pkl", _pickled(lambda: interpolate.make_interp_spline(line, line))
    yield "distribution.pkl", _pickled(lambda: stats.norm(0, 1))
    yield "density.pkl", _pickled(lambda: stats.gaussian_kde(line))
    yield "matlab.mat", lambda p: savemat(p, {"a": np.eye(3)})


def boosters(library: str) -> Callable[[], Made]:
    """Models of one boosting library in each of its own formats and pickled."""

    def make() -> Made:
        rows, labels = _data()
        if library == "xgboost":
            yield from _xgboost(rows, labels)
        elif library == "lightgbm":
            yield from _lightgbm(rows, labels)
        else:
            yield from _catboost(rows, labels)

    return make


def _xgboost(rows: np.ndarray, labels: np.ndarray) -> Made:
    import xgboost as xgb

    settings: dict[str, dict[str, Any]] = {
        "tree": {"objective": "binary:logistic"}, "regression": {"objective": "reg:squarederror"}, "multi": {"objective": "multi:softprob", "num_class": 3},
        "linear": {"booster": "gblinear"}, "dart": {"booster": "dart", "rate_drop": 0.1}, "rank": {"objective": "rank:pairwise"}, "deep": {"max_depth": 8},
        "forest": {"num_parallel_tree": 3}, "poisson": {"objective": "count:poisson"}, "lossguide": {"grow_policy": "lossguide", "max_leaves": 4},
        "vector": {"multi_strategy": "multi_output_tree"},
    }  # fmt: skip
    for name, options in settings.items():

        def booster(options: dict[str, Any] = options) -> Any:
            table = xgb.DMatrix(
                rows,
                np.stack([labels] * 2, 1) if "multi_strategy" in options else labels,
                feature_names=list("abcd"),
            )
            return xgb.train({"verbosity": 0, **options}, table, 3)

        for ending in ("json", "ubj", "model", "bin", "deprecated"):
            yield f"{name}.{ending}", lambda p, b=booster: b().save_model(p)
        yield f"{name}.raw", lambda p, b=booster: p.write_bytes(b().save_raw())
        yield f"{name}.config.json", lambda p, b=booster: p.write_text(b().save_config())
        yield f"{name}.dump.txt", lambda p, b=booster: b().dump_model(p)
        yield f"{name}.pkl", _pickled(booster)
    for kind, protocol in itertools.product(
        (xgb.XGBClassifier, xgb.XGBRegressor, xgb.XGBRFClassifier), (2, 4, 5)
    ):
        yield (
            f"{kind.__name__}-{protocol}.pkl",
            _pickled(lambda k=kind: k(n_estimators=3).fit(rows, labels), protocol),
        )
        yield (
            f"{kind.__name__}-{protocol}.json",
            lambda p, k=kind: k(n_estimators=3).fit(rows, labels).save_model(p),
        )


def _lightgbm(rows: np.ndarray, labels: np.ndarray) -> Made:
    import joblib
    import lightgbm as lgb

    settings: dict[str, dict[str, Any]] = {"binary": {"objective": "binary"}, "regression": {"objective": "regression"}, "multi": {"objective": "multiclass", "num_class": 3},
        "dart": {"boosting": "dart", "objective": "binary"}, "linear": {"linear_tree": True, "objective": "regression"}, "forest": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7},
        "category": {"categorical_feature": [3]}, "poisson": {"objective": "poisson"}}  # fmt: skip
    for name, options in settings.items():

        def booster(options: dict[str, Any] = options) -> Any:
            table = lgb.Dataset(np.abs(rows).round(), labels, free_raw_data=False)
            return lgb.train({"verbosity": -1, "min_data_in_leaf": 2, **options}, table, 3)

        yield f"{name}.txt", lambda p, b=booster: b().save_model(str(p))
        yield f"{name}.json", lambda p, b=booster: p.write_text(json.dumps(b().dump_model()))
        yield f"{name}.pkl", _pickled(booster)
    for kind, protocol in itertools.product((lgb.LGBMClassifier, lgb.LGBMRegressor), (2, 4, 5)):
        yield (
            f"{kind.__name__}-{protocol}.pkl",
            _pickled(lambda k=kind: k(n_estimators=3, verbose=-1).fit(rows, labels), protocol),
        )
        yield (
            f"{kind.__name__}-{protocol}.joblib",
            lambda p, k=kind, n=protocol: joblib.dump(
                k(n_estimators=3, verbose=-1).fit(rows, labels), p, protocol=n
            ),
        )


def _catboost(rows: np.ndarray, labels: np.ndarray) -> Made:
    import catboost as cat

    plain = {"iterations": 3, "verbose": False, "allow_writing_files": False, "thread_count": 1}
    for kind in (cat.CatBoostClassifier, cat.CatBoostRegressor):
        for depth, ending in itertools.product(
            (2, 6), ("cbm", "json", "onnx", "coreml", "pmml", "cpp", "python")
        ):
            yield (
                f"{kind.__name__}-{depth}.{ending.replace('python', 'py').replace('coreml', 'mlmodel')}",
                (
                    lambda p, k=kind, d=depth, e=ending: (
                        k(depth=d, **plain).fit(rows, labels).save_model(str(p), format=e)
                    )
                ),
            )
        for protocol in (2, 4, 5):
            yield (
                f"{kind.__name__}-{protocol}.pkl",
                _pickled(lambda k=kind: k(**plain).fit(rows, labels), protocol),
            )
    mixed = [[str(int(a)), b] for a, b in rows[:, :2]]
    yield (
        "categories.cbm",
        lambda p: cat.CatBoostClassifier(cat_features=[0], **plain).fit(mixed, labels).save_model(str(p)),
    )
    words = [["a good film" if n else "a bad one"] for n in labels]
    yield (
        "words.cbm",
        lambda p: cat.CatBoostClassifier(text_features=[0], **plain).fit(words, labels).save_model(str(p)),
    )
    yield (
        "lossguide.cbm",
        lambda p: (
            cat.CatBoostRegressor(grow_policy="Lossguide", **plain).fit(rows, labels).save_model(str(p))
        ),
    )


def hdf5() -> Made:
    """HDF5 with each storage, type and library version bound."""
    import h5py

    values: dict[str, Any] = {
        name: np.arange(60).astype(name)
        for name in ("f2", "f4", "f8", "i1", "i8", "u2", ">f4", ">i4", "c8", "?")
    }
    values |= {
        "text": np.array([b"ab", b"c"]),
        "scalar": 3.5,
        "word": "hello",
        "record": np.zeros(4, [("a", "i4"), ("b", "f8", (2,))]),
    }

    def simple(place: Path, bound: str, options: dict[str, Any]) -> None:
        with h5py.File(place, "w", libver=bound) as file:
            for name, value in values.items():
                group = file.require_group(f"group/{name.strip('><?')}_{len(file)}")
                more = options if getattr(value, "ndim", 0) else {}
                group.create_dataset(f"d{len(name)}{ord(name[0])}", data=value, **more)
                group.attrs["note"] = "some text"
                group.attrs["values"] = [1, 2, 3]
            file.attrs["words"] = np.array(["a", "bcd"], h5py.string_dtype())

    stored: dict[str, dict[str, Any]] = {"plain": {}, "chunked": {"chunks": True}, "gzip": {"compression": "gzip"}, "lzf": {"compression": "lzf"},
        "shuffle": {"compression": "gzip", "shuffle": True}, "checksum": {"fletcher32": True}, "growing": {"maxshape": (None,)}, "times": {"track_times": True}}  # fmt: skip
    for bound, (name, options) in itertools.product(
        ("earliest", "v108", "v110", "v112", "v114", "latest"), stored.items()
    ):
        yield f"{name}-{bound}.h5", lambda p, b=bound, o=options: simple(p, b, o)
    for bound in ("earliest", "latest"):
        yield f"many-{bound}.h5", lambda p, b=bound: _many(p, b)
        yield f"rich-{bound}.h5", lambda p, b=bound: _rich(p, b)


def _many(place: Path, bound: str) -> None:
    import h5py

    with h5py.File(place, "w", libver=bound, track_order=bound == "latest") as file:
        for number in range(300):
            file.create_dataset(f"layer_{number}/kernel", data=np.ones(3, "f4"))
        for number in range(60):
            file.attrs[f"attribute_{number}"] = "v" * number
        file.attrs["large"] = "x" * 60_000


def _rich(place: Path, bound: str) -> None:
    import h5py

    with h5py.File(place, "w", libver=bound, userblock_size=512) as file:
        file["numbers"] = np.arange(10.0)
        file["soft"] = h5py.SoftLink("/numbers")
        file["hard"] = file["numbers"]
        file.create_dataset("ragged", (3,), dtype=h5py.vlen_dtype("i4"))[0] = [1, 2]
        file.create_dataset("words", data=["a", "bc"], dtype=h5py.string_dtype())
        file.create_dataset(
            "enumeration", data=[0, 1], dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i4")
        )
        file.create_dataset("reference", data=file["numbers"].ref, dtype=h5py.ref_dtype)
        file.create_dataset("empty", data=h5py.Empty("f4"))
        file.create_dataset("opaque", data=np.void(b"abcd"))
        file.create_dataset("partly", (100, 100), chunks=(10, 10), fillvalue=3)[5:9, 5:9] = 1
        file["type"] = np.dtype("f8")
        file["numbers"].make_scale("x")


def onnx_library() -> Made:
    """Graphs by onnx's own functions, and by skl2onnx."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    value = helper.make_tensor_value_info
    for number, kind in enumerate(
        ("Relu", "Sigmoid", "Softmax", "Identity", "Tanh", "Neg", "Abs", "Exp", "LogSoftmax", "Flatten")
    ):
        graph = helper.make_graph(
            [helper.make_node(kind, ["x"], ["y"])], "g", [value("x", 1, [None, 4])], [value("y", 1, None)]
        )
        yield (
            f"{kind}.onnx",
            lambda p, g=graph, o=8 + number: onnx.save(
                helper.make_model(g, opset_imports=[helper.make_opsetid("", o)]), str(p)
            ),
        )
    body = helper.make_graph([helper.make_node("Identity", ["w"], ["o"])], "then", [], [value("o", 1, None)])
    cond = helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=body)
    weights = [
        numpy_helper.from_array(np.eye(3, dtype=d), n)
        for n, d in (("w", "f4"), ("h", "f2"), ("i", "i8"), ("d", "f8"), ("u", "u1"))
    ]
    graph = helper.make_graph([cond], "g", [value("c", TensorProto.BOOL, [])], [value("y", 1, None)], weights)
    yield (
        "if.onnx",
        lambda p: onnx.save(helper.make_model(graph, producer_name="example", doc_string="text"), str(p)),
    )
    yield (
        "external/model.onnx",
        lambda p: onnx.save(
            helper.make_model(graph),
            str(p),
            save_as_external_data=True,
            size_threshold=0,
            location="model.onnx.data",
        ),
    )
    yield "text.textproto", lambda p: onnx.save(helper.make_model(graph), str(p), format="textproto")
    tensor = numpy_helper.from_array(np.arange(5.0), "t")
    yield "tensor.pb", lambda p: p.write_bytes(tensor.SerializeToString())
    words = helper.make_tensor("words", TensorProto.STRING, [2], [b"a", b"bc"])
    constant = helper.make_graph(
        [helper.make_node("Constant", [], ["y"], value=words)], "g", [], [value("y", TensorProto.STRING, [2])]
    )
    yield "strings.onnx", lambda p: onnx.save(helper.make_model(constant), str(p))


def converted() -> Made:
    """scikit-learn models as skl2onnx writes them."""
    import skl2onnx
    from sklearn import (
        cluster,
        decomposition,
        ensemble,
        linear_model,
        naive_bayes,
        neighbors,
        neural_network,
        preprocessing,
        svm,
        tree,
    )

    rows, labels = _data()
    kinds = (cluster.KMeans, decomposition.PCA, ensemble.RandomForestClassifier, ensemble.GradientBoostingRegressor, linear_model.LogisticRegression,
             linear_model.Ridge, naive_bayes.GaussianNB, neighbors.KNeighborsClassifier, neural_network.MLPClassifier, preprocessing.StandardScaler,
             svm.SVC, tree.DecisionTreeClassifier, ensemble.IsolationForest, ensemble.HistGradientBoostingClassifier)  # fmt: skip
    for kind, opset in itertools.product(kinds, (11, 15, 17)):

        def write(place: Path, kind: Any = kind, opset: int = opset) -> None:
            model = kind(**SIMPLE.get(kind.__name__, {})).fit(rows, labels)
            target = {"": opset, "ai.onnx.ml": 3 if kind.__name__ == "IsolationForest" else 1 + (opset > 11)}
            place.write_bytes(
                skl2onnx.to_onnx(model, rows[:1].astype("f4"), target_opset=target).SerializeToString()
            )

        yield f"{kind.__name__}-{opset}.onnx", write


def skops_files() -> Made:
    """scikit-learn models as skops writes them."""
    import skops.io as sio
    from sklearn import (
        cluster,
        ensemble,
        feature_extraction,
        linear_model,
        neighbors,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    rows, labels = _data()
    kinds = (cluster.KMeans, ensemble.RandomForestClassifier, ensemble.GradientBoostingClassifier, linear_model.LogisticRegression, linear_model.SGDClassifier,
             preprocessing.StandardScaler, preprocessing.OneHotEncoder, svm.SVC, tree.DecisionTreeClassifier, neighbors.KNeighborsClassifier,
             preprocessing.PolynomialFeatures, ensemble.HistGradientBoostingRegressor, preprocessing.QuantileTransformer)  # fmt: skip
    for kind, packing in itertools.product(kinds, (0, 8)):
        yield (
            f"{kind.__name__}-{packing}.skops",
            lambda p, k=kind, c=packing: sio.dump(
                k(**SIMPLE.get(k.__name__, {})).fit(rows, labels), p, compression=c
            ),
        )
    line = pipeline.make_pipeline(
        feature_extraction.text.TfidfVectorizer(), linear_model.LogisticRegression()
    )
    yield "text.skops", lambda p: sio.dump(line.fit(["good film", "bad film"] * 4, [1, 0] * 4), p)
    yield (
        "plain.skops",
        lambda p: sio.dump({"a": [1, 2.5, "x", None, True], "b": np.eye(3), "c": (1, {2})}, p),
    )


def safetensors_library() -> Made:
    """Safetensors by its own library."""
    from safetensors.numpy import save_file

    for dtype in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "u2", "u4", "u8", "?"):
        yield (
            f"numpy-{dtype.strip('?') or 'bool'}.safetensors",
            lambda p, d=dtype: save_file({"w": np.ones((3, 4), d), "b": np.zeros(4, d)}, p),
        )
    for name, metadata in benign_texts.SAFETENSORS_METADATA.items():
        yield (
            f"{name}.safetensors",
            lambda p, m=metadata: save_file({f"layer.{n}.w": np.eye(4) for n in range(20)}, p, metadata=m),
        )
    yield "scalar.safetensors", lambda p: save_file({"s": np.array(2.0), "e": np.zeros((0, 2))}, p)


def gguf_library() -> Made:
    """GGUF by its own library."""
    import gguf

    for name, template in benign_texts.TEMPLATES.items():

        def write(place: Path, name: str = name, template: str = template) -> None:
            out = gguf.GGUFWriter(place, "llama")
            out.add_name(name)
            out.add_context_length(512)
            out.add_embedding_length(32)
            out.add_block_count(1)
            out.add_tokenizer_model("gpt2")
            out.add_token_list([f"t{n}" for n in range(200)])
            out.add_token_scores([0.0] * 200)
            out.add_chat_template(template)
            out.add_array("example.nested", [1.5, 2.5])
            out.add_tensor("token_embd.weight", np.ones((8, 32), "f4"))
            out.add_tensor(
                "blk.0.attn_q.weight",
                gguf.quantize(np.ones((4, 256), "f4"), gguf.GGMLQuantizationType.Q8_0),
                raw_dtype=gguf.GGMLQuantizationType.Q8_0,
            )
            out.write_header_to_file()
            out.write_kv_data_to_file()
            out.write_tensors_to_file()
            out.close()

        yield f"{name}.gguf", write


def statistics() -> Made:
    """Fitted models of statsmodels."""
    import statsmodels.api as sm

    rows, labels = _data()
    made = {"ols": lambda: sm.OLS(rows[:, 0], rows[:, 1:]).fit(), "glm": lambda: sm.GLM(labels, rows, sm.families.Binomial()).fit(), "logit": lambda: sm.Logit(labels, rows).fit(disp=0),
            "arima": lambda: sm.tsa.ARIMA(rows[:, 0], order=(1, 0, 0)).fit(), "wls": lambda: sm.WLS(rows[:, 0], rows[:, 1:]).fit()}  # fmt: skip
    for name, build in made.items():
        yield f"{name}.pkl", _pickled(build)
        yield f"{name}.pickle", lambda p, b=build: b().save(str(p))


def embeddings() -> Made:
    """Word vectors and topics by gensim."""
    import gensim

    texts = [["good", "film"], ["bad", "film"], ["very", "good"]] * 20
    made = {"word2vec": lambda: gensim.models.Word2Vec(texts, vector_size=8, min_count=1), "fasttext": lambda: gensim.models.FastText(texts, vector_size=8, min_count=1, bucket=50),
            "doc2vec": lambda: gensim.models.Doc2Vec([gensim.models.doc2vec.TaggedDocument(t, [n]) for n, t in enumerate(texts)], vector_size=8),
            "dictionary": lambda: gensim.corpora.Dictionary(texts), "phrases": lambda: gensim.models.Phrases(texts),
            "tfidf": lambda: gensim.models.TfidfModel([[(0, 1), (1, 1)]]), "lda": lambda: gensim.models.LdaModel([[(0, 1), (1, 1)]] * 4, 2),
            "lsi": lambda: gensim.models.LsiModel([[(0, 1), (1, 1)], [(1, 2)]] * 4, num_topics=2), "vectors": lambda: gensim.models.Word2Vec(texts, vector_size=8, min_count=1).wv}  # fmt: skip
    for name, build in made.items():
        yield f"{name}.model", lambda p, b=build: b().save(str(p))
    vectors = made["vectors"]
    yield "binary.bin", lambda p: vectors().save_word2vec_format(str(p), binary=True)
    yield "text.txt", lambda p: vectors().save_word2vec_format(str(p))
    yield "text.vec.gz", lambda p: vectors().save_word2vec_format(str(p))


def messages() -> Made:
    """msgpack, with and without arrays."""
    import msgpack

    yield (
        "plain.msgpack",
        lambda p: p.write_bytes(
            msgpack.packb({"a": [1, 2.5, None, True], "b": b"xy", "c": {"d": "text" * 99}})
        ),
    )
    yield "stream.msgpack", lambda p: p.write_bytes(b"".join(msgpack.packb({"row": n}) for n in range(50)))
    yield "time.msgpack", lambda p: p.write_bytes(msgpack.packb(msgpack.Timestamp(1, 2)))


def flax() -> Made:
    """Parameters as flax writes them."""
    from flax import serialization

    tree = {"params": {"Dense_0": {"kernel": np.ones((4, 8), "f4"), "bias": np.zeros(8, "f4")}}, "step": 3}
    yield "flax_model.msgpack", lambda p: p.write_bytes(serialization.to_bytes(tree))
    yield (
        "state.msgpack",
        lambda p: p.write_bytes(
            serialization.msgpack_serialize({"a": np.arange(3), "b": np.float32(2), "c": 1 + 2j})
        ),
    )


def spacy_models() -> Made:
    """Pipelines of spaCy."""
    import spacy

    for language in ("en", "de", "fr", "zh", "xx"):
        yield f"{language}", lambda p, n=language: spacy.blank(n).to_disk(p)

    def trained() -> Any:
        nlp = spacy.blank("en")
        nlp.add_pipe("sentencizer")
        nlp.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Apple"}])
        labels = nlp.add_pipe("textcat")
        labels.add_label("A")
        labels.add_label("B")
        nlp.initialize()
        return nlp

    yield "trained", lambda p: trained().to_disk(p)
    yield "trained.spacy", lambda p: p.write_bytes(trained().to_bytes())
    yield "docs.spacy", lambda p: spacy.tokens.DocBin(docs=[spacy.blank("en")("Hello world")]).to_disk(p)


def picklers() -> Made:
    """Plain data and estimators by dill and cloudpickle."""
    import cloudpickle
    import dill
    from sklearn.linear_model import LogisticRegression

    rows, labels = _data()
    for name, value in (
        ("plain", {"a": [1, 2]}),
        ("array", np.eye(3)),
        ("model", LogisticRegression().fit(rows, labels)),
        ("mixed", [np.float32(1), {1, 2}, b"x"]),
    ):
        for protocol in (2, 4, 5):
            yield (
                f"dill-{name}-{protocol}.dill",
                lambda p, v=value, n=protocol: p.write_bytes(dill.dumps(v, protocol=n)),
            )
            yield (
                f"cloudpickle-{name}-{protocol}.pkl",
                lambda p, v=value, n=protocol: p.write_bytes(cloudpickle.dumps(v, protocol=n)),
            )


def openvino_models() -> Made:
    """Intermediate representation of OpenVINO."""
    import openvino as ov
    from openvino import opset13 as ops

    x = ops.parameter([1, 4], ov.Type.f32)
    made = {
        "matmul": ops.matmul(x, ops.constant(np.eye(4, dtype="f4")), False, False),
        "relu": ops.relu(x),
        "softmax": ops.softmax(x, 1),
    }
    for name, node in made.items():
        yield f"{name}.xml", lambda p, n=node: ov.save_model(ov.Model([n], [x], "tiny"), p)


def coreml_models() -> Made:
    """Models of Core ML."""
    import coremltools as ct
    from coremltools.converters.mil import Builder

    @Builder.program(input_specs=[Builder.TensorSpec(shape=(1, 4))])
    def program(x: Any) -> Any:
        return Builder.relu(x=Builder.matmul(x=x, y=np.eye(4, dtype="f4")))

    yield (
        "program.mlpackage",
        lambda p: ct.convert(program, source="milinternal", convert_to="mlprogram").save(str(p)),
    )
    yield (
        "network.mlmodel",
        lambda p: ct.convert(program, source="milinternal", convert_to="neuralnetwork").save(str(p)),
    )


def version(package: str) -> str:
    """The installed version of a package, or `absent`."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _first(*packages: str) -> str:
    """The first of these packages that is installed: one library under several names."""
    return next((p for p in packages if version(p) != "absent"), packages[0])


def _makers() -> dict[str, Callable[[], Made]]:
    import benign_networks

    return {
        f"{name}-{version(package)}": make for name, package, make in (
            ("scikit-learn", "scikit-learn", estimators), ("joblib", "joblib", joblib_files), ("pandas", "pandas", frames), ("scipy", "scipy", sparse),
            ("xgboost", _first("xgboost", "xgboost-cpu"), boosters("xgboost")), ("lightgbm", "lightgbm", boosters("lightgbm")), ("catboost", "catboost", boosters("catboost")),
            ("h5py", "h5py", hdf5), ("onnx", "onnx", onnx_library), ("skl2onnx", "skl2onnx", converted), ("skops", "skops", skops_files),
            ("safetensors", "safetensors", safetensors_library), ("gguf", "gguf", gguf_library), ("statsmodels", "statsmodels", statistics),
            ("gensim", "gensim", embeddings), ("msgpack", "msgpack", messages), ("flax", "flax", flax), ("spacy", "spacy", spacy_models),
            ("picklers", "cloudpickle", picklers), ("openvino", "openvino", openvino_models), ("coremltools", "coremltools", coreml_models),
            *benign_networks.NETWORKS)}  # fmt: skip


LIBRARIES: dict[str, Callable[[], Made]] = _makers()
