"""Hostile skops files. Inert: the tree only names what loading would import."""

import io
import json
import zipfile


def node(cls, module, loader="ObjectNode", **more):
    return {"__class__": cls, "__module__": module, "__loader__": loader, "__id__": 1, **more}


def plain(value):
    return node("str", "builtins", "JsonNode", content=json.dumps(value), is_json=True)


def dictionary(**values):
    return node(
        "dict",
        "builtins",
        "DictNode",
        content=values,
        key_types=node("list", "builtins", "ListNode", content=[]),
    )


def array(file="1.npy"):
    return node("ndarray", "numpy", "NdArrayNode", type="numpy", file=file)


def model(**attributes):
    return node("LogisticRegression", "sklearn.linear_model._logistic", content=dictionary(**attributes))


def npy():
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(16)


def archive(schema, files=None):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for name, data in ({"1.npy": npy()} if files is None else files).items():
            zipped.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
        if schema is not None:
            text = (
                schema
                if isinstance(schema, str)
                else json.dumps(schema | {"protocol": 2, "_skops_version": "0.13.0"})
            )
            zipped.writestr(zipfile.ZipInfo("schema.json", (1980, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


def made(value):
    return archive(model(coef_=array(), hook=value))


def operator(name, *attrs, module="operator"):
    content = node("tuple", "builtins", "TupleNode", content=[plain(a) for a in attrs])
    return node(name, module, "OperatorFuncNode", attrs=content)


def method(cls, module, func, owner):
    return node(cls, module, "MethodNode", content={"func": func, "obj": owner})


CASES = {
    "object-os": (made(node("system", "os")), "WGH-SK001"),
    "root-os": (archive(node("Popen", "subprocess", content=dictionary()), {}), "WGH-SK001"),
    "constructor-popen": (
        made(node("Popen", "subprocess", "ConstructorFromReduceNode", content=plain(["true"]))),
        "WGH-SK001",
    ),
    "function-system": (made(node("system", "os", "FunctionNode")), "WGH-SK001"),
    "function-old-form": (
        made(
            node("function", "builtins", "FunctionNode", content={"module_path": "os", "function": "system"})
        ),
        "WGH-SK001",
    ),
    "function-eval": (made(node("eval", "builtins", "FunctionNode")), "WGH-SK001"),
    "function-numpy-load": (made(node("load", "numpy", "FunctionNode")), "WGH-SK001"),
    "function-fetch": (made(node("fetch_openml", "sklearn.datasets._openml", "FunctionNode")), "WGH-SK001"),
    "function-joblib": (made(node("load", "joblib.numpy_pickle", "FunctionNode")), "WGH-SK001"),
    "function-through": (made(node("system", "sklearn.utils.os", "FunctionNode")), "WGH-SK001"),
    "type-os": (made(node("_wrap_close", "os", "TypeNode")), "WGH-SK001"),
    "type-builtin": (made(node("exec", "builtins", "TypeNode")), "WGH-SK001"),
    "partial-of-system": (
        made(
            node(
                "partial",
                "functools",
                "PartialNode",
                content={
                    "func": node("system", "os", "FunctionNode"),
                    "args": plain(["true"]),
                    "kwds": plain({}),
                    "namespace": plain({}),
                },
            )
        ),
        "WGH-SK001",
    ),
    "dict-of-os": (made(node("environ", "os", "DictNode", content={}, key_types=plain([]))), "WGH-SK001"),
    "json-of-os": (made(node("system", "os", "JsonNode", content="1")), "WGH-SK001"),
    "attrgetter-globals": (made(operator("attrgetter", "__globals__")), "WGH-SK001"),
    "methodcaller-class": (made(operator("methodcaller", "__reduce__")), "WGH-SK001"),
    "method-of-os": (made(method("system", "os", "run", node("system", "os"))), "WGH-SK001"),
    "method-query": (
        made(method("DataFrame", "pandas", "query", node("DataFrame", "pandas", content=dictionary()))),
        "WGH-SK001",
    ),
    "dotted-class": (made(node("a.b c", "sklearn.svm")), "WGH-SK001"),
    "operator-call": (made(operator("call", "x")), "WGH-SK002"),
    "operator-other-module": (made(operator("system", "true", module="os")), "WGH-SK002"),
    "operator-builtins": (made(operator("eval", "1", module="builtins")), "WGH-SK002"),
    "method-of-another": (
        made(
            method(
                "LogisticRegression",
                "sklearn.linear_model",
                "fit",
                node("Gadget", "pkg.mod", content=dictionary()),
            )
        ),
        "WGH-SK002",
    ),
    "method-without-object": (made(node("x", "sklearn.svm", "MethodNode", content={})), "WGH-SK002"),
    "list-of-another": (made(node("Evil", "pkg", "ListNode", content=[])), "WGH-SK002"),
    "array-of-another": (made(node("Evil", "pkg", "NdArrayNode", type="numpy", file="1.npy")), "WGH-SK002"),
    "file-parent": (made(array("../../etc/passwd")), "WGH-SK003"),
    "file-absolute": (made(array("/etc/passwd")), "WGH-SK003"),
    "file-absent": (archive(model(coef_=array("2.npy"))), "WGH-SK004"),
    "own-type": (made(node("Mine", "mypackage.models")), "WGH-SK005"),
    "attrgetter": (made(operator("attrgetter", "shape")), "WGH-SK005"),
    "unknown-loader": (made(node("Pipeline", "sklearn.pipeline", "EvilNode")), "WGH-SK006"),
    "no-loader": (made({"__class__": "Pipeline", "__module__": "sklearn.pipeline"}), "WGH-SK006"),
    "no-json": (archive("{"), "WGH-SK007"),
    "a-list": (archive("[]"), "WGH-SK007"),
    "no-schema": (archive(None), "WGH-SK007"),
    "key-twice": (archive('{"__class__":"Ridge","__class__":"Popen"}', {}), "WGH-SK008"),
}
"""Name → a skops file and the rule it breaks."""
DAMAGED = frozenset({"WGH-SK004", "WGH-SK007"})
REVIEW = frozenset({"WGH-SK005", "WGH-SK006"})

SOUND = {
    "model": archive(model(coef_=array(), C=plain(1.0), solver=plain("lbfgs"))),
    "function": made(node("expit", "scipy.special._ufuncs", "FunctionNode")),
    "itemgetter": made(operator("itemgetter", 0)),
    "partial": made(
        node(
            "partial",
            "functools",
            "PartialNode",
            content={
                "func": node("clip", "numpy", "FunctionNode"),
                "args": plain([]),
                "kwds": plain({}),
                "namespace": plain({}),
            },
        )
    ),
    "types": made(
        dictionary(
            a=node("float64", "numpy", "TypeNode"),
            b=node("list", "builtins", "TypeNode"),
            c=node("defaultdict", "collections", "DefaultDictNode", content={}),
        )
    ),
    "xgboost": made(node("XGBClassifier", "xgboost.sklearn", content=dictionary())),
    "time": made(node("datetime", "datetime", "ConstructorFromReduceNode", content=plain([1]))),
}
NAMES = dict.fromkeys((*CASES, *SOUND), "model.skops")
