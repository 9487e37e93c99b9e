"""What a model, or the author of a version, says of where it came from. Nothing here is verified."""

import posixpath
from collections.abc import Iterable, Iterator

from weigh.core.lineage import Declared
from weigh.store.view import ModelView
from weigh.versions.commit import Provenance

MOST = 32
"""Statements of one model that are looked at."""


def declared_by(view: ModelView) -> tuple[Declared, ...]:
    """The base models that a model's card, adapter and configuration name, each once.

    Args:
        view: the model's files; they may say anything.
    """
    return tuple(dict.fromkeys(_stated(view)))[:MOST]


def _stated(view: ModelView) -> Iterator[Declared]:
    """Every statement of a card names its relation; a second one of the same base says nothing new."""
    word = "base"
    named = set()
    for facts in view.all_facts():
        card = {fact.name: fact.value for fact in facts.metadata}
        word = str(card.get("card.base_model_relation") or word)[:40]
        for name in _texts(card.get("card.base_model")):
            named.add(name)
            yield Declared(name, facts.path, word)
    base = view.fact("base_model")
    for name in _texts(base.value) if base is not None else ():
        adapter = base is not None and posixpath.basename(base.where) == "adapter_config.json"
        if adapter or name not in named:
            yield Declared(name, base.where if base is not None else "", "adapter" if adapter else word)
    start = view.fact("config.name_or_path")
    for name in _texts(start.value) if start is not None else ():
        yield Declared(name, start.where if start is not None else "", "initialised-from")


def declared_in(provenance: Provenance) -> tuple[Declared, ...]:
    """The base models that the author of a version named."""
    return tuple(Declared(name, "commit", "base") for name in provenance.base[:MOST])


def _texts(value: object) -> Iterable[str]:
    found = value if isinstance(value, list | tuple) else [value]
    return [text for text in found if isinstance(text, str) and text.strip()][:MOST]


def names_it(statement: Declared, name: str) -> bool:
    """Whether a statement can mean the model of this name.

    Only last parts are compared, `org/name@revision` with a folder `name`: that a name fits proves nothing.
    """
    wanted = _last(name)
    return bool(wanted) and _last(statement.base) == wanted


def _last(name: str) -> str:
    bare = name.partition("@")[0].partition("#")[0]
    return posixpath.basename(bare.replace("\\", "/").rstrip("/").replace(":", "/")).casefold()
