"""Two versions of a model held against each other as wholes."""

from collections.abc import Callable

from weigh.core.facts import Coverage
from weigh.core.model_diff import ModelDiff
from weigh.store.compare.comparing import compare_tensors, describe_together
from weigh.store.compare.contents import Contents
from weigh.store.compare.side import Side


def compare_models(
    old: Side, new: Side, *, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> ModelDiff:
    """What is other in `new` than in `old`: tensors by value, every other file by what it says.

    Nothing of either is executed. What could not be compared is listed.

    Args:
        old: one side.
        new: the other.
        progress: called with the bytes of tensors that were compared and their total.

    Raises:
        StorageError: a file cannot be read.
        IntegrityError: what lies in the packs is damaged.
    """
    contents = Contents(old, new)
    files, same = contents.files()
    if not files:
        return ModelDiff(old.name, new.name)
    compared = compare_tensors(old, new, same_files=same, progress=progress)
    unread = [
        f"the tensors of {path}: {facts.reason or 'it is malformed'}"
        for side in (old, new)
        for path in sorted({file.path for file in files} & set(side.files))
        if (facts := side.facts(path)).coverage in {Coverage.UNREAD, Coverage.MALFORMED}
        and facts.format not in {"unknown", "empty"}
    ]
    return ModelDiff(
        old.name,
        new.name,
        compared.tensors,
        compared.same_tensors,
        compared.same_values,
        compared.old_values,
        compared.new_values,
        compared.overall,
        compared.same_training,
        describe_together(compared.tensors, compared.same_tensors),
        files,
        tuple(contents.values(files)),
        tuple(contents.lists(files)),
        tuple(contents.statements(files)),
        tuple(contents.code(files)),
        unknown=tuple(dict.fromkeys([*unread, *contents.unknown])),
    )
