"""Which history a folder belongs to, and which folders a history believes."""

import pytest

from weigh.core.errors import MalformedError, NotFoundError, RefusedError, UsageError
from weigh.versions.working_folder import (
    attach,
    check_history_name,
    history_name_for,
    open_history,
    open_named,
)


@pytest.mark.parametrize("name", ["..", "a/b", "", "-x", ".x", "a\nb", "x" * 201, "a..b", "x.lock", "ü"])
def test_names_that_could_be_paths(name, scene):
    with pytest.raises(UsageError):
        check_history_name(name)
    with pytest.raises(UsageError):
        open_named(scene.desk, name)


@pytest.mark.parametrize(
    "text", ['name = "../../etc"', "name = 3", "x", "", 'name = "a/b"', "\xff\xfe", "name = " + "[" * 2000]
)
def test_a_damaged_or_hostile_note(scene, text):
    scene.write({".weigh/history": text.encode("latin-1")})
    with pytest.raises(MalformedError, match="is damaged"):
        open_history(scene.desk, scene.folder)


def test_a_folder_without_history(scene):
    with pytest.raises(NotFoundError, match="belongs to no history"):
        open_history(scene.desk, scene.folder)


def test_folders_below_find_it(scene):
    scene.write({"a/b/c": "x"})
    scene.commit()
    assert open_history(scene.desk, scene.folder / "a" / "b").folder == scene.folder.resolve()


def test_a_folder_belongs_to_one_history(scene):
    scene.write({"a": "x"})
    scene.commit()
    with pytest.raises(RefusedError, match="belongs to the history model"):
        attach(scene.desk, scene.folder, "other")


def test_a_link_in_place_of_the_note_is_refused(scene, tmp_path):
    (tmp_path / "outside").mkdir()
    (scene.folder / ".weigh").symlink_to(tmp_path / "outside")
    with pytest.raises(RefusedError, match="is a link"):
        attach(scene.desk, scene.folder, "model")
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize(
    ("folder", "name"), [("My Model (v2)", "My-Model-v2"), ("模型", "models"), ("a..b", "models")]
)
def test_names_made_of_folders(tmp_path, folder, name):
    assert history_name_for(tmp_path / folder) == name
