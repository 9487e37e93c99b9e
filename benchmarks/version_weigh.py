"""weigh as one more way to keep versions: through its commands, and through its store alone.

The store alone tells what the commands cost besides: starting, looking for the history, writing the commit.
"""

import sys
from pathlib import Path

from version_peers import NAME, Peer, Spent, bytes_under, measured

_COMMAND = "import sys; from weigh.cli.main import main; sys.exit(main())"


class Weigh(Peer):
    """weigh: `commit`, `tag` and `checkout`, in a home of its own."""

    name = "weigh"

    def start(self) -> None:
        self._home = self.folder.parent / "home"

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        bases = [word for base in near for word in ("--base", base)]
        return self._run(["commit", "-m", name, *bases, "."], ["tag", name])

    def back(self, name: str) -> Spent:
        return self._run(["checkout", name, "--", NAME])

    def stored(self) -> int:
        # The homes of checked-out files are no part of what is kept of versions.
        return bytes_under(self._home / "store" / "packs", self._home / "versions")

    def _run(self, *verbs: list[str]) -> Spent:
        commands = [[sys.executable, "-c", _COMMAND, *verb] for verb in verbs]
        return measured(commands, self.folder, WEIGH_HOME=str(self._home), WEIGH_AUTHOR="bench <b@example.org>")


_STORE = """
import sys
from pathlib import Path
from weigh.formats.reader import FileReader
from weigh.formats.table import read_file
from weigh.store.packs.adding import add_file
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import restore
from weigh.store.recipes.search import Adapter, Adviser, Hints, Merge
from weigh.store.recipes.table import predict
from weigh.store.sketches.sketch_index import Sketches

what, root = sys.argv[1], Path(sys.argv[2])
with Objects(root, predict=predict) as objects:
    if what == "back":
        with open(sys.argv[4], "wb", buffering=0) as out:
            restore(objects, bytes.fromhex(sys.argv[3].split(":")[1]), out.write)
        sys.exit()
    paths = [Path(p) for p in sys.argv[3].split("|")]
    before = [part.split(":") for line in sys.argv[4:] for part in line.split("|")]
    ids = {name: bytes.fromhex(digest) for name, digest, _, _ in reversed(before)}
    parents = tuple(bytes.fromhex(d) for name, d, _, _ in before if "adapter" not in name)
    adapters = tuple(Adapter(ids[n], 16.0) for n in ids if "adapter" in n)
    merges = (Merge(parents),) if len(parents) > 1 and adapters == () and len(sys.argv) > 5 else ()
    said = []
    with objects.writing() as writer:
        hints = Hints(parents, adapters, merges)
        sketches = Sketches(root)
        adviser = Adviser(objects, hints=hints, writer=writer, sketches=sketches)
        for path in paths:
            with FileReader(path) as reader:
                facts = read_file(reader, path.name)
                tensors = tuple(facts.all_tensors())
                adviser.scout(reader, path.name, tensors)
                added = add_file(objects, writer, reader, path=path.name, tensors=tensors,
                                 form=facts.format, advise=adviser)
                adviser.learn(added.id)
            said.append(f"{path.name}:{added.id.hex()}:{added.sha256}:{added.size}")
    print("|".join(said))
"""


class WeighStore(Peer):
    """weigh's store without the commands around it."""

    name = "weigh, store alone"

    def start(self) -> None:
        self._root = self.folder.parent / "store"
        self._files: dict[str, str] = {}

    def keep(self, name: str, near: tuple[str, ...]) -> Spent:
        files = sorted(str(p) for p in self.folder.iterdir() if p.suffix in {".safetensors", ".bin"})
        bases = [self._files[base] for base in near]
        spent = self._run("add", "|".join(files), *bases)
        self._files[name] = spent.said.strip()
        return spent

    def back(self, name: str) -> Spent:
        found = next(f for f in self._files[name].split("|") if f.startswith(NAME + ":"))
        return self._run("back", found, self.file)

    def stored(self) -> int:
        return bytes_under(self._root / "packs")

    def _run(self, what: str, *words: str | Path) -> Spent:
        return measured([[sys.executable, "-c", _STORE, what, self._root, *words]], self.folder)
