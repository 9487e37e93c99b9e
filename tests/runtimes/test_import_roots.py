from pathlib import Path

import numpy as np

from weigh.runtimes.import_roots import import_roots, readable_paths


def test_a_package_is_found_where_it_lies_without_importing_it():
    assert Path(np.__file__).parent.parent in import_roots(("numpy",))
    assert import_roots(("no_such_package",)) == ()


def test_roots_are_named_once():
    assert len(import_roots(("numpy", "onnxruntime", "numpy"))) == len(
        set(import_roots(("numpy", "onnxruntime")))
    )


def test_neither_the_home_nor_what_holds_it_may_be_read(tmp_path, monkeypatch):
    home = tmp_path / "people" / "me"
    library = home / "lib"
    library.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    found = readable_paths([home, tmp_path / "people", Path("/"), library])
    assert library in found
    assert not {home, tmp_path / "people", tmp_path, Path("/")} & set(found)
