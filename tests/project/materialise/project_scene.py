"""A project with a lock of its own making, for tests of the caches."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from weigh.project.lock import Lock, LockedFile, LockedModel, Materialisation, format_lock, tree_digest

COMMIT = "5" * 40
PROGRAM = "from weigh.cli.main import COMMANDS, run\n" + "".join(
    f'COMMANDS.setdefault("{name}", ("weigh.cli.{name}:{name}", ""))\n' for name in ("sync", "run", "verify")
)
PROGRAM += "run()"


class Scene:
    """`models.lock` and a store in a folder; files come from `given/` of the project."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.home = folder / "home"
        self.project = folder / "project"
        self.project.mkdir()
        self.files: list[LockedFile] = []
        self.models: list[LockedModel] = []

    @property
    def place(self):
        return self.project / ".weigh"

    def model(self, name, files, places, *, requested=(), exact=(), ref=None):
        """Lock a model; `ref` makes the ref of a path when the file lies elsewhere than in `given/`."""
        section = f"models.{name}"
        lines = []
        for path, data in files.items():
            if ref is None:
                given = self.project / "given" / name / path
                given.parent.mkdir(parents=True, exist_ok=True)
                given.write_bytes(data)
            text = ref(path) if ref else f"file:given/{name}/{path}"
            lines.append(LockedFile(section, path, text, len(data), hashlib.sha256(data).hexdigest()))
        requested = requested or (f"file:given/{name}",)
        exact = exact or requested
        self.files = [f for f in self.files if f.section != section] + lines
        self.models = [m for m in self.models if m.section != section]
        self.models.append(
            LockedModel(
                section,
                tuple(requested),
                tuple(exact),
                ("",) * len(exact),
                tree=tree_digest(lines),
                materialise=tuple(sorted(Materialisation(*place) for place in places)),
            )
        )
        self.write()
        return self

    def remove(self, name):
        self.files = [f for f in self.files if f.section != f"models.{name}"]
        self.models = [m for m in self.models if m.section != f"models.{name}"]
        self.write()

    @property
    def lock(self):
        return Lock.of(self.files, self.models)

    def write(self):
        (self.project / "models.lock").write_text(format_lock(self.lock), encoding="utf-8")

    def environment(self, **more):
        return {
            "PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), "TMPDIR": str(self.folder),
            "WEIGH_HOME": str(self.home), "WEIGH_CONFIG_HOME": str(self.folder / "config"), **more,
        }  # fmt: skip

    def start(self, *arguments, program=PROGRAM, env=None, **options):
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, *arguments], cwd=self.project, text=True,
            env=env or self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    def weigh(self, *arguments, **options):
        """(exit code, output, errors) of the program as a process of its own."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=60)
        assert "Traceback (most recent call last)" not in err or "weigh/cli" not in err, err
        return process.returncode, out, err

    def sync(self, *arguments, **options):
        code, out, err = self.weigh("sync", "--frozen", *arguments, **options)
        assert code == 0, err
        return out


NOISE = bytes(range(256)) * 40
_HEAD = json.dumps({"w": {"dtype": "U8", "shape": [len(NOISE)], "data_offsets": [0, len(NOISE)]}}).encode()
WEIGHTS = len(_HEAD).to_bytes(8, "little") + _HEAD + NOISE
"""A sound safetensors file: what is malicious is never placed."""


def every_family(scene: Scene) -> Scene:
    """One small model in each family."""
    scene.model(
        "encoder", {"config.json": b"{}", "model.safetensors": WEIGHTS, "onnx/model.onnx": b"graph"},
        [("hf", "acme/tiny@main"), ("hf", "acme/tiny@v1")],
        requested=("hf:acme/tiny@main",), exact=(f"hf:acme/tiny@main/{COMMIT}",),
    )  # fmt: skip
    scene.model(
        "vision", {"repo/hubconf.py": b"def tiny():\n    return 7\n", "repo/lib/net.py": b"A = 1\n",
                   "checkpoints/tiny-0a.pth": NOISE[:5000]},
        [("torch-hub", "acme/vision:v1.0"), ("torch-checkpoint", "tiny-0a.pth")],
    )  # fmt: skip
    scene.model(
        "saved", {"saved_model.pb": b"pb", "variables/variables.index": b"index"},
        [("tfhub", "https://tfhub.dev/acme/saved/1")],
    )  # fmt: skip
    scene.model(
        "kaggle", {"config.json": b"{}", "weights.bin": NOISE[:900]},
        [("kaggle", "acme/tiny/pyTorch/base/2")], requested=("kaggle:acme/tiny/pyTorch/base",),
        exact=("kaggle:acme/tiny/pyTorch/base/2",),
    )  # fmt: skip
    scene.model("keras", {"tiny.h5": NOISE[:700]}, [("keras", "models/tiny.h5")])
    scene.model("plain", {"a/b.bin": b"plain", "LICENSE": b"MIT"}, [("path", "plain")])
    return scene
