"""One flipped byte in any family is found; a sync heals it; nothing that is not locked stays unnoticed."""

import json
import os
import stat

import pytest
from tests.project.materialise.project_scene import WEIGHTS, Scene, every_family

from weigh.project.materialise.check import Trouble, check
from weigh.project.materialise.plan import plan
from weigh.project.materialise.record import read_record


@pytest.fixture
def scene(tmp_path):
    scene = every_family(Scene(tmp_path))
    scene.sync()
    return scene


def flip(path, at=0):
    """Change one byte as a bad disk does: in place, whoever else shares the file."""
    os.chmod(path, 0o644)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.chmod(path, 0o444)


def differences(scene, *arguments):
    code, out, err = scene.weigh("verify", "--json", *arguments)
    assert code in {0, 1}, err
    told = json.loads(out)
    assert told["fine"] == (code == 0)
    return {d["path"]: d["trouble"] for d in told["differences"]}, told


def test_every_single_byte_that_is_flipped_is_found(scene):
    wanted = plan(scene.lock).files()
    kept = {path: (scene.place / path).read_bytes() for path in wanted}
    families = set()
    for path, file in wanted.items():
        target = scene.place / path
        for at in {0, file.size // 2, file.size - 1} if file.size else ():
            flip(target, at)
            for trust in (None, read_record(scene.place)):
                found = {d.path for d in check(scene.place, plan(scene.lock), trust=trust).differences}
                assert path in found
            os.chmod(target, 0o644)
            target.write_bytes(kept[path])
            families.add(path.split("/")[1])
    assert families == {"hf", "torch", "tfhub", "kaggle", "keras", "plain"}
    assert check(scene.place, plan(scene.lock)).differences == ()


def test_a_flip_is_named_the_store_sets_it_aside_and_a_sync_heals_it(scene):
    path = "cache/keras/models/tiny.h5"
    flip(scene.place / path, 5)
    for how in ((), ("--fast",)):
        found, told = differences(scene, *how)
        assert found == {path: "other bytes"}
    assert scene.weigh("run", "--", "true")[0] == 125
    found, told = differences(scene)
    assert found == {path: "other bytes"}
    assert list((scene.home / "store" / "quarantine").iterdir())
    assert "placed 1" in scene.sync()
    assert differences(scene)[0] == {}
    assert scene.weigh("run", "--", "true")[0] == 0
    assert told["read"] > 0


@pytest.mark.parametrize("what", ["truncated", "longer", "gone", "link", "folder", "main"])
def test_every_other_way_to_differ(scene, what):
    path = "cache/hf/hub/models--acme--tiny/refs/main"
    target = scene.place / path
    data = target.read_bytes()
    os.unlink(target)
    trouble = "other bytes"
    if what == "truncated":
        target.write_bytes(data[:-1])
    elif what == "longer":
        target.write_bytes(data + b"\n")
    elif what == "gone":
        trouble = "missing"
    elif what == "link":
        (scene.folder / "elsewhere").write_bytes(data)
        target.symlink_to(scene.folder / "elsewhere")
        trouble = "no file"
    elif what == "folder":
        target.mkdir()
        trouble = "no file"
    else:
        target.write_bytes(b"6" * 40)
    assert differences(scene)[0] == {path: trouble}
    assert scene.weigh("run", "--", "true")[0] == 125
    scene.sync()
    assert differences(scene)[0] == {}


def test_what_is_placed_by_hand_is_named_and_goes_only_when_asked(scene):
    inside = "cache/hf/hub/models--acme--tiny/snapshots/" + "5" * 40 + "/evil.py"
    beside = "cache/torch/hub/checkpoints/other.pth"
    for path in (inside, beside):
        (scene.place / path).write_bytes(b"x")
    assert differences(scene)[0] == dict.fromkeys([inside, beside], "extra")
    code, _, err = scene.weigh("run", "--", "true")
    assert (code, "evil.py (extra)" in err, "weigh sync --prune" in err) == (125, True, True)
    assert inside in scene.sync()
    flip(scene.place / inside.replace("evil.py", "model.safetensors"))
    scene.sync()  # a repair inside a folder with something else in it leaves that alone
    assert differences(scene)[0] == dict.fromkeys([inside, beside], "extra")
    assert inside in scene.sync("--prune")
    assert differences(scene)[0] == {}


def test_what_clients_keep_for_themselves_is_no_difference(scene):
    for path in ("hf/hub/.locks/models--acme--tiny/x.lock", "hf/hub/CACHEDIR.TAG", "keras/keras.json"):
        target = scene.place / "cache" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"")
    assert differences(scene)[0] == {}


def test_compiled_copies_of_locked_code_do_not_survive_a_run(scene):
    compiled = scene.place / "cache/torch/hub/acme_vision_v1.0/__pycache__/hubconf.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"evil")
    assert scene.weigh("run", "--", "true")[0] == 0
    assert not compiled.exists()


def test_a_record_that_is_damaged_or_lies_costs_a_reading_and_nothing_else(scene):
    record = scene.place / "synced.json"
    told = json.loads(record.read_text())
    flip(scene.place / "cache/keras/models/tiny.h5")
    for text in ("", "[", json.dumps(told | {"version": 9}), json.dumps(told | {"files": 7})):
        record.write_text(text)
        found = check(scene.place, plan(scene.lock), trust=read_record(scene.place))
        assert [d.trouble for d in found.differences] == [Trouble.OTHER_BYTES]


def test_files_in_caches_cannot_be_written_and_share_what_the_store_holds(scene):
    target = scene.place / "cache/keras/models/tiny.h5"
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    assert scene.weigh("sync", "--frozen")[1].count("up to date") == 1


def test_repositories_of_one_model_lie_each_in_its_own_snapshot(tmp_path):
    first, second = "1" * 40, "2" * 40
    scene = Scene(tmp_path)
    files = {"config.json": b"{}", "model.safetensors": WEIGHTS, "vocab.txt": b"a\n"}
    given = {"config.json": ("acme/body", first), "model.safetensors": ("acme/body", first)}
    given |= {"vocab.txt": ("acme/words", second)}
    scene.model(
        "both", files, [("hf", "acme/body@main"), ("hf", "acme/words@main")],
        requested=("hf:acme/body@main", "hf:acme/words@main"),
        exact=(f"hf:acme/body@main/{first}", f"hf:acme/words@main/{second}"),
        ref=lambda path: f"hf:{given[path][0]}@main/{given[path][1]}#{path}",
    )  # fmt: skip
    placed = plan(scene.lock).files()
    assert {path for path in placed if "/snapshots/" in path} == {
        f"cache/hf/hub/models--acme--body/snapshots/{first}/config.json",
        f"cache/hf/hub/models--acme--body/snapshots/{first}/model.safetensors",
        f"cache/hf/hub/models--acme--words/snapshots/{second}/vocab.txt",
    }
