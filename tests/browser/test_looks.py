"""The page looks as it did: small pictures compared with room for another font or browser version.

WEIGH_UPDATE_GOLDEN=1 writes them anew; look at them before they are kept.
"""

import os
from pathlib import Path

import numpy as np
import png
import pytest

GOLDEN = Path(__file__).parent / "golden"
SMALL = 0.3
TOLERANCE = 5.0
"""Of 255 levels. Measured: the same page in four other fonts differs by 1.0 to 3.4, another view by 10."""

THIRDS = 3
INK = 2.0
"""Times more or less ink in a third of the picture; another font sets the same words with about as much."""

VIEWS = {
    "decide-light": ("#decide", False),
    "examine-dark": ("#examine", True),
    "checks-light": ("#checks", False),
}


@pytest.fixture(scope="module")
def seen(chrome, reports):
    out = {}
    for name, (anchor, dark) in VIEWS.items():
        page = chrome.page(reports["full"] + anchor, width=1200, height=1000, dark=dark)
        page.until("document.querySelectorAll('.drawn').length > 0 || !document.querySelector('.chart')")
        page.run(f"document.querySelector('{anchor}').scrollIntoView()")
        page.run("new Promise((done) => setTimeout(done, 300))")
        out[name] = page.view(scale=SMALL)
        page.close()
    return out


@pytest.mark.parametrize("name", list(VIEWS))
def test_it_looks_as_it_did(seen, name):
    file = GOLDEN / f"{name}.png"
    if os.environ.get("WEIGH_UPDATE_GOLDEN") == "1":
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(seen[name])
    assert png.difference(png.pixels(seen[name]), png.pixels(file.read_bytes())) < TOLERANCE


def ink(pixels):
    """How much is drawn in each third from top to bottom: mean distance from the third's commonest level."""
    out = []
    for part in np.array_split(pixels.astype(np.int64), THIRDS):
        grey = part.sum(axis=2)
        out.append(float(np.abs(grey - np.bincount(grey.ravel()).argmax()).mean()))
    return out


def alike(a, b):
    """Whether no third has lost, or won, most of what is drawn in it."""
    return all(one <= INK * other and other <= INK * one for one, other in zip(ink(a), ink(b), strict=True))


@pytest.mark.parametrize("name", list(VIEWS))
def test_no_part_of_it_is_blank(seen, name):
    kept = png.pixels((GOLDEN / f"{name}.png").read_bytes())
    assert alike(png.pixels(seen[name]), kept)
    for third in range(THIRDS):
        blanked = kept.copy()
        part = np.array_split(blanked, THIRDS)[third]
        part[:] = part[-1, 0]
        assert not alike(blanked, kept)


def test_another_view_would_be_noticed(seen):
    light = png.pixels(seen["decide-light"])
    assert png.difference(light, png.pixels(seen["checks-light"])) > TOLERANCE
    assert png.difference(light, png.pixels(seen["examine-dark"])) > 10 * TOLERANCE
