import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "render")]


@pytest.fixture(scope="session")
def chrome():
    from chrome import Chrome, installed

    if installed() is None or not sys.platform.startswith("linux"):
        pytest.skip("no Chromium or Chrome on the PATH: the report page was not seen in a browser")
    browser = Chrome()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Addresses of report files: the full one, its hostile twin, and one without charts."""
    import full_report
    from sample_report import HOSTILE

    from weigh.render.html import page

    folder = tmp_path_factory.mktemp("reports")
    bare = full_report.replace(full_report.FULL, recommendation=None, answers=())
    pages = {
        "full": page(full_report.FULL, command=full_report.COMMAND),
        "hostile": page(full_report.hostile(), command=HOSTILE),
        "bare": page(bare),
    }
    out = {}
    for name, text in pages.items():
        file = folder / f"{name}.html"
        file.write_text(text, encoding="utf-8")
        out[name] = file.as_uri()
    return out
