import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from sample_report import HOSTILE, UNPAIRED

from weigh.render import embedded

VENDOR = Path(str(files("weigh.render"))) / "vendor"
json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(json_values)
def test_what_is_put_in_comes_out_and_no_character_of_it_acts(value):
    made = embedded.data(value)
    inside = made.removeprefix('<script type="application/json">').removesuffix("</script>\n")
    assert not set(inside) & set("<>&\u2028\u2029")
    assert json.loads(inside) == value


@pytest.mark.parametrize("text", [HOSTILE, "</script>", "<!--<script>", "]]>", "\u2028"])
def test_hostile_text_stays_data(text):
    inside = embedded.data({"name": text}).removeprefix('<script type="application/json">')
    assert inside.index("<") == inside.index("</script>")
    assert json.loads(inside[: inside.index("<")]) == {"name": text}


def test_text_without_a_utf8_form_is_written_with_escapes():
    embedded.data([UNPAIRED]).encode("utf-8")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_json_does_not_have_is_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        embedded.data([value])


@pytest.mark.parametrize("path", [embedded.LIBRARY, embedded.OWN])
def test_a_script_can_stand_in_a_page_and_keep_its_digest(path):
    text = embedded.script(*path)
    assert text.isascii()
    assert not re.search(r"</script|<!--|\r|\x00", text, re.IGNORECASE)


def test_our_own_script_writes_no_markup_and_evaluates_nothing():
    text = embedded.script(*embedded.OWN)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch|import\(", text
    )


def test_the_library_is_the_file_its_readme_describes_with_its_licences_inside():
    bundle = (VENDOR / "charts.js").read_bytes()
    readme = (VENDOR / "README.md").read_text(encoding="utf-8")
    licences = (VENDOR / "LICENSES").read_text(encoding="utf-8")
    assert hashlib.sha256(bundle).hexdigest() in readme
    assert licences.replace("*/", "* /") in bundle.decode()
    for name in ("vega 6", "vega-lite 6", "vega-interpreter 2"):
        library, major = name.split()
        version = re.search(rf"\| {library} \| ({major}\.[\d.]+) \|", readme)
        assert version, name
        if library != "vega":
            assert f"{library} {version[1]} (BSD-3-Clause)" in licences
