"""A program under `weigh run`: its exit code, its output, its signals, and what it is kept away from."""

import os
import pty
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from tests.project.materialise.project_scene import PROGRAM, Scene, every_family

from weigh.project.asked_outside import asked_outside, missed_a_model
from weigh.project.run_environment import cache_variables, child_environment, refused_hosts
from weigh.system.blocking_proxy import BlockingProxy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and namespaces as Linux has them")


@pytest.fixture
def scene(tmp_path):
    scene = every_family(Scene(tmp_path))
    scene.sync()
    return scene


def test_exit_code_and_both_outputs_are_the_programs_own(scene):
    code, out, err = scene.weigh("run", "--", "sh", "-c", "echo out; echo err >&2; exit 41")
    assert (code, out, err) == (41, "out\n", "err\n")
    assert scene.weigh("run", "--", "sh", "-c", "kill -9 $$")[0] == 137


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--", "no-such-program"), 127, "was not found"),
        (("--", "./models.lock"), 126, "cannot be executed"),
        (("--nonsense",), 125, "No such option"),
        ((), 125, "Missing argument"),
        (("--fast", "--verify", "--", "true"), 125, "exclude"),
        (("--allow-host", "https://hf.co", "--", "true"), 125, "not the name of a host"),
        (("--allow-host", "--", "true"), 125, "not the name of a host"),
    ],
)
def test_failures_of_its_own_are_told_apart(scene, arguments, code, said):
    ended = scene.weigh("run", *arguments)
    assert (ended[0], said in ended[2]) == (code, True), ended


def test_nothing_starts_without_a_lock_or_a_sync(tmp_path):
    scene = Scene(tmp_path)
    assert scene.weigh("run", "--", "touch", "ran")[0] == 125
    every_family(scene)
    code, _, err = scene.weigh("run", "--", "touch", "ran")
    assert (code, "weigh sync" in err) == (125, True)
    assert not (scene.project / "ran").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_handed_on(scene, number):
    program = "trap 'echo got; exit 7' TERM INT; echo ready; while true; do sleep 0.05; done"
    process = scene.start("run", "--", "sh", "-c", program, start_new_session=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (7, "got\n"), err


def test_errors_of_a_terminal_stay_those_of_a_terminal(scene):
    ours, theirs = pty.openpty()
    words = [sys.executable, "-c", PROGRAM, "run", "--", "sh", "-c", "test -t 2 && echo yes >&2; exit 3"]
    process = subprocess.Popen(words, cwd=scene.project, env=scene.environment(), stderr=theirs)
    os.close(theirs)
    assert process.wait(timeout=30) == 3
    assert os.read(ours, 100).replace(b"\r\n", b"\n") == b"yes\n"
    os.close(ours)


def test_without_a_network_there_is_none_but_itself(scene):
    program = """
import socket, sys
here = socket.create_server(("127.0.0.1", 0))
socket.create_connection(here.getsockname()).close()
try:
    socket.create_connection(("192.0.2.1", 80), 2)
except OSError as error:
    print(error.errno)
here.close()
"""
    code, out, err = scene.weigh("run", "--no-network", "--", sys.executable, "-c", program)
    if "cannot take the network away" in err:
        pytest.skip("this kernel gives no network namespaces")
    assert (code, out) == (0, "101\n"), err


def test_hubs_are_refused_and_named_and_others_are_not(scene):
    program = """
import urllib.request as u
try:
    u.urlopen("https://cdn-lfs.huggingface.co/x")
except OSError as error:
    raise SystemExit(str(error))
"""
    code, _, err = scene.weigh("run", "--", sys.executable, "-c", program)
    assert code == 1
    assert "weigh run keeps model hubs away" in err
    assert "kept away from cdn-lfs.huggingface.co" in err


def test_the_proxy_lets_through_what_is_no_hub(tmp_path):
    from tests.sources.hub_server import HubServer

    with HubServer() as hub, BlockingProxy(["hub.example"], message="no") as proxy:
        hub.repo("acme/tiny", {"config.json": b"{}"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy.address}))
        with opener.open(f"{hub.root}/acme/tiny/resolve/main/config.json") as answer:
            assert answer.read() == b"{}"
        with pytest.raises(urllib.error.HTTPError) as refused, opener.open("http://a.hub.example/x"):
            pass
        assert (refused.value.code, proxy.hosts) == (403, ("a.hub.example",))
        refused.value.close()
        stranger = proxy.address.replace("weigh:", "weigh:x")
        other = urllib.request.build_opener(urllib.request.ProxyHandler({"http": stranger}))
        with pytest.raises(urllib.error.HTTPError) as denied, other.open(f"{hub.root}/x"):
            pass
        assert denied.value.code == 407
        denied.value.close()


def test_hosts_are_compared_whole():
    with BlockingProxy(["hf.co"], allowed=["cas.hf.co"]) as proxy:
        assert proxy.refuses("HF.co.")
        assert proxy.refuses("x.hf.co")
        assert not proxy.refuses("nothf.co")
        assert not proxy.refuses("cas.hf.co")


def test_what_the_user_set_cannot_lead_past_the_caches(tmp_path):
    environ = {
        "TRANSFORMERS_CACHE": "/x", "HF_HOME": "/hf", "HTTPS_PROXY": "http://u:p@proxy:1", "no_proxy": "*",
        "HF_ENDPOINT": "https://mirror.example/x", "KEEP": "1",
    }  # fmt: skip
    made = child_environment(environ, tmp_path, tmp_path / "run", "")
    assert "TRANSFORMERS_CACHE" not in made
    assert not {name for name in made if name.lower().endswith("_proxy")}
    assert (made["KEEP"], made["HF_DATASETS_CACHE"]) == ("1", "/hf/datasets")
    assert cache_variables(tmp_path, tmp_path)["HF_HUB_OFFLINE"] == "1"
    assert "mirror.example" in refused_hosts(environ)


SAID = {
    "Cannot reach https://huggingface.co/api/models/a/b/revision/main: offline mode": ("hf:a/b",),
    "Cannot reach https://huggingface.co/a/b/resolve/v2/config.json: offline mode": ("hf:a/b@v2",),
    "https://huggingface.co/datasets/a/b/resolve/main/x.csv": ("hf:datasets/a/b",),
    'Downloading: "https://github.com/o/r/zipball/main"': ("torchhub:o/r",),
    "    torch.hub.load('o/r:v1', 'net')": ("torchhub:o/r:v1",),
    "    path = kagglehub.model_download('o/m/pyTorch/v')": ("kaggle:o/m/pyTorch/v",),
    "https://huggingface.co/acme/tiny/resolve/main/config.json": (),
    "see https://huggingface.co/docs/transformers/installation#offline-mode": (),
    "nothing at all": (),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_client_says_is_turned_into_a_ref(tmp_path, said):
    assert asked_outside(said, every_family(Scene(tmp_path)).lock) == SAID[said]


def test_a_client_that_does_not_say_which_is_noticed():
    assert missed_a_model("OSError: ... and couldn't find them in the cached files.")
    assert not missed_a_model("ValueError: 7")


def test_long_hostile_output_costs_no_time(tmp_path):
    lock = every_family(Scene(tmp_path)).lock
    began = time.monotonic()
    for text in (
        "https://" * 30_000,
        "a/" * 120_000,
        "from_pretrained(" * 15_000,
        "couldn't find it " * 15_000,
    ):
        asked_outside(text, lock)
        missed_a_model(text)
    assert time.monotonic() - began < 5
