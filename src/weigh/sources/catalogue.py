"""`catalogue:` refs: models that an installed library has in its own list, read without importing it.

`catalogue:torchvision/resnet50@IMAGENET1K_V2` means what the torchvision that this project has installed
would download. The file's own ref names the address behind `#`, so a lock says where the bytes lie, and
they can be fetched again without the library, or after it changed its mind. What the catalogue promises of
a file (sha256, the beginning of one, md5) is held against what comes.

A catalogue that points at a repository of the hub (timm) is followed there by name, through the same source
that answers for `hf:` refs; nothing is looked for anywhere else when that fails.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from weigh.core.errors import NotFoundError, UnknownAnswerError, UsageError
from weigh.core.events import EventSink
from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.sources.catalogue_keras import NO_TOP, KerasCatalogue
from weigh.sources.catalogue_openai import ClipCatalogue, WhisperCatalogue
from weigh.sources.catalogue_timm import TimmCatalogue
from weigh.sources.catalogue_torchvision import TorchvisionCatalogue
from weigh.sources.catalogued import Catalogue, CataloguedFile, CataloguedModel, Package, find_package
from weigh.sources.https import remote_file
from weigh.sources.inner_ref import inner_ref, with_inner
from weigh.sources.members import naming
from weigh.sources.remote_files import RemoteFile, RemoteFiles
from weigh.sources.source import Entry, FetchCost, Fetched, Locked, Origin, Source, StoredFiles
from weigh.system.http import Http

CATALOGUES: tuple[Catalogue, ...] = (
    ClipCatalogue(),
    KerasCatalogue(),
    TimmCatalogue(),
    TorchvisionCatalogue(),
    WhisperCatalogue(),
)
_LISTED = 12
"""Names that an error lists."""


class CatalogueSource:
    """Answers for `catalogue:` refs.

    Args:
        http: the client.
        events: told about progress.
        sink: what is in it is not counted as a cost.
        folders: where packages of the project are installed, best first.
        hub: gives the source for `hf:` refs, asked when a catalogue points there.
    """

    def __init__(
        self,
        *,
        http: Http,
        events: EventSink,
        sink: StoredFiles,
        folders: tuple[Path, ...],
        hub: Callable[[], Source],
    ) -> None:
        self._files = RemoteFiles(http, events)
        self._sink = sink
        self._folders = folders
        self._hub = hub
        self._models: dict[tuple[str, str], tuple[CataloguedModel, str]] = {}
        self._promises: dict[str, RemoteFile] = {}

    def names(self, library: str) -> tuple[str, ...]:
        """Every model of one library's catalogue, as a ref names it.

        Raises:
            UsageError: no such catalogue is known.
            UnknownAnswerError: the library is not installed.
        """
        catalogue = _catalogue(library)
        return catalogue.names(self._package(catalogue))

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """The files that the library would download; of a hub repository all its files.

        Raises:
            UsageError: no such catalogue, or several weights and none named.
            NotFoundError: the catalogue has no such model or weights; near names are listed.
            UnknownAnswerError: the library is not installed in the project's environment.
        """
        if inner_ref(ref) is not None:
            return self._inner_entries(ref)
        head = replace(ref, members=())
        found: list[Entry] = []
        for file in self._wanted(ref)[1]:
            if file.place.startswith("hf:"):
                listed = self._hub().entries(parse_ref(file.place))
                found += [replace(e, ref=with_inner(ref, e.ref)) for e in listed]
                continue
            promise = _promise(file)
            self._promises[file.place] = promise
            inner = ArtifactRef(RefKind.HTTPS, file.place)
            size = self._files.describe(promise).size
            found.append(Entry(file.path, with_inner(_kept(ref, head), inner), size, file.sha256))
        return tuple(sorted(found, key=lambda e: e.path))

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None: the terms of the library are not those of the weights."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:
        """Put the one file that `entry_ref` names into `sink`, verified by what the catalogue promises."""
        inner = inner_ref(entry_ref)
        if inner is None:
            raise UsageError(f"{entry_ref} is a model, not a file", hint="fetch what its list of files names")
        if inner.kind is RefKind.HF:
            return self._hub().fetch(inner, sink, locked=locked)
        promise = self._promises.get(inner.name) or remote_file(inner)
        with naming(entry_ref):
            return self._files.fetch(promise, sink, locked=locked)

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:
        """The sizes of the files that are not in the store."""
        lines = [promise for r, promise in locked_refs.items() if _within(r, ref)]
        if lines:
            sizes = [(line.sha256, line.size) for line in lines]
        else:
            sizes = [(entry.sha256, entry.size) for entry in self.entries(ref)]
        missing = [size for sha256, size in sizes if not (sha256 and self._sink.has(sha256))]
        if any(size < 0 for size in missing):
            return FetchCost(-1, -1, "whole")
        whole = sum(max(0, size) for _, size in sizes)
        return FetchCost(sum(missing), whole, "whole" if missing else "present")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The weights' own name, and the version of the library that says so.

        An upgrade of the library can change what the same name means, so every such ref moves.
        """
        weights, files, version = self._wanted(ref)
        catalogue, name = _parts(ref)
        own = weights.partition("#")[0]
        if catalogue.library in {"clip", "whisper", "timm"}:
            exact = replace(ref, name=f"{catalogue.library}/{name}", revision=own)
        else:
            exact = replace(ref, revision=own)
        hosts = sorted({file.place.split("/")[2] for file in files if not file.place.startswith("hf:")})
        owner = " ".join([*hosts, *(file.place for file in files if file.place.startswith("hf:"))])
        return Origin(exact, moving=True, owner=owner, declared_version=f"{catalogue.library} {version}")

    def licence(self, ref: ArtifactRef) -> str:
        """The licence that the catalogue declares for these weights, "" when it declares none."""
        weights, _, _ = self._wanted(ref)
        catalogue, name = _parts(ref)
        model, _ = self._model(catalogue, name)
        return model.licence.get(weights, "")

    def _inner_entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        inner = inner_ref(ref)
        if inner is not None and inner.kind is RefKind.HF:
            outer = replace(ref, members=ref.members[:-1])
            return tuple(replace(e, ref=with_inner(outer, e.ref)) for e in self._hub().entries(inner))
        file = self._promises.get(ref.members[-1]) or RemoteFile(ref.members[-1])
        return (Entry(file.name, ref, self._files.describe(file).size, file.sha256),)

    def _wanted(self, ref: ArtifactRef) -> tuple[str, tuple[CataloguedFile, ...], str]:
        """(own name of the weights, their files, version of the library)."""
        catalogue, name = _parts(ref)
        model, version = self._model(catalogue, name)
        asked = _asked(catalogue, ref)
        own = model.aliases.get(asked, asked) or model.default
        if own not in model.weights and asked:
            raise _no_weights(ref, model, asked)
        if own not in model.weights:
            raise UsageError(
                f"{ref} has several weights",
                why=_list(model),
                hint=f"name one: {ref.kind}:{ref.name}@WEIGHTS",
            )
        return own, model.weights[own], version

    def _model(self, catalogue: Catalogue, name: str) -> tuple[CataloguedModel, str]:
        key = (catalogue.library, name)
        if key not in self._models:
            package = self._package(catalogue)
            model = catalogue.model(package, name)
            if model is None:
                known = catalogue.names(package)
                near = difflib.get_close_matches(name, known, _LISTED, 0.5) or known[:_LISTED]
                raise NotFoundError(
                    f"{catalogue.library} {package.version} has no model {name!r}".replace("  ", " "),
                    why=f"it has {len(known):,}, among them {', '.join(near)}",
                )
            self._models[key] = (model, package.version)
        return self._models[key]

    def _package(self, catalogue: Catalogue) -> Package:
        found = find_package(self._folders, catalogue.packages)
        if found is None:
            looked = ", ".join(str(f) for f in self._folders) or "no environment was found"
            raise UnknownAnswerError(
                f"{catalogue.library} is not installed, so its catalogue cannot be read",
                why=f"looked in {looked}",
                hint=f"install {catalogue.distributions[0]} into the project's environment, or activate that",
            )
        return found


def _catalogue(library: str) -> Catalogue:
    for catalogue in CATALOGUES:
        if catalogue.library == library:
            return catalogue
    known = ", ".join(c.library for c in CATALOGUES)
    raise UsageError(
        f"no catalogue is called {library!r}",
        why=f"known are {known}",
        hint="catalogue:torchvision/resnet50@IMAGENET1K_V2",
    )


def _parts(ref: ArtifactRef) -> tuple[Catalogue, str]:
    library, _, name = ref.name.partition("/")
    catalogue = _catalogue(library)
    if catalogue.library in {"clip", "whisper"} and ref.revision:
        # Some of their names hold an @ themselves: ViT-L/14@336px.
        name = f"{name}@{ref.revision}"
    if not name:
        raise UsageError(f"cannot read {str(ref)!r}", why="nothing follows the name of the catalogue")
    return catalogue, name


def _asked(catalogue: Catalogue, ref: ArtifactRef) -> str:
    if catalogue.library in {"clip", "whisper"}:
        return ""
    if catalogue.library == "keras":
        part = ref.members[0] if ref.members and inner_ref(ref) != ref else ""
        base = ref.revision or "imagenet"
        return f"{base}#{NO_TOP}" if part.partition("!/")[0] == NO_TOP else base
    return ref.revision.rpartition(".")[2] if catalogue.library == "torchvision" else ref.revision


def _kept(ref: ArtifactRef, head: ArtifactRef) -> ArtifactRef:
    """What stays of the ref before the address: a part such as `notop` tells two files of one name apart."""
    return ref if ref.members[:1] == (NO_TOP,) else head


def _promise(file: CataloguedFile) -> RemoteFile:
    return RemoteFile(
        file.place, sha256=file.sha256, prefix=file.prefix, md5=file.md5, promise="the library's catalogue"
    )


def _list(model: CataloguedModel) -> str:
    names = [f"@{n}" for n in sorted(model.weights) if n]
    more = [f"@{k} (= {v})" for k, v in sorted(model.aliases.items()) if k]
    return f"it has {', '.join([*names, *more]) or 'none'}"


def _no_weights(ref: ArtifactRef, model: CataloguedModel, asked: str) -> NotFoundError:
    return NotFoundError(f"{ref.name} has no weights {asked!r}", why=_list(model))


def _within(file: ArtifactRef, ref: ArtifactRef) -> bool:
    """Whether `file` is one of the files that `ref` names."""
    if (file.kind, file.name, file.revision) != (ref.kind, ref.name, ref.revision):
        return False
    return file.members[: len(ref.members)] == ref.members
