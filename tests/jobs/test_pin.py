"""Pin: a file that changes between reading and writing is never overwritten."""

import pytest

pytest.importorskip("libcst")

from weigh.core.errors import UsageError
from weigh.core.usage import Discovery, ModelUse, Place
from weigh.jobs.pin import pin, write
from weigh.project.lock import Lock, LockedModel, format_lock, tree_digest

COMMIT = "a" * 40
CALL = 'f("org/name")\n'


@pytest.fixture
def folder(tmp_path):
    model = LockedModel("models.a", ("hf:org/name",), (f"hf:org/name/{COMMIT}",), ("",), tree=tree_digest([]))
    (tmp_path / "models.lock").write_text(format_lock(Lock.of([], [model])), encoding="utf-8")
    (tmp_path / "a.py").write_text(CALL, encoding="utf-8")
    return tmp_path


def use(line):
    span = (line, 1, line, 14)
    return ModelUse(Place("a.py", line, 1), "hf:org/name", "transformers.from_pretrained", span=span)


def test_a_file_that_changed_since_the_diff_is_not_written(folder):
    found = pin(folder, [], discover=lambda _: Discovery((use(1),)))
    (folder / "a.py").write_text("mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match="changed in the meantime"):
        write(found)
    assert (folder / "a.py").read_text(encoding="utf-8") == "mine\n"


def test_a_file_that_changed_since_discovery_is_read_again(folder):
    answers = iter([Discovery((use(1),)), Discovery((use(2),))])
    (folder / "a.py").write_text("x = 1\n" + CALL, encoding="utf-8")
    found = pin(folder, [], discover=lambda _: next(answers))
    assert [place.line for place, _, _ in found.pins] == [2]
    assert found.kept == ()
    write(found)
    assert (folder / "a.py").read_text(encoding="utf-8") == f'x = 1\nf("org/name", revision="{COMMIT}")\n'


def test_a_file_that_is_gone_is_told(folder):
    (folder / "a.py").unlink()
    found = pin(folder, [], discover=lambda _: Discovery((use(1),)))
    assert [kept.why for kept in found.kept] == ["the file lies outside, or is gone"]
