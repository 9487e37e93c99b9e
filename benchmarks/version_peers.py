"""Other ways to keep versions of a model file, each used as its authors mean it to be used.

Every peer is installed in an environment of its own under `build/versions`. One that cannot be had on this
machine says why, and is left out. Each adapter adds a file as the next version of a folder, brings a version
back, and says how many bytes it keeps; all of it runs in processes whose time and memory are measured alike.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from version_history import BUILD, TRAINER, environment

NAME = "model.safetensors"
PEERS = {
    "dvc": ("dvc==3.67.1",),
    "xet": ("hf-xet==1.8.0",),
    "oxen": ("oxenai==0.65.1", "polars>=1.32,<2"),
}
_AUTHOR = {f"GIT_{who}_{what}": "bench@example.org" if what == "EMAIL" else "bench"
           for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip

_MEASURE = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
said = ""
for command in json.loads(sys.argv[1]):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = done.stdout
    if done.returncode:
        sys.exit(f"{command[0]} {command[-1]} ended with {done.returncode}: {said[-2000:]}")
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "wall": wall, "rss": used.ru_maxrss * 1024,
                  "said": said}))
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What some commands took.

    Attributes:
        cpu: processor seconds of all processes and threads, of the user and of the system.
        wall: seconds.
        rss: peak resident bytes of the largest process.
        said: what the last of them printed.
    """

    cpu: float
    wall: float
    rss: int
    said: str = ""


class Failed(Exception):
    """A peer could not do what it was asked."""


def measured(commands: list[list[str | Path]], folder: Path, **environ: str) -> Spent:
    """Run commands one after the other in a folder."""
    quiet = {
        **os.environ, **_AUTHOR, "HOME": str(folder.parent), "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1", "DVC_NO_ANALYTICS": "1", "DO_NOT_TRACK": "1",
        "HF_XET_CACHE": str(folder.parent / "xet-cache"), **environ,
    }  # fmt: skip
    given = json.dumps([[str(word) for word in command] for command in commands])
    wrapper = [sys.executable, "-S", "-c", _MEASURE, given]
    done = subprocess.run(wrapper, cwd=folder, env=quiet, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(done.stderr.strip() or done.stdout.strip())
    return Spent(**json.loads(done.stdout))


def bytes_under(*places: Path) -> int:
    """Bytes of all files under some places."""
    found = (p for place in places for p in place.rglob("*") if p.is_file() and not p.is_symlink())
    return sum(p.stat().st_size for p in found)


class Peer:
    """A way to keep versions.

    Args:
        folder: of its own, made here.
    """

    name = ""
    kept = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        shutil.rmtree(folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.file = self.folder / NAME
        self.start()

    def start(self) -> None:
        """Make the repository."""

    def add(self, name: str, source: Path, *near: str) -> Spent:
        """Keep a file as the version of this name; putting it into the folder is not measured."""
        self.file.unlink(missing_ok=True)
        shutil.copyfile(source, self.file)
        return self.keep(name, near)

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        """Keep what lies in the folder."""
        raise NotImplementedError

    def bring(self, name: str) -> Spent:
        """Bring a version back after the file was deleted."""
        self.file.unlink(missing_ok=True)
        return self.back(name)

    def back(self, name: str) -> Spent:
        """Bring a version into the folder, where the file is missing."""
        raise NotImplementedError

    def stored(self) -> int:
        """Bytes kept, of all versions."""
        return bytes_under(self.folder / self.kept)


class Git(Peer):
    """git by itself: loose objects, as a commit leaves them."""

    name, kept = "git", ".git"

    def start(self) -> None:
        measured([["git", "init", "-q"]], self.folder)

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        return measured(
            [["git", "add", "-A"], ["git", "commit", "-q", "-m", name], ["git", "tag", name]],
            self.folder, **self.environ(),
        )  # fmt: skip

    def back(self, name: str) -> Spent:
        return measured([["git", "checkout", "-q", name, "--", NAME]], self.folder, **self.environ())

    def environ(self) -> dict[str, str]:
        return {}


class GitLfs(Git):
    """git-lfs: the file's own bytes under their sha256."""

    name = "git-lfs"

    def start(self) -> None:
        super().start()
        lfs = [["git", "lfs", "install", "--local"], ["git", "lfs", "track", "*.safetensors", "*.bin"]]
        measured(lfs, self.folder, **self.environ())

    def environ(self) -> dict[str, str]:
        return {"PATH": f"{_lfs()}{os.pathsep}{os.environ['PATH']}"}


def _lfs() -> Path:
    """The folder of git-lfs; out of the distribution's package, unpacked, where it is not installed."""
    found = shutil.which("git-lfs")
    if found:
        return Path(found).parent
    place = BUILD / "lfs"
    if not (place / "usr" / "bin" / "git-lfs").exists():
        place.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(["apt-get", "download", "-qq", "git-lfs"], cwd=place, check=True)
            subprocess.run(["dpkg", "-x", *place.glob("git-lfs*.deb"), "."], cwd=place, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Failed(f"git-lfs is neither installed nor a package here: {error}") from error
    return place / "usr" / "bin"


class Dvc(Peer):
    """DVC: the file's own bytes under their md5, and a pointer in git."""

    name = "DVC"

    def start(self) -> None:
        self._dvc = [environment("dvc", PEERS["dvc"]), "-m", "dvc"]
        commands = [["git", "init", "-q"], [*self._dvc, "init", "-q"], ["git", "commit", "-q", "-m", "dvc"]]
        measured(commands, self.folder)

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        names = [p.name for p in self.folder.iterdir() if p.is_file() and p.suffix in {".safetensors", ".bin"}]
        git = [["git", "add", "-A"], ["git", "commit", "-q", "-m", name], ["git", "tag", name]]
        return measured([[*self._dvc, "add", "-q", *names], *git], self.folder)

    def back(self, name: str) -> Spent:
        git = ["git", "checkout", "-q", name, "--", f"{NAME}.dvc"]
        return measured([git, [*self._dvc, "checkout", "-q", f"{NAME}.dvc"]], self.folder)

    def stored(self) -> int:
        return bytes_under(self.folder / ".dvc", self.folder / ".git")


class Xet(Peer):
    """hf-xet with its local store: chunks cut by content, compressed, 64 KiB at the mean."""

    name = "hf-xet"
    _ADD = """
import sys, hf_xet
with hf_xet.XetSession().new_upload_commit(endpoint="local://" + sys.argv[1]) as commit:
    handles = [commit.start_upload_file(p) for p in sys.argv[2:]]
for handle in handles:
    info = handle.result().xet_info
    print(info.hash, info.file_size)
"""
    _BACK = """
import sys, hf_xet
info = hf_xet.XetFileInfo(sys.argv[2], int(sys.argv[3]))
with hf_xet.XetSession().new_file_download_group(endpoint="local://" + sys.argv[1]) as group:
    group.start_download_file(info, sys.argv[4])
"""
    _HASH = "import sys, hf_xet; hf_xet.hash_files(sys.argv[1:])"

    def start(self) -> None:
        self._python = environment("xet", PEERS["xet"])
        self._store = self.folder.parent / "xet"
        self._infos: dict[str, list[str]] = {}

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        files = sorted(p for p in self.folder.iterdir() if p.suffix in {".safetensors", ".bin"})
        # A session of its own knows nothing but what the store tells it.
        shutil.rmtree(self.folder.parent / "xet-cache", ignore_errors=True)
        spent = measured([[self._python, "-c", self._ADD, self._store, *files]], self.folder)
        lines = [line.split() for line in spent.said.splitlines() if len(line.split()) == 2]
        self._infos[name] = dict(zip((f.name for f in files), lines, strict=True)).get(NAME, lines[0])
        return spent

    def back(self, name: str) -> Spent:
        # Without what an earlier download left.
        shutil.rmtree(self.folder.parent / "xet-cache", ignore_errors=True)
        command = [self._python, "-c", self._BACK, self._store, *self._infos[name], self.file]
        return measured([command], self.folder)

    def stored(self) -> int:
        return bytes_under(self._store / "xorbs") or bytes_under(self._store)

    def hashed(self, source: Path) -> Spent:
        """Its front end alone: cutting and hashing, which is all that an unchanged file needs."""
        return measured([[self._python, "-c", self._HASH, source]], self.folder)


class Oxen(Peer):
    """Oxen: the file's own bytes."""

    name, kept = "Oxen", ".oxen"
    _ADD = """
import sys, oxen
repo = oxen.Repo(sys.argv[1])
for path in sys.argv[3:]:
    repo.add(path)
print(repo.commit(sys.argv[2]).id)
"""
    _BACK = """
import sys, oxen
oxen.Repo(sys.argv[1]).restore(sys.argv[3], source=sys.argv[2])
"""
    _START = """
import sys, oxen
oxen.user.config_user("bench", "bench@example.org")
oxen.Repo(sys.argv[1]).init()
"""

    def start(self) -> None:
        self._python = environment("oxen", PEERS["oxen"])
        self._commits: dict[str, str] = {}
        measured([[self._python, "-c", self._START, self.folder]], self.folder)

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        files = sorted(p for p in self.folder.iterdir() if p.suffix in {".safetensors", ".bin"})
        spent = measured([[self._python, "-c", self._ADD, self.folder, name, *files]], self.folder)
        self._commits[name] = spent.said.split()[-1]
        return spent

    def back(self, name: str) -> Spent:
        command = [self._python, "-c", self._BACK, self.folder, self._commits[name], NAME]
        return measured([command], self.folder)


class Weigh(Peer):
    """weigh: `commit` and `checkout`, in a home of its own."""

    name = "weigh"

    def start(self) -> None:
        self._home = self.folder.parent / "home"
        self._commits: dict[str, str] = {}

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        bases = [word for base in near for word in ("--base", self._commits[base])]
        spent = self._run("commit", "--json", "-m", name, *bases, ".")
        self._commits[name] = json.loads(spent.said)["commit"]
        return spent

    def back(self, name: str) -> Spent:
        return self._run("checkout", self._commits[name], "--", NAME)

    def stored(self) -> int:
        return bytes_under(self._home)

    def _run(self, *words: str) -> Spent:
        command = [sys.executable, "-c", "import sys; from weigh.cli.main import main; sys.exit(main())", *words]
        author = "bench <bench@example.org>"
        return measured([command], self.folder, WEIGH_HOME=str(self._home), WEIGH_AUTHOR=author)


_PLANES = r"""
import hashlib, json, struct, sys, time
import numpy as np
import zstandard
from zipnn import ZipNN

WORDS = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def tensors(path):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        header.pop("__metadata__", None)
        for name, said in header.items():
            begin, end = said["data_offsets"]
            file.seek(8 + size + begin)
            yield name, said["dtype"], file.read(end - begin)
    yield "", "", b"\0" * (8 + size)


def alone(data, dtype):
    if dtype not in WORDS or len(data) < 256:
        return min(len(data), len(zstandard.compress(data, 3)))
    made = ZipNN(bytearray_dtype=WORDS[dtype], threads=1).compress(bytearray(data))
    return min(len(data), len(made))


def delta(data, base, dtype):
    width = {"F32": 4, "BF16": 2, "F16": 2}.get(dtype, 1)
    kind = {4: np.uint32, 2: np.uint16, 1: np.uint8}[width]
    xor = np.frombuffer(data, kind) ^ np.frombuffer(base, kind)
    if dtype == "BF16":
        # The exponent in one plane, sign and mantissa in the other.
        parts = [((xor >> 7) & 0xFF).astype(np.uint8), (((xor >> 8) & 0x80) | (xor & 0x7F)).astype(np.uint8)]
    else:
        parts = list(xor.view(np.uint8).reshape(-1, width).T)
    packer = zstandard.ZstdCompressor(level=3)
    return sum(len(packer.compress(np.ascontiguousarray(p).data)) for p in parts)


seen, files, kept = set(), {}, 0
for name, path, near in json.loads(sys.argv[1]):
    before, began = kept, time.process_time()
    files[name] = path
    bases = {n: (d, b) for n, d, b in tensors(files[near])} if near else {}
    for tensor, dtype, data in tensors(path):
        key = hashlib.blake2b(data, digest_size=16).digest()
        if key in seen or not data:
            continue
        seen.add(key)
        base = bases.get(tensor)
        ways = [alone(data, dtype)] if not (base and base[0] == dtype and len(base[1]) == len(data)) else [
            delta(data, base[1], dtype)]
        kept += min(ways) + 32
    print(name, kept - before, round(time.process_time() - began, 3))
"""


def planes(versions: list[tuple[str, Path, str]]) -> dict[str, tuple[int, float]]:
    """Bytes that every step adds, and its processor seconds, the way BitX is described.

    Equal tensors once; against the family's base (ZipLLM, Wang et al. 2026, section 4) an exclusive or, cut
    into exponents and the rest, each compressed with zstd at level 3; ZipNN where there is no base of the
    type. Written here from that description: a header's bytes and 32 for each tensor are counted, no index.

    Args:
        versions: (name, file, name of the version that is the base, "" for none).
    """
    python = environment("trainer", TRAINER)
    given = json.dumps([(name, str(path), near) for name, path, near in versions])
    said = subprocess.run([python, "-c", _PLANES, given], check=True, capture_output=True, text=True).stdout
    lines = (line.split() for line in said.splitlines())
    return {name: (int(size), float(cpu)) for name, size, cpu in lines}


_ZIPNN = r"""
import struct, sys, json, time
from zipnn import ZipNN
with open(sys.argv[1], "rb") as file:
    data = file.read()
size = 8 + struct.unpack("<Q", data[:8])[0]
began = time.process_time()
made = ZipNN(bytearray_dtype=sys.argv[2], threads=1).compress(bytearray(data[size:]))
took = time.process_time() - began
began = time.process_time()
ZipNN(bytearray_dtype=sys.argv[2], threads=1).decompress(made)
print(size + len(made), took, time.process_time() - began)
"""


def zipnn(path: Path, dtype: str) -> tuple[int, float, float]:
    """Bytes of one model by itself, and the processor seconds of compressing and of decompressing it."""
    python = environment("trainer", TRAINER)
    done = subprocess.run([python, "-c", _ZIPNN, path, dtype], check=True, capture_output=True, text=True)
    size, packing, unpacking = done.stdout.split()
    return int(size), float(packing), float(unpacking)
