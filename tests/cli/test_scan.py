import json
import os
import xml.etree.ElementTree as ET

import hostile_onnx
import hostile_safetensors
import pytest

MALICIOUS, _ = hostile_onnx.CASES["external-absolute"]


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    (folder / "sub").mkdir(parents=True)
    (folder / "good.safetensors").write_bytes(hostile_safetensors.SOUND)
    (folder / "sub" / "good.onnx").write_bytes(hostile_onnx.SOUND)
    return folder


def scanned(weigh, *arguments):
    ended = weigh("scan", *arguments, "--json")
    return ended.code, json.loads(ended.out)


def test_a_folder_of_sound_files_is_clean(weigh, models):
    code, found = scanned(weigh, "models")
    assert code == 0
    assert [file["path"] for file in found["files"]] == ["good.safetensors", "sub/good.onnx"]
    assert {file["word"] for file in found["files"]} == {"clean"}


def test_one_malicious_file_is_a_no_whatever_lies_beside_it(weigh, models):
    (models / "bad.onnx").write_bytes(MALICIOUS)
    (models / "broken.safetensors").write_bytes(b"1234")
    code, found = scanned(weigh, "models")
    words = {file["path"]: file["word"] for file in found["files"]}
    assert code == 1
    assert (words["bad.onnx"], words["broken.safetensors"]) == ("malicious", "error")
    screen = weigh("scan", "models")
    assert screen.code == 1
    assert screen.out.index("bad.onnx") < screen.out.index("broken.safetensors")
    assert "exit       1" in screen.out


def test_a_broken_file_alone_is_an_error(weigh, models):
    (models / "broken.safetensors").write_bytes(b"1234")
    assert weigh("scan", "models").code == 3


def test_review_is_a_no_only_when_asked(weigh, models):
    data, _ = hostile_onnx.CASES["operator-custom"]
    (models / "custom.onnx").write_bytes(data)
    assert weigh("scan", "models").code == 0
    assert weigh("scan", "models", "--strict").code == 1


def test_the_same_bytes_give_the_same_json_wherever_they_lie(weigh, models, tmp_path):
    first = weigh("scan", "models", "--json", "--jobs", "1").out
    models.rename(tmp_path / "other")
    assert weigh("scan", "other", "--json", "--jobs", "3").out == first
    assert str(tmp_path) not in first


def test_what_cannot_be_read_is_named_and_never_skipped(weigh, models):
    os.mkfifo(models / "pipe")
    (models / "dangling").symlink_to("nowhere")
    (models / "loop").symlink_to(models)
    code, found = scanned(weigh, "models")
    broken = {file["path"]: file["error"] for file in found["files"] if file["word"] == "error"}
    assert code == 3
    assert set(broken) == {"pipe", "dangling", "loop"}
    assert all(broken.values())


def test_nothing_at_the_path(weigh):
    ended = weigh("scan", "nowhere.pt")
    assert ended.code == 2
    assert "nowhere.pt" in ended.err


def test_a_suppressed_finding_stays_in_the_record(weigh, models, tmp_path):
    (models / "bad.onnx").write_bytes(MALICIOUS)
    _, found = scanned(weigh, "models")
    bad = next(file for file in found["files"] if file["path"] == "bad.onnx")
    tables = [
        f'[[suppress]]\nsha256 = "{bad["sha256"]}"\nrule = "{rule}"\nbecause = "read"\nuntil = 2999-01-01\n'
        for rule in {finding["rule"] for finding in bad["findings"]}
    ]
    (tmp_path / "accepted.toml").write_text("".join(tables))
    code, found = scanned(weigh, "models", "--suppress", "accepted.toml")
    bad = next(file for file in found["files"] if file["path"] == "bad.onnx")
    assert code in {0, 3}
    assert bad["findings"] == []
    assert {one["because"] for one in bad["suppressed"]} == {"read"}
    assert "is accepted until 2999-01-01" in weigh("scan", "models", "--suppress", "accepted.toml").out


def test_sarif_and_junit_are_red_when_the_exit_code_is(weigh, models):
    (models / "bad.onnx").write_bytes(MALICIOUS)
    assert weigh("scan", "models", "--format", "sarif", "--out", "scan.sarif").code == 1
    run = json.loads((models.parent / "scan.sarif").read_bytes())["runs"][0]
    assert any(result["level"] == "error" for result in run["results"])
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]
    }
    assert uris == {"bad.onnx"}
    suite = ET.fromstring(weigh("scan", "models", "--format", "junit").out)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")


def test_out_without_a_form_is_refused_and_writes_nothing(weigh, models):
    ended = weigh("scan", "models", "--out", "x")
    assert ended.code == 2
    assert not (models.parent / "x").exists()


def test_a_recorded_scan_is_found_in_the_ledger(weigh, models, tmp_path):
    assert weigh("scan", "models").code == 0
    assert not (tmp_path / "home" / "ledger").exists()
    assert weigh("scan", "models", "--record").code == 0
    assert any((tmp_path / "home").rglob("*"))


HOSTILE = "\x1b[2J\u202e<script>{}](x)\n"


def test_a_hostile_name_acts_in_no_form(weigh, tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / f"{HOSTILE.strip().replace('/', '')}.onnx").write_bytes(MALICIOUS)
    for form in ([], ["--json"], ["--format", "sarif"], ["--format", "junit"]):
        out = weigh("scan", "m", *form).out
        assert "\x1b" not in out
        assert "\u202e" not in out
    ET.fromstring(weigh("scan", "m", "--format", "junit").out)


def test_a_ref_is_fetched_and_scanned(weigh, models):
    code, found = scanned(weigh, f"file:{models}")
    assert code == 0
    assert len(found["files"]) == 2
