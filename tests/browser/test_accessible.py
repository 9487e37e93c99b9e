"""No serious or critical violation of the rules of axe-core (WCAG 2.2 A and AA) in either view."""

from pathlib import Path

import pytest

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
RUN = f"""axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations']}})
  .then((found) => found.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200))]))"""


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (360, True)], ids=["desk-light", "phone-dark"])
@pytest.mark.parametrize("view", ["#decide", "#examine"])
def test_no_serious_violation(chrome, reports, view, width, dark):
    page = chrome.page(reports["full"] + view, width=width, height=900, dark=dark)
    assert page.drawn() > 1
    page.run(AXE.read_text(encoding="utf-8") + "; 1")
    assert page.run(RUN) == []
    page.close()
