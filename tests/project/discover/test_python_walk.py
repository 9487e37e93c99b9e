import os

import pytest

from weigh.core.errors import NotFoundError
from weigh.project.discover.discover import discover
from weigh.project.discover.walk import walk

CALL = b"from transformers import AutoModel\nAutoModel.from_pretrained('gpt2')\n"


def put(root, path, data=CALL):
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def test_other_peoples_code_is_left_out_and_told(tmp_path):
    for path in ("a.py", ".git/b.py", "node_modules/x/c.py", "env/lib/d.py", "__pycache__/e.py"):
        put(tmp_path, path)
    put(tmp_path, "env/pyvenv.cfg", b"")
    tree = walk(tmp_path)
    assert [file.path for file in tree.files] == ["a.py"]
    assert {one.path for one in tree.unread} == {"node_modules", "env"}


def test_links_end_and_lead_nowhere(tmp_path):
    put(tmp_path, "in/a.py")
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    (tmp_path / "in" / "self").symlink_to(tmp_path / "in" / "self")
    (tmp_path / "in" / "out").symlink_to("/")
    tree = walk(tmp_path)
    assert [file.path for file in tree.files] == ["in/a.py"]
    assert {one.path for one in tree.unread} == {"in/out", "in/self"}


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    assert [one.why for one in walk(tmp_path).unread] == ["not a regular file"]


def test_one_file_alone_is_read(tmp_path):
    put(tmp_path, "a.py")
    assert [use.ref for use in discover(tmp_path / "a.py").uses] == ["hf:gpt2"]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(NotFoundError):
        walk(tmp_path / "none")


def test_a_large_notebook_is_told_and_not_read(tmp_path):
    with (tmp_path / "big.ipynb").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    found = discover(tmp_path)
    assert found.unread[0].path == "big.ipynb"
    assert "are read" in found.unread[0].why


def test_a_notebook_gives_cells_and_commands(tmp_path):
    put(
        tmp_path,
        "use.ipynb",
        b'{"cells": [{"cell_type": "code", "source": ["!huggingface-cli download openai/whisper-small\\n"]},'
        b' {"cell_type": "code", "source": "from transformers import AutoModel\\n'
        b"AutoModel.from_pretrained('gpt2')\"}]}",
    )
    found = {(use.ref, use.place.cell, use.place.line) for use in discover(tmp_path).uses}
    assert found == {("hf:openai/whisper-small", 1, 1), ("hf:gpt2", 2, 2)}


def test_a_command_that_a_program_starts_is_read(tmp_path):
    put(tmp_path, "a.py", b"import os\nos.system('huggingface-cli download openai/whisper-small')\n")
    assert [use.ref for use in discover(tmp_path).uses] == ["hf:openai/whisper-small"]


def test_a_call_of_the_program_that_only_tests_name_a_model_for_stays_open(tmp_path):
    put(
        tmp_path,
        "app/load.py",
        b"from transformers import AutoModel as M\n\n\ndef load(name):\n    return M.from_pretrained(name)\n",
    )
    put(
        tmp_path,
        "tests/test_load.py",
        b"from app.load import load\n\n\ndef test_it():\n    load('acme/tiny')\n",
    )
    found = discover(tmp_path)
    assert [(use.ref, use.role.value) for use in found.uses] == [("hf:acme/tiny", "test")]
    assert [(one.place.path, one.role.value, one.why) for one in found.unresolved] == [
        ("app/load.py", "runtime", "only tests say which")
    ]
    put(tmp_path, "app/main.py", b"from app.load import load\n\nload('acme/real')\n")
    found = discover(tmp_path)
    assert {(use.ref, use.role.value) for use in found.uses} >= {("hf:acme/real", "runtime")}
    assert found.unresolved == ()
