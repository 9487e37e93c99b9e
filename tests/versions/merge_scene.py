"""Two branches that went different ways, and merges of them."""

import numpy as np
from safetensors.numpy import load_file, save_file
from tests.versions.scene import Scene

from weigh.core.events import Silent
from weigh.jobs.branch import make_branch
from weigh.versions.merge import Asked, Forward, merge
from weigh.versions.strategies.settings import Settings, Strategy, chosen

NAME = "model.safetensors"


def tensors(rows=64, count=4, kind="f4"):
    rng = np.random.default_rng(5)
    return {f"layer.{i}": rng.normal(size=(rows, 32)).astype(kind) for i in range(count)}


def moved(values, names, *, seed, by=1e-2):
    rng = np.random.default_rng(seed)
    return {
        name: (array + by * rng.normal(size=array.shape)).astype(array.dtype) if name in names else array
        for name, array in values.items()
    }


def conflicts(done):
    return [(c.path, c.name, c.why) for c in done.conflicts]


class MergeScene(Scene):
    """One user with a branch `tune` beside `main`."""

    def save(self, values, path=NAME, metadata=None):
        save_file(values, self.folder / path, metadata=metadata)

    def load(self, path=NAME):
        return load_file(self.folder / path)

    def apart(self, base, ours, theirs):
        """Commit the first, then each of the others on a branch of its own; `main` is checked out then.

        Each makes files in the folder, or is a dictionary of them.
        """
        self.put(base)
        self.commit("base", [""])
        self.branch("tune")
        self.checkout("tune")
        self.put(theirs)
        self.commit("theirs", [""])
        self.checkout("main")
        self.put(ours)
        self.commit("ours", [""])

    def put(self, files):
        files = files() if callable(files) else files
        for path, data in files.items():
            if data is None:
                (self.folder / path).unlink()
            elif isinstance(data, dict):
                self.save(data, path)
            else:
                self.write({path: data})

    def branch(self, name, revision="HEAD"):
        make_branch(self.desk, self.folder, name, revision)

    def merge(
        self,
        revision="tune",
        *,
        strategy=None,
        by_tensor=(),
        by_file=(),
        forward=Forward.USUAL,
        events=None,
        **asked,
    ):
        settings = Settings(
            Strategy(strategy) if strategy else None, tensors=tuple(map(chosen, by_tensor)),
            files=tuple(map(chosen, by_file)), **asked,
        ).check()  # fmt: skip
        wanted = Asked(revision, settings, "", "Ada <ada@example.org>", int(self.desk.clock.now()), forward)
        return merge(self.history(), wanted, events=events or Silent())

    def state(self):
        """All that must be as it was when nothing was written."""
        history = self.history()
        refs = dict(history.refs.all())
        packs = sorted(path.name for path in history.objects.folder.glob("*.pack"))
        return history.refs.head, refs, packs, self.files()
