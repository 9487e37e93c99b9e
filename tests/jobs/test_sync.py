"""A sync is whole or not there: killed, doubled, without room, without a store, without a network."""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time

import pytest
from tests.project.materialise.project_scene import PROGRAM, WEIGHTS, Scene, every_family
from tests.sources.hub_server import HubServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals as Linux has them")
FILES = 25
CONFINED = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({}, r.RLIM_INFINITY)); "


@pytest.fixture
def scene(tmp_path):
    return every_family(Scene(tmp_path))


def whole(scene):
    code, out, err = scene.weigh("verify", "--json")
    assert code == 0, out + err
    return json.loads(out)["files"]


def test_a_sync_that_is_killed_again_and_again_ends_like_one_that_was_not(scene):
    rng = random.Random(5)
    for _ in range(6):
        process = scene.start("sync", "--frozen")
        ends = time.monotonic() + 0.25 + rng.random() * 0.3
        while time.monotonic() < ends and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        # Whatever stands is right: nothing that is half there is ever visible.
        if (scene.place / "cache").is_dir():
            _, out, _ = scene.weigh("verify", "--json")
            assert {d["trouble"] for d in json.loads(out)["differences"]} <= {"missing"}
    scene.sync()
    assert whole(scene) == FILES
    assert not list(scene.place.glob("tmp/*"))


def test_two_syncs_at_once_take_turns(scene):
    both = [scene.start("sync", "--frozen") for _ in range(3)]
    for process in both:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert f"{FILES} files" in out
    assert whole(scene) == FILES


@pytest.mark.parametrize("limit", [0, 1000])
def test_a_full_disk_is_one_message_and_the_next_sync_goes_on(scene, limit):
    process = scene.start("sync", "--frozen", program=CONFINED.format(limit) + PROGRAM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "no room to write" in err
    scene.sync()
    assert whole(scene) == FILES


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into read-only folders")
def test_a_store_that_cannot_be_written_is_enough_when_it_holds_everything(scene):
    scene.sync()
    shutil.rmtree(scene.place)
    store = scene.home / "store"
    folders = [store, *(p for p in store.rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        scene.sync("--offline")
        assert whole(scene) == FILES
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_another_file_system_gets_copies(scene, tmp_path):
    elsewhere = "/dev/shm"
    if not os.access(elsewhere, os.W_OK) or os.stat(elsewhere).st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("there is no second file system")
    scene.home = type(tmp_path)(elsewhere) / f"weigh-test-{os.getpid()}"
    try:
        assert "by copy" in scene.sync()
        assert whole(scene) == FILES
    finally:
        shutil.rmtree(scene.home)


def test_offline_takes_what_the_store_holds_and_says_what_is_missing(tmp_path):
    scene = Scene(tmp_path)
    with HubServer() as hub:
        commit = hub.repo("acme/tiny", {"config.json": b"{}", "model.safetensors": WEIGHTS}).refs["main"]
        scene.model(
            "tiny", {"config.json": b"{}", "model.safetensors": WEIGHTS}, [("hf", "acme/tiny")],
            requested=("hf:acme/tiny",), exact=(f"hf:acme/tiny/{commit}",),
            ref=lambda path: f"hf:acme/tiny/{commit}#{path}",
        )  # fmt: skip
        env = scene.environment(HF_ENDPOINT=hub.endpoint)
        code, _, err = scene.weigh("sync", "--frozen", "--offline", env=env)
        assert (code, "weigh: " in err) == (3, True)
        hub.lies.bodies["model.safetensors"] = WEIGHTS[:-1] + b"?"
        code, _, err = scene.weigh("sync", "--frozen", env=env)
        assert (code, "model.safetensors" in err) == (1, True)
        assert not (scene.place / "cache" / "hf").exists()
        hub.lies.bodies.clear()
        scene.sync(env=env)
    scene.sync("--offline")
    assert whole(scene) == 4


def test_a_lock_that_was_edited_or_is_newer_is_refused(scene):
    path = scene.project / "models.lock"
    text = path.read_text()
    path.write_text(text.replace("version = 2", "version = 3"))
    assert "upgrade weigh" in scene.weigh("sync", "--frozen")[2]
    path.write_text(text.replace(hashlib.sha256(WEIGHTS).hexdigest(), "0" * 64))
    code, _, err = scene.weigh("sync", "--frozen")
    assert (code, "edited by hand" in err) == (2, True)
    assert not scene.place.exists()


def test_a_folder_that_is_a_link_is_never_followed(scene, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    scene.place.symlink_to(outside)
    code, _, err = scene.weigh("sync", "--frozen")
    assert (code, "is a link" in err, list(outside.iterdir())) == (1, True, [])
    scene.place.unlink()
    (scene.place / "cache").mkdir(parents=True)
    (scene.place / "cache" / "hf").symlink_to(outside)
    code, _, err = scene.weigh("sync", "--frozen")
    assert (code, list(outside.iterdir())) == (1, [])


def test_names_choose_and_what_is_in_place_stays(scene):
    assert "models.keras" in scene.sync("keras")
    assert not (scene.place / "cache" / "hf").exists()
    out = scene.sync("plain")
    assert "models.keras" in out
    assert "not synced: models.encoder" in scene.weigh("verify")[1]
    code, _, err = scene.weigh("sync", "--frozen", "nothing")
    assert (code, "weigh add nothing" in err) == (2, True)


def test_an_interrupt_leaves_nothing_half_made(scene):
    process = scene.start("sync", "--frozen", start_new_session=True)
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in {0, 130, -2}, err
    scene.sync()
    assert whole(scene) == FILES


def test_json_has_the_same_answer(scene):
    told = json.loads(scene.sync("--json"))
    assert told["models"]["models.vision"] == ["torch-checkpoint", "torch-hub"]
    assert told["files"] == FILES
    assert json.loads(scene.sync("--json"))["placed"] == []
