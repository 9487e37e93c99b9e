"""How far a dotted Python name that a file gives can be trusted, without importing anything.

Configurations (Keras, Hydra, YAML, skops) name what a loader imports and calls. What the standard library
or an installer offers runs commands and reads files, so no model file has a reason to name it.
The list holds the top-level modules of CPython 2.7 to 3.14: docs.python.org/3/library, "Python Module Index".
"""

import re
from enum import Enum

_STANDARD_TEXT = """
StringIO __builtin__ __builtins__ __future__ __main__ _abc _aix_support _ast _ast_unparse _asyncio
_bisect _blake2 _bootlocale _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022
_codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _colorize _compat_pickle _compression
_contextvars _crypt _csv _ctypes _curses _curses_panel _datetime _dbm _decimal _dummy_thread
_elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _hmac
_imp _interpchannels _interpqueues _interpreters _io _json _locale _lsprof _lzma _markupbase _md5
_msi _multibytecodec _multiprocessing _opcode _opcode_metadata _operator _osx_support _overlapped
_pickle _posixshmem _posixsubprocess _py_abc _py_warnings _pydecimal _pyio _pyrepl _queue _random
_remote_debugging _scproxy _sha1 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre
_ssl _stat _statistics _string _strptime _struct _symtable _thread _threading_local _tkinter
_tokenize _tracemalloc _types _typing _uuid _warnings _weakref _weakrefset _winapi _zoneinfo _zstd
abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop
base64 bdb binascii binhex bisect builtins bz2 cPickle cProfile cStringIO calendar cgi cgitb chunk
cmath cmd code codecs codeop collections colorsys commands compileall compression concurrent
configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm
decimal difflib dis distutils doctest dummy_threading email encodings ensurepip enum errno
faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath
getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr
imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma
macpath mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc
nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib pdb
pickle pickletools pipes pkgutil platform plistlib popen2 poplib posix posixpath pprint profile
pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib
resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd
smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat
statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny
tarfile telnetlib tempfile termios test textwrap this thread threading time timeit tkinter token
tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest
urllib urllib2 uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml
xmlrpc zipapp zipfile zipimport zlib zoneinfo
"""
_STANDARD = frozenset(_STANDARD_TEXT.split())

_RUNNERS_TEXT = """
pip setuptools pkg_resources _distutils_hack wheel ensurepip _pytest pytest nose IPython ipykernel jupyter
cloudpickle dill joblib jsonpickle srsly requests urllib3 httpx aiohttp httplib2 pexpect sh plumbum fabric
paramiko invoke psutil execnet cffi pycparser numexpr jinja2 mako yaml ruamel sqlalchemy pymysql psycopg2
boto3 botocore fsspec gradio flask django tornado twisted celery dask ray distributed werkzeug
"""
_RUNNERS = frozenset(_RUNNERS_TEXT.split())
"""Top-level packages outside the standard library whose business is to run, load or fetch."""

_LIBRARIES_RUN = re.compile(
    r"(?:numpy\.(?:testing|f2py|distutils|ctypeslib|lib\.npyio|lib\._npyio_impl)"
    r"|torch\.(?:hub|utils\.(?:cpp_extension|bottleneck|collect_env|model_zoo|data\.datapipes)|distributed|package"
    r"|multiprocessing|_dynamo|_inductor|jit|serialization|os|sys)"
    r"|(?:tensorflow|tf)\.(?:io|raw_ops|saved_model|py_function|numpy_function|load_op_library|load_library)"
    r"|tensorflow\.python\.(?:lib\.io|platform|ops\.io_ops|ops\.script_ops|framework\.load_library|saved_model)"
    r"|pandas\.io|pandas\.core\.computation|scipy\.weave|sklearn\.externals"
    r"|transformers\.(?:utils\.hub|dynamic_module_utils|pipelines)|huggingface_hub|matplotlib\.testing)(?:\.|$)"
)
_LIBRARY_FUNCTIONS_TEXT = """
numpy.load numpy.fromfile numpy.memmap numpy.loadtxt numpy.genfromtxt numpy.save numpy.savetxt
numpy.DataSource
torch.load torch.save torch.compile pandas.read_pickle pandas.eval pandas.read_csv pandas.read_html
pandas.read_sql
omegaconf.OmegaConf.load
omegaconf.OmegaConf.save omegaconf.OmegaConf.register_new_resolver
lightning.fabric.utilities.cloud_io._load
"""
_LIBRARY_FUNCTIONS = frozenset(_LIBRARY_FUNCTIONS_TEXT.split())
_HARMLESS_TEXT = """
collections.OrderedDict collections.defaultdict collections.Counter collections.deque argparse.Namespace
types.SimpleNamespace datetime.datetime datetime.date datetime.time datetime.timedelta datetime.timezone
decimal.Decimal fractions.Fraction uuid.UUID pathlib.Path pathlib.PosixPath pathlib.WindowsPath
pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath pathlib._local.PosixPath
pathlib._local.WindowsPath builtins.dict builtins.list builtins.tuple builtins.set builtins.frozenset
builtins.str builtins.int builtins.float builtins.bool builtins.complex builtins.bytes builtins.slice
builtins.range builtins.object math.sqrt math.log math.exp math.ceil math.floor math.pi math.inf
functools.partial copyreg._reconstructor
"""
_HARMLESS = frozenset(_HARMLESS_TEXT.split())
"""Names of the standard library that hold data and run nothing that their arguments choose."""


class Standing(Enum):
    """What a dotted name is known to be."""

    DATA = "a harmless type of the standard library"
    RUNS = "code that runs, loads or fetches"
    OTHER = "something this list does not know"


def standing(dotted: str) -> Standing:
    """What a dotted name is known to be; reaching through private or double-underscored parts is never data.

    Args:
        dotted: `package.module.name`; hostile text.
    """
    name = dotted.strip().replace(":", ".").strip(".")
    parts = name.split(".")
    if name in _HARMLESS:
        return Standing.DATA
    top = parts[0]
    reaches = any(part in _THROUGH for part in parts[1:]) or any(
        part.startswith("__") and part.endswith("__") for part in parts[1:]
    )
    if top in _STANDARD or top in _RUNNERS or name in _LIBRARY_FUNCTIONS or reaches:
        return Standing.RUNS
    return Standing.RUNS if _LIBRARIES_RUN.match(name + ".") else Standing.OTHER


_THROUGH = frozenset(
    {"os", "sys", "subprocess", "builtins", "importlib", "shutil", "pickle", "ctypes", "socket", "exec"}
)
"""Parts by which a name reaches, through a library's own imports, into what runs: `torch.os.system`."""
