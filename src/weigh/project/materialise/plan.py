"""From a lock to the files that belong into the caches: a pure function of the lock."""

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from weigh.core.errors import UsageError
from weigh.project.lock import Family, Lock
from weigh.project.materialise.hf_hub import hf_units
from weigh.project.materialise.kaggle_hub import kaggle_units
from weigh.project.materialise.keras_cache import keras_units
from weigh.project.materialise.plain_path import path_units
from weigh.project.materialise.tf_hub import tfhub_units
from weigh.project.materialise.torch_hub import torch_checkpoint_units, torch_hub_units
from weigh.project.materialise.unit import Claim, Placed, Unit

Planner = Callable[[Iterable[Claim]], tuple[list[Unit], list[str]]]

PLANNERS: dict[Family, Planner] = {
    Family.HF: hf_units,
    Family.TORCH_HUB: torch_hub_units,
    Family.TORCH_CHECKPOINT: torch_checkpoint_units,
    Family.TFHUB: tfhub_units,
    Family.KAGGLE: kaggle_units,
    Family.KERAS: keras_units,
    Family.PATH: path_units,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to lie in the caches of one project.

    Attributes:
        units: sorted by root.
        notes: what cannot be pinned, in words for a person; hostile names in them.
        sections: of the lock, that it covers.
    """

    units: tuple[Unit, ...]
    notes: tuple[str, ...]
    sections: tuple[str, ...]

    def files(self) -> dict[str, Placed]:
        """Every file by its path below `.weigh`."""
        return {unit.place(file): file for unit in self.units for file in unit.files}

    def digests(self) -> dict[str, int]:
        """Sizes by sha256 of what has to come out of the store."""
        return {f.sha256: f.size for u in self.units for f in u.files if f.data is None}


def plan(lock: Lock, sections: Sequence[str] | None = None) -> Plan:
    """What the caches hold when the models of `sections` (all by default) are in them.

    Raises:
        UsageError: two models claim one place, or a place cannot be made of what is locked.
    """
    chosen = sorted(lock.models if sections is None else set(sections) & set(lock.models))
    claims: dict[Family, list[Claim]] = defaultdict(list)
    for section in chosen:
        model = lock.models[section]
        for place in model.materialise:
            claims[Family(place.family)].append(Claim(model, lock.section(section), place.key))
    units: dict[str, Unit] = {}
    notes: list[str] = []
    for family in Family:
        made, said = PLANNERS[family](claims[family])
        notes += said
        for unit in made:
            _join(units, unit)
    _require_apart(units)
    return Plan(tuple(units[root] for root in sorted(units)), tuple(notes), tuple(chosen))


def _join(units: dict[str, Unit], unit: Unit) -> None:
    other = units.get(unit.root)
    if other is None:
        units[unit.root] = unit
    elif other.files == unit.files:
        units[unit.root] = Unit(unit.root, unit.files, tuple(sorted({*other.sections, *unit.sections})))
    else:
        raise UsageError(
            f"{' and '.join(sorted({*other.sections, *unit.sections}))} claim the same place",
            why=f"{unit.root} cannot hold both",
            hint="give one of them another place with `as` in models.toml",
        )


def _require_apart(units: dict[str, Unit]) -> None:
    """No unit may lie inside another one: they appear and go as wholes."""
    for below in units:
        above = below
        while above := posixpath.dirname(above):
            if above in units:
                raise UsageError(f"{below} lies inside {above}", hint="change `as` in models.toml")
