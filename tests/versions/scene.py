"""A user's home and a working folder with small models, and the verbs applied to them."""

import os
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from weigh.core.events import Silent
from weigh.jobs.desk import Desk
from weigh.system.places import Places
from weigh.versions.checkout import checkout, checkout_paths
from weigh.versions.commit import Provenance
from weigh.versions.nearest import Earlier
from weigh.versions.record_version import Wanted, record_version
from weigh.versions.tree import Tree
from weigh.versions.working_folder import attach, open_history


class Ticking:
    """A clock on which every look is a minute later."""

    def __init__(self):
        self.at = 1_700_000_000.0

    def now(self):
        self.at += 60
        return self.at

    def monotonic(self):
        return self.at


class Scene:
    """One user."""

    def __init__(self, root, name="model"):
        home = root / "home"
        self.desk = Desk(Places(home, home / "store", home / "ledger", root / "config"), Silent(), Ticking())
        self.folder = root / name
        self.folder.mkdir(exist_ok=True)

    def write(self, files):
        for path, data in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data.encode() if isinstance(data, str) else data)

    def model(self, *, seed=0, step=0.0, path="model.safetensors", size=128):
        rng = np.random.default_rng(seed)
        tensors = {f"layer.{i}": rng.normal(size=(size, size)).astype("f4") for i in range(3)}
        change = np.random.default_rng(seed + 1000)
        tensors = {n: (v + step * change.normal(size=v.shape)).astype("f4") for n, v in tensors.items()}
        save_file(tensors, self.folder / path)
        return tensors

    def history(self):
        return open_history(self.desk, self.folder)

    def commit(self, message="a version", paths=None, *, name="model", **provenance):
        history = attach(self.desk, self.folder, name)
        wanted = Wanted(
            message, "Ada <ada@example.org>", int(self.desk.clock.now()), Provenance(**provenance)
        )
        return record_version(history, wanted, paths, events=Silent())

    def checkout(self, revision, paths=None, *, force=False, placer=None):
        if paths is not None:
            return checkout_paths(self.history(), revision, paths, events=Silent(), force=force)
        return checkout(self.history(), revision, events=Silent(), force=force, placer=placer)

    def files(self):
        found = {}
        for top, folders, names in os.walk(self.folder):
            if ".weigh" in folders:
                folders.remove(".weigh")
            for name in names:
                path = os.path.join(top, name)
                found[os.path.relpath(path, self.folder).replace(os.sep, "/")] = Path(path).read_bytes()
        return found


def earlier(history, revision):
    return Earlier(revision, history.tree_of(revision))


EMPTY = Tree()
