"""`weigh pin`: the diff first, then the file, and nothing but the revision."""

import json
import os
import stat
import sys

import pytest

pytest.importorskip("libcst")

from tests.cli.locked_project import local_hub, locked_project, new_commands  # noqa: F401 - fixtures

SOURCE = """\
from transformers import AutoModel, AutoTokenizer
from sentence_transformers import SentenceTransformer
from huggingface_hub import snapshot_download

# the encoder
model = AutoModel.from_pretrained(
    "acme/encoder",  # ours
    trust_remote_code=False,
)
tokenizer = AutoTokenizer.from_pretrained('acme/encoder', revision='main')
folder = snapshot_download("acme/encoder")
other = AutoModel.from_pretrained("acme/other")
NAME = "acme/encoder"
named = SentenceTransformer(NAME)
"""


@pytest.fixture
def code(project):
    path = project / "app.py"
    path.write_bytes(SOURCE.replace("\n", "\r\n").encode())
    path.chmod(0o750)
    return path


@pytest.fixture
def commit(hub):
    return hub.repos["acme/encoder"].refs["main"]


def test_the_diff_is_shown_and_nothing_is_written(weigh, project, code, commit):
    before = code.read_bytes()
    ended = weigh("pin", "--project", str(project))
    assert ended.code == 1, ended.err
    assert f'+    revision="{commit}",' in ended.out
    assert f"+tokenizer = AutoTokenizer.from_pretrained('acme/encoder', revision='{commit}')" in ended.out
    assert "app.py:12  hf:acme/other  stays: it is not in models.lock" in ended.out
    assert "the name is not written at the call" in ended.out
    assert "3 calls in 1 file can be pinned" in ended.out
    assert code.read_bytes() == before


def test_rewrite_writes_the_revisions_and_nothing_else(weigh, project, code, commit):
    ended = weigh("pin", "--rewrite", "--yes", "--project", str(project))
    assert ended.code == 0, ended.err
    wanted = SOURCE.replace("=False,\n", f'=False,\n    revision="{commit}",\n')
    wanted = wanted.replace("'main'", f"'{commit}'")
    wanted = wanted.replace('download("acme/encoder")', f'download("acme/encoder", revision="{commit}")')
    assert code.read_bytes().decode() == wanted.replace("\n", "\r\n")
    assert stat.S_IMODE(code.stat().st_mode) == 0o750
    again = weigh("pin", "--rewrite", "--yes", "--project", str(project))
    assert again.code == 0
    assert "nothing to pin" in again.out


def test_json_lists_pins_and_what_stays(weigh, project, code, commit):
    ended = weigh("pin", "--json", "--project", str(project))
    told = json.loads(ended.out)
    assert ended.code == 1
    assert [(p["line"], p["revision"]) for p in told["pins"]] == [(6, commit), (10, commit), (11, commit)]
    assert {k["line"] for k in told["kept"]} == {12, 14}
    assert not told["written"]


def test_a_file_that_does_not_parse_is_named_and_the_others_are_done(weigh, project, code):
    (project / "broken.py").write_text(
        "def f(:\n    AutoModel.from_pretrained('acme/encoder')\n", encoding="utf-8"
    )
    ended = weigh("pin", "--rewrite", "--yes", "--project", str(project))
    assert ended.code == 0, ended.err
    assert "broken.py" in ended.out
    assert b"revision=" in code.read_bytes()


def test_only_the_paths_that_are_named(weigh, project, code, monkeypatch):
    (project / "more").mkdir()
    (project / "more/b.py").write_bytes(code.read_bytes())
    ended = weigh("pin", str(project / "more"), "--project", str(project))
    assert "a/more/b.py" in ended.out
    assert "a/app.py" not in ended.out
    assert weigh("pin", str(project.parent), "--project", str(project)).code == 2
    assert weigh("pin", "missing.py", "--project", str(project)).code == 2


def test_a_link_that_leads_outside_is_not_followed(weigh, project, code, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_bytes(code.read_bytes())
    os.symlink(outside, project / "link.py")
    before = outside.read_bytes()
    assert weigh("pin", "--rewrite", "--yes", "--project", str(project)).code == 0
    assert outside.read_bytes() == before


def test_hostile_source_does_not_act_on_the_terminal(weigh, project):
    text = "from transformers import AutoModel\nAutoModel.from_pretrained('acme/encoder')  # \x1b[2J\u202e\n"
    (project / "x.py").write_text(text, encoding="utf-8")
    ended = weigh("pin", "--project", str(project))
    assert ended.code == 1
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out


def test_without_the_extra_it_says_which(weigh, project, code, monkeypatch):
    monkeypatch.setitem(sys.modules, "libcst", None)
    ended = weigh("pin", "--project", str(project))
    assert ended.code == 3
    assert "weigh[rewrite]" in ended.err


def test_without_a_lock_there_is_nothing_to_pin_to(weigh, commands, tmp_path):
    ended = weigh("pin")
    assert ended.code == 2
    assert "weigh lock" in ended.err


def test_a_call_whose_model_nobody_can_tell_is_listed(weigh, project):
    text = "import sys\nfrom transformers import AutoModel\n\nAutoModel.from_pretrained(sys.argv[1])\n"
    (project / "app.py").write_text(text, encoding="utf-8")
    ended = weigh("pin", "--project", str(project))
    assert ended.code == 0, ended.err
    assert "app.py:4  sys.argv[1]  stays: its model cannot be told" in ended.out
    (kept,) = json.loads(weigh("pin", "--project", str(project), "--json").out)["kept"]
    assert (kept["line"], kept["ref"]) == (4, "sys.argv[1]")


def test_a_call_in_a_notebook_is_told_with_its_cell(weigh, project):
    source = 'from transformers import AutoModel\nAutoModel.from_pretrained("acme/encoder")\n'
    cell = {"cell_type": "code", "source": source, "outputs": [], "metadata": {}, "execution_count": None}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (project / "book.ipynb").write_text(json.dumps(book), encoding="utf-8")
    assert "book.ipynb cell 1:2  hf:acme/encoder  stays" in weigh("pin", "--project", str(project)).out
    (kept,) = json.loads(weigh("pin", "--project", str(project), "--json").out)["kept"]
    assert (kept["cell"], kept["line"]) == (1, 2)
