"""No serious or critical violation of the rules of axe-core (WCAG 2.2 A and AA), everything unfolded."""

from pathlib import Path

import pytest

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
RUN = f"""axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations', 'incomplete']}})
  .then((found) => ['violations', 'incomplete'].map((kind) => found[kind]
    .filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => [v.id, v.help, v.nodes.map((n) => n.html.slice(0, 200))])))"""
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; }); 1"

UNDECIDED = {"color-contrast": "<text "}
"""What axe leaves open: rule → how every element it leaves open begins.

It does not look behind the text of an SVG. A drawing has the colours of the text of the page, which
it does look behind.
"""


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (360, True)], ids=["desk-light", "phone-dark"])
@pytest.mark.parametrize("view", ["#decide", "#examine"])
def test_no_serious_violation(chrome, reports, view, width, dark):
    page = chrome.page(reports["full"] + view, width=width, height=900, dark=dark)
    assert page.drawn() > 1
    page.run(AXE.read_text(encoding="utf-8") + "; 1")
    page.run(UNFOLD)
    violations, undecided = page.run(RUN)
    assert violations == []
    told = [(rule, node) for rule, _, nodes in undecided for node in nodes]
    assert [one for one in told if not one[1].startswith(UNDECIDED.get(one[0], "\0"))] == []
    page.close()
