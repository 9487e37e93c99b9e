"""Names that tell what a callable does, whatever library it stands in."""

import re

MODULES = frozenset(
    {
        "__builtin__",
        "__builtins__",
        "_pickle",
        "asyncio",
        "bdb",
        "builtins",
        "cPickle",
        "cffi",
        "codeop",
        "commands",
        "ctypes",
        "gc",
        "imp",
        "importlib",
        "inspect",
        "io",
        "marshal",
        "multiprocessing",
        "nt",
        "operator",
        "os",
        "pdb",
        "pickle",
        "pip",
        "pkgutil",
        "popen2",
        "posix",
        "pty",
        "requests",
        "runpy",
        "shutil",
        "socket",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "timeit",
        "types",
        "urllib",
        "webbrowser",
        "zipimport",
    }
)
"""Modules that other modules have imported: `torch.os` is `os`."""
RE_EXPORTED = frozenset(
    {"builtins", "ctypes", "importlib", "marshal", "os", "pickle", "pip", "posix", "pty", "runpy", "shutil"}
    | {"socket", "subprocess", "sys"}
)
"""Modules of Python that libraries carry or pass on below their own name, and projects do not call theirs."""
VERBS = frozenset(
    {
        "__import__",
        "check_call",
        "check_output",
        "eval",
        "evaluate_expression",
        "exec",
        "exec_",
        "exec_cmd",
        "exec_code",
        "exec_in_namespace",
        "execfile",
        "execute_cmd",
        "execute_code",
        "execute_command",
        "fork_exec",
        "getoutput",
        "getstatusoutput",
        "import_from",
        "import_module",
        "import_object",
        "import_string",
        "literal_exec",
        "load_source",
        "locate",
        "popen",
        "popen2",
        "popen3",
        "popen4",
        "resolve_name",
        "rmtree",
        "run_cmd",
        "run_code",
        "run_command",
        "run_module",
        "run_path",
        "run_python",
        "run_shell",
        "run_string",
        "runcode",
        "runsource",
        "runstring",
        "safe_eval",
        "shell",
        "spawn",
        "startfile",
        "system",
        "unlink",
        "urlopen",
        "urlretrieve",
    }
)
"""Functions that do harm in whatever module they stand."""
REBUILDS = re.compile(
    r"_+(?:pyx_)?(?:rebuild|reconstruct|unpickle|restore|new|make|from|build|construct)\w*\Z|_\w+_ctor\Z"
)
"""How libraries call the functions that only their own pickles call; a new one of them is no attack."""
