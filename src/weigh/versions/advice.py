"""The way to whoever knows how a new tensor follows from stored ones, while a version is recorded.

Relatives are the files of the versions before, of the bases that were named, and those that were recorded a
moment ago; an adapter that lies beside its configuration may have been merged into one of them.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath

from weigh.core.errors import NotFoundError, UntrustedError
from weigh.store.packs.adding import Advice, Advise
from weigh.store.packs.objects import Objects
from weigh.store.packs.restoring import file_bytes, manifest_of
from weigh.store.packs.spans import Span
from weigh.store.packs.writer import Writer
from weigh.store.recipes.search import Adapter, Adviser, Hints
from weigh.store.sketches.sketch_index import Sketches
from weigh.versions.nearest import Earlier
from weigh.versions.tree import TreeFile

ADAPTER = "adapter_config.json"
"""What peft writes beside an adapter (peft, `PeftConfig.save_pretrained`)."""
_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
_MOST_PARENTS = 256
_LEAST_BYTES = 4096
_MOST_CONFIG = 1024 * 1024


class Advising:
    """Advice on the tensors of one file after the other.

    Args:
        objects: the store.
        writer: its one writer.
        earlier: versions that the new one may be near to, the likeliest first.
    """

    def __init__(self, objects: Objects, writer: Writer, earlier: Sequence[Earlier]) -> None:
        self._objects, self._earlier = objects, earlier
        self._labels: dict[bytes, str] = {}
        self._unread = list(self._named())
        self._used: Counter[str] = Counter()
        self._sketches = Sketches(objects.folder.parent)
        self._adapters: dict[bytes, Adapter] = {}
        for version in earlier:
            self._take_adapters(version.tree.files)
        self._writer = writer
        self._adviser: Adviser | None = None

    def close(self) -> None:
        """Let go of the index of sketches."""
        self._sketches.close()

    def _hints(self) -> Hints:
        files = (f for version in self._earlier for f in version.tree.files if f.size >= _LEAST_BYTES)
        parents = dict.fromkeys(bytes.fromhex(file.id) for file in itertools.islice(files, _MOST_PARENTS))
        return Hints(parents=tuple(parents), adapters=tuple(self._adapters.values()))

    def _take_adapters(self, files: Sequence[TreeFile]) -> None:
        for configuration, weights in adapters_in(files):
            data = b"".join(bytes(p) for p in file_bytes(self._objects, bytes.fromhex(configuration.id)))
            name = bytes.fromhex(weights.id)
            self._adapters[name] = _adapter(name, data)

    def learn_adapters(self, files: Sequence[TreeFile]) -> None:
        """Take in adapters that were recorded a moment ago, before another file is asked about."""
        self._take_adapters(files)

    def for_file(self, path: str) -> Advise:
        """The advice on tensors of this file."""
        adviser = self._adviser
        if adviser is None:
            adviser = Adviser(
                self._objects, hints=self._hints(), writer=self._writer, sketches=self._sketches
            )
            self._adviser = adviser
        for version in reversed(self._earlier):
            same = version.tree.file(path)
            if same is not None:
                with suppress(NotFoundError, UntrustedError):
                    adviser.learn(bytes.fromhex(same.id), first=True)

        def advise(span: Span, read: Callable[[int, int], bytes]) -> Advice:
            advice = adviser(span, read)
            self._note(span, advice)
            return advice

        return advise

    def learn(self, name: bytes, path: str, size: int) -> None:
        """Take in a file that was just kept."""
        if size < _LEAST_BYTES:
            return
        if self._adviser is not None:
            self._adviser.learn(name)
        self._unread.append((name, f"{path} of this version"))

    def _note(self, span: Span, advice: Advice) -> None:
        sources: tuple[bytes, ...] = (advice.base,) if advice.base is not None else ()
        if advice.recipe is not None:
            sources = tuple(advice.recipe.refs)
        if not sources:
            return
        known = self._known()
        label = next((known[name] for name in sources if name in known), "something else in the store")
        self._used[label] += span.end - span.begin

    def _known(self) -> dict[bytes, str]:
        """What each payload and its chunks are called, for people."""
        for name, label in self._unread:
            with suppress(NotFoundError, UntrustedError):
                for piece in manifest_of(self._objects, name).pieces:
                    self._labels.setdefault(piece.id, label)
                    for chunk, _ in self._objects.chunks_of(piece.id):
                        self._labels.setdefault(chunk, label)
        self._unread.clear()
        return self._labels

    def _named(self) -> Iterator[tuple[bytes, str]]:
        for version in self._earlier:
            for file in version.tree.files:
                if file.size >= _LEAST_BYTES:
                    yield bytes.fromhex(file.id), f"{file.path} of {version.name}"

    def used(self) -> tuple[tuple[str, int], ...]:
        """(file of a version, bytes) that new tensors were held against, most first."""
        return tuple(sorted(self._used.items(), key=lambda item: (-item[1], item[0])))


def is_adapter(path: str, paths: Container[str]) -> bool:
    """Whether a file belongs to an adapter whose configuration lies beside it."""
    place = PurePosixPath(path)
    return place.name in {ADAPTER, *_WEIGHTS} and str(place.parent / ADAPTER) in paths


def adapters_in(files: Sequence[TreeFile]) -> Iterator[tuple[TreeFile, TreeFile]]:
    """(configuration, weights) of every adapter among some files."""
    by_path = {file.path: file for file in files}
    for path, file in by_path.items():
        place = PurePosixPath(path)
        if place.name == ADAPTER and file.size <= _MOST_CONFIG:
            found = (by_path.get(str(place.parent / name)) for name in _WEIGHTS)
            weights = next((f for f in found if f is not None), None)
            if weights is not None:
                yield file, weights


def _adapter(name: bytes, data: bytes) -> Adapter:
    """An adapter as its configuration describes it; where that cannot be read, the scale is found."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        values = {}
    values = values if isinstance(values, dict) else {}
    alpha, patterns = values.get("lora_alpha"), values.get("alpha_pattern")
    plain = patterns if isinstance(patterns, dict) else {}
    numbers = {k: float(v) for k, v in plain.items() if isinstance(v, int | float)}
    return Adapter(
        name,
        alpha=float(alpha) if isinstance(alpha, int | float) else 0.0,
        rank_stabilised=values.get("use_rslora") is True,
        alphas=numbers,
    )
