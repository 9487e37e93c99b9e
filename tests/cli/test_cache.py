import json

import pytest
from tests.cli.locked_project import local_hub  # noqa: F401 - a fixture


def test_an_empty_cache_is_listed_as_empty(weigh):
    ended = weigh("cache", "ls", "--json")
    assert ended.code == 0
    assert all(kind == {"files": 0, "bytes": 0} for kind in json.loads(ended.out).values())


def test_pruning_keeps_what_answers_rest_on(weigh, tmp_path, make_reviews):
    make_reviews(tmp_path / "reviews.csv")
    ask = ("adopt", "none", "--data", "reviews.csv", "--text", "body", "--label", "stars")
    weigh(*ask)
    assert weigh("cache", "prune", "--older-than", "0").code == 0
    weigh(*ask)
    told = json.loads((tmp_path / "weigh-report/report.json").read_text(encoding="utf-8"))
    assert not any(a["fresh"] for a in told["envelope"]["answers"])


def test_a_dry_run_frees_nothing(weigh, tmp_path, make_reviews):
    make_reviews(tmp_path / "reviews.csv")
    weigh("adopt", "none", "--data", "reviews.csv", "--text", "body", "--label", "stars")
    before = weigh("cache", "ls").out
    assert "would be freed" in weigh("cache", "prune", "--older-than", "0", "--dry-run").out
    assert weigh("cache", "ls").out == before


def test_nothing_was_interrupted_where_everything_ended(weigh, hub):
    hub.repo("acme/tiny", {"config.json": b"{}", "model.safetensors": b"\x02\0\0\0\0\0\0\0{}"})
    assert weigh("add", "hf:acme/tiny").code == 0
    told = json.loads(weigh("cache", "ls", "--json").out)
    assert told["files"]["files"] == 2
    assert told["unfinished"] == {"files": 0, "bytes": 0}


def test_what_a_lock_without_a_manifest_names_is_kept(weigh, tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    manifest = '[data.d]\nfiles = [{ from = "file:rows.csv", to = "rows.csv" }]\n'
    (tmp_path / "models.toml").write_text(manifest, encoding="utf-8")
    assert weigh("lock").code == 0
    (tmp_path / "models.toml").unlink()
    assert weigh("cache", "prune", "--older-than", "0").code == 0
    assert json.loads(weigh("cache", "ls", "--json").out)["files"] == {"files": 1, "bytes": 8}


@pytest.mark.parametrize("days", ["-1", "soon"])
def test_days_that_are_none_are_refused(weigh, days):
    ended = weigh("cache", "prune", "--older-than", days)
    assert ended.code == 2
    assert ended.out == ""
