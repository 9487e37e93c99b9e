"""What stands inside script elements: data that cannot end its element, and code under its digest."""

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

from weigh.render.escape import interoperable
from weigh.render.markup import Markup, raw, tag

_IN_SCRIPT = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
"""Characters that mean something to HTML or to old script readers; JSON may write any as `\\u`."""

LIBRARY = ("vendor", "charts.js")
OWN = ("page.js",)


def data(value: Any, *, name: str | None = None) -> Markup:
    """JSON in a script element that no browser runs and no text inside can end (HTML 4.12.1).

    Args:
        value: in the JSON data model; a number that is not finite is refused.
        name: id of the element.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return tag("script", raw(interoperable(text).translate(_IN_SCRIPT)), type="application/json", id=name)


def script(*path: str) -> str:
    """A script of this package, as its text."""
    return files("weigh.render").joinpath(*path).read_text(encoding="utf-8")


def source(text: str) -> str:
    """How a content policy names one inline script: by the digest of its text (CSP level 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
