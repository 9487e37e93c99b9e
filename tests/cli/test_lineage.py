"""`weigh lineage`: folders, files and versions, its answers and its exit codes."""

import json

import pytest
from safetensors.numpy import save_file
from tests.cli.history_scene import register
from tests.versions.lineage_models import model, tuned

BASE = model(1)


@pytest.fixture
def folders(tmp_path):
    made = {
        "base": BASE,
        "tuned": tuned(BASE),
        "frozen": tuned(BASE, frozen=("words.weight",)),
        "apart": model(2),
    }
    for name, tensors in made.items():
        (tmp_path / name).mkdir()
        save_file(tensors, tmp_path / name / "model.safetensors")
    (tmp_path / "few").mkdir()
    save_file({"words.weight": model(3)["words.weight"]}, tmp_path / "few" / "model.safetensors")
    (tmp_path / "apart" / "README.md").write_text("---\nbase_model: acme/base\n---\n")
    return tmp_path


@pytest.mark.parametrize(
    ("child", "code", "word"),
    [("frozen", 0, "yes"), ("tuned", 0, "likely"), ("apart", 1, "no"), ("few", 3, "unknown")],
)
def test_the_exit_code_is_the_answer(weigh, folders, child, code, word):
    ended = weigh("lineage", child, "--is-from", "base")
    assert ended.code == code, ended.err
    assert f"\n  {word.upper()}" in ended.out
    told = weigh("lineage", child, "--is-from", "base", "--json")
    assert told.code == code
    assert json.loads(told.out)["answer"] == word


def test_two_files_of_other_names(weigh, folders):
    (folders / "tuned" / "model.safetensors").rename(folders / "other.safetensors")
    ended = weigh("lineage", "other.safetensors", "--is-from", "base/model.safetensors")
    assert ended.code == 0
    assert "does other.safetensors come from base/model.safetensors?" in ended.out


def test_a_claim_is_shown_and_counts_for_nothing(weigh, folders):
    ended = weigh("lineage", "apart", "--is-from", "base")
    assert ended.code == 1
    assert "acme/base" in ended.out
    assert "that is said, not shown" in ended.out


def test_models_beside_each_other(weigh, folders):
    ended = weigh("lineage", "base", "frozen", "apart", "--html", "page.html", "--json")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert [(e["child"], e["parent"], e["ground"]) for e in told["edges"]] == [
        ("1", "0", "proved"), ("1", "0", "likely"), ("2", "0", "declared"),
    ]  # fmt: skip
    assert len(told["relations"]) == 3
    assert "<svg" in (folders / "page.html").read_text()


def test_a_history(weigh, folders, monkeypatch):
    register(monkeypatch)
    place = folders / "history"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in ("base", "tuned", "apart"):
        (place / "model.safetensors").write_bytes((folders / name / "model.safetensors").read_bytes())
        assert weigh("commit", "-m", name, "--history", "lineage-test").code == 0
    ended = weigh("lineage")
    assert ended.code == 0, ended.err
    assert "likely" in ended.out
    assert "nothing is known" in ended.out
    assert weigh("lineage", "HEAD~1", "--is-from", "HEAD~2").code == 0
    assert weigh("lineage", "--is-from", "HEAD~2").code == 1
    assert weigh("lineage", "HEAD~1", "--is-from", str(folders / "base")).code == 0


def test_wrong_usage_is_told(weigh, folders):
    for arguments in (
        ("lineage",),
        ("lineage", "base", "tuned", "--is-from", "apart"),
        ("lineage", "base", "base"),
        ("lineage", *(f"m{i}" for i in range(13))),
    ):
        assert weigh(*arguments).code == 2
    assert weigh("lineage", "not-there", "--is-from", "base").code != 0


def test_damaged_files_are_named_and_no_pass(weigh, folders):
    (folders / "tuned" / "model.safetensors").write_bytes(b"\xff" * 100)
    ended = weigh("lineage", "tuned", "--is-from", "base")
    assert ended.code == 3
    assert "model.safetensors" in ended.out


def test_a_page_written_through_a_link_leaves_the_link(weigh, folders):
    (folders / "page.html").touch()
    (folders / "link.html").symlink_to("page.html")
    assert weigh("lineage", "base", "frozen", "--html", "link.html").code == 0
    assert weigh("diff", "./base", "./frozen", "--html", "link.html").code == 0
    assert (folders / "link.html").is_symlink()
    assert "<html" in (folders / "page.html").read_text()
