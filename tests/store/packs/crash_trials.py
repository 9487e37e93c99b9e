"""Kill a process that records versions and collects garbage, and look at what is left.

`python -m tests.store.packs.crash_trials random|steps ROOT TRIALS SEED` prints how many trials it made.
"""

import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
from tests.store.crash_trials import by_signal, by_steps
from tests.store.packs.made import back, nearest, safetensors

from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.store.packs.adding import add_file, no_advice
from weigh.store.packs.collect import collect
from weigh.store.packs.objects import Objects
from weigh.store.packs.record import Kind
from weigh.versions.commit import Commit, load_commit
from weigh.versions.history import put_commit, put_tree
from weigh.versions.refs import Refs
from weigh.versions.tree import Tree, TreeFile, load_tree

REF = "refs/heads/main"
GRACE = 1000.0


def model(number):
    """The weights of the version with this number; neighbours are alike."""
    start = np.random.default_rng(7).standard_normal((60, 60)).astype(np.float32)
    return safetensors({"w": start * np.float32(1 + number * 1e-4), "b": start[number % 60]})


class VersionsTrial:
    """Commits one after the other; an acknowledged one is there, with its files, for ever."""

    @staticmethod
    def work(root, seed, tell, *, forever):
        draw, root = random.Random(seed), Path(root)
        root.mkdir(parents=True, exist_ok=True)
        refs = Refs(root / "history")
        with Objects(root) as objects:
            number = 0
            while forever or number < 2:
                number += 1
                version = draw.randrange(10_000) if forever else number
                VersionsTrial.commit(root, objects, refs, version, tell)
                if draw.random() < 0.4 or not forever:
                    now = time.time() + draw.choice([0, 2 * GRACE, 5 * GRACE])
                    collect(objects, VersionsTrial.roots(refs), now=now, grace=GRACE)

    @staticmethod
    def roots(refs):
        yield from (bytes.fromhex(name) for _, name in refs.all())

    @staticmethod
    def commit(root, objects, refs, version, tell):
        before = refs.get(REF)
        path = root / f"draft-{version}"
        path.write_bytes(model(version))
        advise = no_advice
        if before:
            tree = load_tree(
                objects.content(bytes.fromhex(load_commit(objects.content(bytes.fromhex(before))).tree))
            )
            advise = nearest(objects, bytes.fromhex(tree.files[0].id))
        with objects.writing() as writer, FileReader(path) as reader:
            tensors = tuple(read_file(reader, "model.safetensors").all_tensors())
            added = add_file(
                objects, writer, reader, path="model.safetensors", tensors=tensors, advise=advise
            )
            file = TreeFile("model.safetensors", added.id.hex(), added.sha256, added.size)
            made = Commit(put_tree(writer, Tree((file,))), (before,) if before else (), "A", 1, f"{version}")
            name = put_commit(writer, made)
        refs.move(REF, before, name, why="commit", time=1)
        tell(f"{name}-{version}")
        path.unlink()

    @staticmethod
    def check(root, told):
        root = Path(root)
        refs = Refs(root / "history")
        with Objects(root) as objects:
            at, seen = refs.get(REF), set()
            newest = 3
            while at:
                seen.add(at)
                commit = load_commit(objects.content(bytes.fromhex(at)))
                (file,) = load_tree(objects.content(bytes.fromhex(commit.tree))).files
                if newest or f"{at}-{commit.title}" in told:
                    newest = max(0, newest - 1)
                    made = back(objects, bytes.fromhex(file.id), file.sha256)
                    assert made == model(int(commit.title)), f"wrong bytes in {at}"
                at = commit.parents[0] if commit.parents else ""
            for line in told:
                assert line.split("-")[0] in seen, f"{line} was lost"
            for name, _ in objects.index.objects(Kind.FILE):
                objects.record(name)


def main(how, root, trials, seed):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What is imported late is imported now: a fork per trial is then cheap.
    VersionsTrial.work(f"{root}/warm", 0, lambda line: None, forever=False)
    if how == "steps":
        made = by_steps(VersionsTrial, Path(root) / "steps", int(trials), int(seed))
    else:
        made = by_signal(VersionsTrial, str(Path(root) / "random"), int(trials), int(seed), signal.SIGKILL)
    print(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
