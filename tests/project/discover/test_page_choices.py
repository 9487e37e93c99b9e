"""Lists of a page from which a person picks a model."""

import pytest

from weigh.core.usage import Certainty, Role
from weigh.project.discover.javascript import read_javascript


def uses(page: str, path: str = "index.html") -> list[tuple[int, str, Certainty]]:
    found = read_javascript(page.encode(), path, Role.RUNTIME).uses
    return [(use.place.line, use.ref, use.certainty) for use in found]


def test_one_known_model_makes_a_list_one_of_models() -> None:
    page = (
        "<select id='pick'>\n<option value='Xenova/gte-small'>a</option>\n"
        "<option selected value=\"acme/gte-onnx\">model</option>\n<option value='none'>-</option></select>"
    )
    assert uses(page) == [
        (2, "hf:Xenova/gte-small", Certainty.LOOKS),
        (3, "hf:acme/gte-onnx", Certainty.LOOKS),
    ]


def test_a_list_that_is_called_after_models() -> None:
    page = '<select name="model-name"><option value="acme/gte-onnx">model</option></select>'
    assert uses(page) == [(1, "hf:acme/gte-onnx", Certainty.KEY)]


@pytest.mark.parametrize(
    "page",
    [
        '<select id="kind"><option value="image/png">model</option><option value="acme/x">b</select>',
        '<select id="zone"><option value="Europe/Berlin">model</option></select>',
        '<select id="page"><option value="docs/model">model</option></select>',
        '<p>model <option value="acme/alone"></p>',
    ],
)
def test_other_lists_name_nothing(page: str) -> None:
    assert uses(page) == []


def test_components_have_such_lists_too() -> None:
    page = '<template><select v-model="llmModel"><option value="acme/chat-7b">x</option></select></template>'
    assert uses(page, "Pick.vue") == [(1, "hf:acme/chat-7b", Certainty.KEY)]
