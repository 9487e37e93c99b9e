"""Functions that do something to the world, by dotted name, and what calling them means."""

from enum import StrEnum
from types import MappingProxyType

from weigh.code.word_lists import words


class Sink(StrEnum):
    """What a call does."""

    SHELL = "shell"
    EVALUATE = "evaluate"
    COMPILE = "compile"
    IMPORT = "import"
    UNPICKLE = "unpickle"
    UNMARSHAL = "unmarshal"
    FETCH = "fetch"
    FETCH_TO = "fetch-to"
    SOCKET = "socket"
    NATIVE = "native"
    DELETE = "delete"
    DECODE = "decode"
    HOST = "host"
    OPEN = "open"
    COPY = "copy"
    HANDLES = "handles"
    FUNCTION = "function"
    TRACE = "trace"


def _rows(sink: Sink, module: str, names: str) -> dict[str, Sink]:
    return {f"{module}.{name}" if module else name: sink for name in names.split()}


SINKS = MappingProxyType(
    {
        **_rows(
            Sink.SHELL,
            "os",
            "system popen popen2 popen3 popen4 execl execle execlp execlpe "
            "execv execve execvp execvpe spawnl spawnle "
            "spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe posix_spawn posix_spawnp startfile",
        ),
        **_rows(Sink.SHELL, "subprocess", "run call check_call check_output Popen getoutput getstatusoutput"),
        **_rows(Sink.SHELL, "asyncio", "create_subprocess_shell create_subprocess_exec"),
        **_rows(Sink.SHELL, "commands", "getoutput getstatusoutput"),
        **_rows(Sink.SHELL, "pty", "spawn"),
        **_rows(Sink.SHELL, "platform", "popen"),
        **_rows(Sink.SHELL, "popen2", "popen2 popen3 popen4"),
        **_rows(Sink.SHELL, "_posixsubprocess", "fork_exec"),
        **_rows(Sink.SHELL, "distutils.spawn", "spawn"),
        **_rows(Sink.SHELL, "numpy.distutils.exec_command", "exec_command"),
        **_rows(Sink.SHELL, "numpy.f2py.capi_maps", "getinit"),
        **_rows(Sink.SHELL, "pexpect", "spawn run"),
        **_rows(Sink.SHELL, "sh", "bash sh curl"),
        **_rows(Sink.EVALUATE, "", "eval exec execfile"),
        **_rows(
            Sink.EVALUATE, "code", "InteractiveInterpreter.runsource InteractiveInterpreter.runcode interact"
        ),
        **_rows(Sink.EVALUATE, "runpy", "run_path run_module _run_code"),
        **_rows(Sink.EVALUATE, "timeit", "timeit repeat"),
        **_rows(Sink.EVALUATE, "cProfile", "run runctx"),
        **_rows(Sink.EVALUATE, "profile", "run runctx"),
        **_rows(Sink.EVALUATE, "pdb", "run runeval"),
        **_rows(Sink.EVALUATE, "trace", "Trace.run"),
        **_rows(Sink.EVALUATE, "numpy.testing._private.utils", "runstring"),
        **_rows(Sink.EVALUATE, "pandas", "eval"),
        **_rows(Sink.COMPILE, "", "compile"),
        **_rows(Sink.COMPILE, "codeop", "compile_command"),
        **_rows(Sink.IMPORT, "", "__import__"),
        **_rows(Sink.IMPORT, "importlib", "import_module __import__"),
        **_rows(Sink.IMPORT, "pkgutil", "resolve_name"),
        **_rows(Sink.IMPORT, "pydoc", "locate safeimport"),
        **_rows(Sink.UNPICKLE, "pickle", "load loads Unpickler _loads _load"),
        **_rows(Sink.UNPICKLE, "_pickle", "load loads Unpickler"),
        **_rows(Sink.UNPICKLE, "cPickle", "load loads Unpickler"),
        **_rows(Sink.UNPICKLE, "dill", "load loads load_module load_session"),
        **_rows(Sink.UNPICKLE, "cloudpickle", "load loads"),
        **_rows(Sink.UNPICKLE, "joblib", "load"),
        **_rows(Sink.UNPICKLE, "torch", "load"),
        **_rows(Sink.UNPICKLE, "torch.hub", "load load_state_dict_from_url"),
        **_rows(Sink.UNPICKLE, "torch.package", "PackageImporter"),
        **_rows(Sink.UNPICKLE, "pandas", "read_pickle"),
        **_rows(Sink.UNPICKLE, "shelve", "open"),
        **_rows(Sink.UNPICKLE, "jsonpickle", "decode"),
        **_rows(Sink.UNPICKLE, "yaml", "load unsafe_load full_load load_all unsafe_load_all"),
        **_rows(Sink.UNMARSHAL, "marshal", "load loads"),
        **_rows(
            Sink.FETCH,
            "requests",
            "get post put patch delete head options request Session session Session.get Session.post",
        ),
        **_rows(Sink.FETCH, "urllib.request", "urlopen Request build_opener OpenerDirector.open"),
        **_rows(Sink.FETCH, "urllib2", "urlopen Request"),
        **_rows(Sink.FETCH, "urllib", "urlopen"),
        **_rows(Sink.FETCH, "http.client", "HTTPConnection HTTPSConnection"),
        **_rows(Sink.FETCH, "httplib", "HTTPConnection HTTPSConnection"),
        **_rows(Sink.FETCH, "httpx", "get post put patch delete request stream Client AsyncClient"),
        **_rows(Sink.FETCH, "aiohttp", "ClientSession request"),
        **_rows(Sink.FETCH, "urllib3", "PoolManager request HTTPConnectionPool HTTPSConnectionPool"),
        **_rows(Sink.FETCH, "ftplib", "FTP FTP_TLS"),
        **_rows(Sink.FETCH, "smtplib", "SMTP SMTP_SSL"),
        **_rows(Sink.FETCH, "telnetlib", "Telnet"),
        **_rows(Sink.FETCH, "paramiko", "SSHClient Transport"),
        **_rows(Sink.FETCH, "websocket", "create_connection WebSocketApp"),
        **_rows(Sink.FETCH, "websockets", "connect"),
        **_rows(Sink.FETCH, "xmlrpc.client", "ServerProxy"),
        **_rows(Sink.FETCH, "pycurl", "Curl"),
        **_rows(Sink.FETCH, "dns.resolver", "resolve query"),
        **_rows(Sink.FETCH, "webbrowser", "open"),
        **_rows(Sink.FETCH, "asyncio", "open_connection"),
        **_rows(Sink.FETCH_TO, "urllib.request", "urlretrieve"),
        **_rows(Sink.FETCH_TO, "urllib", "urlretrieve"),
        **_rows(Sink.FETCH_TO, "wget", "download"),
        **_rows(Sink.FETCH_TO, "torch.hub", "download_url_to_file"),
        **_rows(Sink.SOCKET, "socket", "socket create_connection create_server getaddrinfo gethostbyname"),
        **_rows(
            Sink.NATIVE,
            "ctypes",
            "CDLL WinDLL PyDLL OleDLL cdll.LoadLibrary windll.LoadLibrary CFUNCTYPE pythonapi "
            "memmove cast string_at",
        ),
        **_rows(Sink.NATIVE, "ctypes.util", "find_library"),
        **_rows(Sink.NATIVE, "cffi", "FFI FFI.dlopen"),
        **_rows(Sink.NATIVE, "torch.ops", "load_library"),
        **_rows(Sink.NATIVE, "torch.classes", "load_library"),
        **_rows(Sink.NATIVE, "torch.utils.cpp_extension", "load load_inline"),
        **_rows(Sink.NATIVE, "tensorflow", "load_op_library load_library"),
        **_rows(Sink.NATIVE, "numpy.ctypeslib", "load_library"),
        **_rows(Sink.NATIVE, "importlib.machinery", "ExtensionFileLoader"),
        **_rows(Sink.NATIVE, "imp", "load_dynamic load_source load_module"),
        **_rows(Sink.DELETE, "shutil", "rmtree"),
        **_rows(Sink.DELETE, "os", "remove unlink rmdir removedirs"),
        **_rows(
            Sink.DECODE,
            "base64",
            "b64decode b32decode b16decode b85decode a85decode "
            "standard_b64decode urlsafe_b64decode decodebytes decodestring",
        ),
        **_rows(Sink.DECODE, "binascii", "unhexlify a2b_hex a2b_base64"),
        **_rows(Sink.DECODE, "codecs", "decode"),
        **_rows(Sink.DECODE, "zlib", "decompress"),
        **_rows(Sink.DECODE, "gzip", "decompress"),
        **_rows(Sink.DECODE, "bz2", "decompress"),
        **_rows(Sink.DECODE, "lzma", "decompress"),
        **_rows(Sink.DECODE, "bytes", "fromhex"),
        **_rows(Sink.DECODE, "bytearray", "fromhex"),
        **_rows(Sink.HOST, "socket", "gethostname getfqdn"),
        **_rows(Sink.HOST, "platform", "node uname"),
        **_rows(Sink.HOST, "getpass", "getuser"),
        **_rows(Sink.HOST, "os", "getlogin uname"),
        **_rows(Sink.HOST, "uuid", "getnode"),
        **_rows(Sink.OPEN, "", "open"),
        **_rows(Sink.OPEN, "io", "open FileIO"),
        **_rows(Sink.OPEN, "codecs", "open"),
        **_rows(Sink.OPEN, "os", "open fdopen"),
        **_rows(Sink.COPY, "shutil", "copy copyfile copy2 copytree move"),
        **_rows(Sink.COPY, "os", "rename replace symlink link"),
        **_rows(Sink.HANDLES, "os", "dup2"),
        **_rows(Sink.FUNCTION, "types", "FunctionType CodeType LambdaType"),
        **_rows(Sink.TRACE, "sys", "settrace setprofile addaudithook"),
        **_rows(Sink.TRACE, "sys", "meta_path.insert meta_path.append path_hooks.insert path_hooks.append"),
    }
)
"""Dotted name, as the code reaches it → what calling it does."""

ALIASES = MappingProxyType(
    {"posix": "os", "nt": "os", "_io": "io", "builtins": "", "__builtin__": "",
     "__builtins__": "", "_socket": "socket",
     "cPickle": "pickle", "_pickle": "pickle", "tensorflow.compat.v1": "tensorflow", "ntpath": "os.path",
     "posixpath": "os.path", "importlib._bootstrap": "importlib", "six.moves": "", "subprocess32":
     "subprocess"}
)  # fmt: skip
"""Modules under a second name."""

DANGEROUS_ROOTS = frozenset(
    [
        "os",
        "subprocess",
        "sys",
        "builtins",
        "pty",
        "socket",
        "ctypes",
        "marshal",
        "pickle",
        "importlib",
        "shutil",
        "posix",
        "nt",
        "runpy",
        "code",
        "platform",
    ]
)
"""Modules that other modules carry as an attribute: `torch.os.system` is `os.system`."""

PROMPT_CALLERS = words(
    """
    map filter functools.reduce atexit.register threading.Thread threading.Timer
    _thread.start_new_thread multiprocessing.Process functools.partial asyncio.to_thread
    signal.signal sorted min max multiprocessing.Pool.map operator.call weakref.finalize
    concurrent.futures.ThreadPoolExecutor.submit contextlib.ExitStack.callback itertools.starmap
    apply asyncio.run iter any all list tuple next
    """
)
"""Functions that call, at once or later, a function they are given."""

PROMPT_METHODS = frozenset(
    {"submit", "run_in_executor", "Thread", "Process", "Timer", "map", "apply_async", "apply", "call_soon"}
    | {"call_later", "register", "add_done_callback"}
)
"""Names of methods that do so, of whatever object."""

GADGETS = frozenset(
    {Sink.SHELL, Sink.EVALUATE, Sink.IMPORT, Sink.UNPICKLE, Sink.UNMARSHAL, Sink.NATIVE, Sink.FETCH}
    | {Sink.FETCH_TO, Sink.DELETE}
)
"""Functions that somebody who can have one function called would choose."""

LIFE_METHODS = words(
    """
    __init__ __new__ __call__ __del__ __init_subclass__ __setstate__ __getattr__ __getattribute__
    __post_init__ __enter__ __class_getitem__ __set_name__ __prepare__ __import__ __str__ __repr__
    __getitem__ __iter__ __len__ __bool__ __hash__ forward from_pretrained from_config from_dict
    _load_from_state_dict load_state_dict generate post_init call build _init_weights train eval
    encode tokenize _tokenize predict transform fit load handle initialize inference
    """
)
"""Methods that loading or using a model calls."""

INSTALL_BASES = frozenset(
    {"install", "develop", "egg_info", "build_py", "sdist", "build_ext", "bdist_wheel", "Command", "build"}
)
"""Classes whose `run` a package's installation calls."""


def canonical_name(name: str) -> str:
    """A dotted name as the tables have it: aliases resolved, a dangerous module inside another cut out."""
    for alias, module in ALIASES.items():
        if name == alias or name.startswith(f"{alias}."):
            rest = name[len(alias) :].lstrip(".")
            name = f"{module}.{rest}" if module and rest else module or rest
            break
    parts = name.split(".")
    if len(parts) > 2 and name not in SINKS:
        for at in range(len(parts) - 2, 0, -1):
            tail = ".".join(parts[at:])
            if parts[at] in DANGEROUS_ROOTS and tail in SINKS:
                return tail
    return name


def sink_of(name: str) -> Sink | None:
    """What calling a function of that dotted name does, or None."""
    return SINKS.get(canonical_name(name))
