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

from version_history import BUILD, environment

NAME = "model.safetensors"
MODELS = (".safetensors", ".bin")
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


class PeerError(Exception):
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
        raise PeerError(done.stderr.strip() or done.stdout.strip())
    return Spent(**json.loads(done.stdout))


INDEXES = (".redb", ".sqlite", ".sqlite-wal", ".sqlite-shm")


def bytes_under(*places: Path) -> int:
    """Bytes of all files under some places, without indexes that can be made again from the rest."""
    found = (p for place in places for p in place.rglob("*") if p.is_file() and not p.is_symlink())
    return sum(p.stat().st_size for p in found if p.suffix not in INDEXES)


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

    def models(self) -> list[Path]:
        """What is to be kept."""
        return sorted(p for p in self.folder.iterdir() if p.suffix in MODELS)

    def stored(self) -> int:
        """Bytes kept, of all versions."""
        return bytes_under(self.folder / self.kept)


class Git(Peer):
    """git by itself: loose objects, as a commit leaves them."""

    name, kept = "git", ".git"

    def start(self) -> None:
        """Make the repository."""
        measured([["git", "init", "-q"]], self.folder)

    def keep(self, name: str, _near: tuple[str, ...]) -> Spent:
        """Keep what lies in the folder."""
        return measured(
            [["git", "add", "-A"], ["git", "commit", "-q", "-m", name], ["git", "tag", name]],
            self.folder, **self.environ(),
        )  # fmt: skip

    def back(self, name: str) -> Spent:
        """Bring a version into the folder."""
        return measured([["git", "checkout", "-q", name, "--", NAME]], self.folder, **self.environ())

    def environ(self) -> dict[str, str]:
        """What its commands find in their environment besides."""
        return {}


class GitLfs(Git):
    """git-lfs: the file's own bytes under their sha256."""

    name = "git-lfs"

    def start(self) -> None:
        """Make the repository."""
        super().start()
        lfs = [["git", "lfs", "install", "--local"], ["git", "lfs", "track", "*.safetensors", "*.bin"]]
        measured(lfs, self.folder, **self.environ())

    def environ(self) -> dict[str, str]:
        """What its commands find in their environment besides."""
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
            raise PeerError(f"git-lfs is neither installed nor a package here: {error}") from error
    return place / "usr" / "bin"


class Dvc(Peer):
    """DVC: the file's own bytes under their md5, and a pointer in git."""

    name = "DVC"

    def start(self) -> None:
        """Make the repository."""
        self._dvc = [environment("dvc", PEERS["dvc"]), "-m", "dvc"]
        commands = [["git", "init", "-q"], [*self._dvc, "init", "-q"], ["git", "commit", "-q", "-m", "dvc"]]
        measured(commands, self.folder)

    def keep(self, name: str, _near: tuple[str, ...]) -> Spent:
        """Keep what lies in the folder."""
        names = [path.name for path in self.models()]
        git = [["git", "add", "-A"], ["git", "commit", "-q", "-m", name], ["git", "tag", name]]
        return measured([[*self._dvc, "add", "-q", *names], *git], self.folder)

    def back(self, name: str) -> Spent:
        """Bring a version into the folder."""
        git = ["git", "checkout", "-q", name, "--", f"{NAME}.dvc"]
        return measured([git, [*self._dvc, "checkout", "-q", f"{NAME}.dvc"]], self.folder)

    def stored(self) -> int:
        """Bytes kept, of all versions."""
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
        """Make the repository."""
        self._python = environment("xet", PEERS["xet"])
        self._store = self.folder.parent / "xet"
        self._infos: dict[str, list[str]] = {}

    def keep(self, name: str, _near: tuple[str, ...]) -> Spent:
        """Keep what lies in the folder."""
        files = self.models()
        # A session of its own knows nothing but what the store tells it.
        shutil.rmtree(self.folder.parent / "xet-cache", ignore_errors=True)
        spent = measured([[self._python, "-c", self._ADD, self._store, *files]], self.folder)
        lines = [line.split() for line in spent.said.splitlines() if len(line.split()) == 2]
        self._infos[name] = dict(zip((f.name for f in files), lines, strict=True)).get(NAME, lines[0])
        return spent

    def back(self, name: str) -> Spent:
        """Bring a version into the folder."""
        # Without what an earlier download left.
        shutil.rmtree(self.folder.parent / "xet-cache", ignore_errors=True)
        command = [self._python, "-c", self._BACK, self._store, *self._infos[name], self.file]
        return measured([command], self.folder)

    def stored(self) -> int:
        """Bytes kept, of all versions."""
        return bytes_under(self._store / "xet" / "xorbs")

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
        """Make the repository."""
        self._python = environment("oxen", PEERS["oxen"])
        self._commits: dict[str, str] = {}
        measured([[self._python, "-c", self._START, self.folder]], self.folder)

    def keep(self, name: str, _near: tuple[str, ...]) -> Spent:
        """Keep what lies in the folder."""
        files = self.models()
        spent = measured([[self._python, "-c", self._ADD, self.folder, name, *files]], self.folder)
        self._commits[name] = spent.said.split()[-1]
        return spent

    def back(self, name: str) -> Spent:
        """Bring a version into the folder."""
        command = [self._python, "-c", self._BACK, self.folder, self._commits[name], NAME]
        return measured([command], self.folder)


class Weigh(Peer):
    """weigh: `commit` and `checkout`, in a home of its own."""

    name = "weigh"
    _MAIN = "import sys; from weigh.cli.main import main; sys.exit(main())"

    def start(self) -> None:
        """Make the repository."""
        self._home = self.folder.parent / "home"
        self._commits: dict[str, str] = {}

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        """Keep what lies in the folder."""
        bases = [word for base in near for word in ("--base", f"weigh:bench@{self._commits[base]}")]
        spent = self._run("commit", "--json", "--history", "bench", "-m", name, *bases, ".")
        self._commits[name] = json.loads(spent.said)["commit"]
        return spent

    def back(self, name: str) -> Spent:
        """Bring a version into the folder."""
        return self._run("checkout", self._commits[name], "--", NAME)

    def stored(self) -> int:
        """Bytes kept, of all versions."""
        return bytes_under(self._home)

    def _run(self, *words: str) -> Spent:
        command = [sys.executable, "-c", self._MAIN, *words]
        author = "bench <bench@example.org>"
        return measured([command], self.folder, WEIGH_HOME=str(self._home), WEIGH_AUTHOR=author)
