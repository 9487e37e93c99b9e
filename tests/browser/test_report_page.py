"""The report page as a person meets it: in a browser, with and without script, small, dark, on paper."""

import full_report
import pytest

SELECTED = "document.querySelector('[role=tab][aria-selected=true]').textContent"
SHOWN = "[...document.querySelectorAll('.panel')].filter((p) => p.offsetParent).map((p) => p.id).join()"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def opened(chrome, reports):
    pages = []

    def opening(name, anchor="", **options):
        page = chrome.page(reports[name] + anchor, **options)
        pages.append(page)
        return page

    yield opening
    for page in pages:
        page.close()


@pytest.mark.parametrize("name", ["full", "hostile", "bare"])
@pytest.mark.parametrize("view", ["", "#examine"])
def test_a_report_draws_every_chart_asks_nobody_and_complains_of_nothing(opened, name, view):
    page = opened(name, view)
    charts = page.run("document.querySelectorAll('.panel:not([hidden]) .chart').length")
    assert page.drawn() == charts
    assert (charts > 1) == (name == "full" or (name == "hostile" and bool(view)))
    assert [url for url in page.requests() if not url.startswith("file:") or ".html" not in url] == []
    assert len(page.requests()) == 1
    assert page.trouble() == []


def test_the_content_policy_stops_a_script_that_slipped_in(opened):
    page = opened("full")
    page.run(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    assert page.run("window.ran ?? 0") == 0
    assert any("Content Security Policy" in str(t) for t in page.trouble())
    # Evaluated as the page itself would: a string that would become code is refused.
    assert (
        page.run("(() => { try { return new Function('return 1')() } catch (e) { return e.name } })()")
        == "EvalError"
    )


def test_no_text_of_a_stranger_became_markup(opened):
    page = opened("hostile", "#examine")
    page.drawn()
    assert (
        page.run(
            "document.querySelectorAll('img, iframe, svg script, foreignObject, [onerror], [onload]').length"
        )
        == 0
    )
    assert page.run("document.scripts.length") == page.run(
        "document.querySelectorAll('script[type=\"application/json\"]').length + 2"
    )
    titles = page.run("[...document.querySelectorAll('.drawing text')].map((t) => t.textContent.length)")
    assert titles
    assert max(titles) <= 80


def test_tabs_follow_the_pointer(opened):
    page = opened("full")
    assert (page.run(SELECTED), page.run(SHOWN)) == ("Decide", "decide")
    page.click("#tab-examine")
    page.until(f"{SELECTED} === 'Examine'")
    assert page.run(SHOWN) == "examine"
    assert page.run("location.hash") == "#examine"


def test_tabs_follow_the_keyboard(opened):
    page = opened("full")
    page.run("document.querySelector('#tab-decide').focus()")
    for key, wanted in [
        ("ArrowRight", "Examine"),
        ("ArrowRight", "Decide"),
        ("ArrowLeft", "Examine"),
        ("Home", "Decide"),
        ("End", "Examine"),
    ]:
        page.key(key)
        assert page.run(SELECTED) == wanted
        assert page.run("document.activeElement.textContent") == wanted
        assert (
            page.run("[...document.querySelectorAll('[role=tab]')].filter((t) => t.tabIndex === 0).length")
            == 1
        )
    assert page.run(SHOWN) == "examine"


def test_a_link_opens_the_view_and_the_fold_it_leads_into(opened):
    page = opened("full", "#evidence")
    assert page.run(SHOWN) == "examine"
    folded = page.run("document.querySelector('.folded article').id")
    page.run(f"location.hash = '#{folded}'")
    page.until(f"document.querySelector('#{folded}').closest('.folded').querySelector('details').open")
    page.run("location.hash = '#answer'")
    page.until(f"{SHOWN} === 'decide'")
    page.run("location.hash = '#%E0%A4%A'")
    page.run("location.hash = '#nothing-of-that-name'")
    assert page.run(SHOWN) == "decide"
    assert page.trouble() == []


def test_a_reader_hears_what_a_tab_controls(opened):
    page = opened("full")
    tree = page.call("Accessibility.getFullAXTree")["nodes"]
    named = {(n["role"]["value"], n.get("name", {}).get("value")) for n in tree if "role" in n}
    assert {("tab", "Decide"), ("tab", "Examine"), ("tablist", "Views"), ("tabpanel", "Decide")} <= named
    page.drawn()
    tree = page.call("Accessibility.getFullAXTree")["nodes"]
    drawings = [n["name"]["value"] for n in tree if n.get("role", {}).get("value") == "image"]
    assert len(drawings) == 2
    assert all("Lowest: " in d and "The table has every number." in d for d in drawings)


@pytest.mark.parametrize("name", ["full", "hostile"])
@pytest.mark.parametrize("view", ["", "#examine"])
def test_nothing_moves_sideways_on_a_phone(opened, name, view):
    page = opened(name, view, width=360, height=740)
    page.drawn()
    assert page.run(SIDEWAYS) == 0
    too_wide = (
        "[...document.querySelectorAll('.drawing svg')].filter((s) => s.getBoundingClientRect().width > 340)"
    )
    assert page.run(f"{too_wide}.length") == 0


def test_charts_fit_again_when_the_window_changes(opened):
    page = opened("full", width=1200)
    page.drawn()
    wide = page.run("document.querySelector('.drawing svg').getBoundingClientRect().width")
    page.size(400, 800)
    page.until(f"document.querySelector('.drawing svg').getBoundingClientRect().width < {wide - 50}")
    assert page.run(SIDEWAYS) == 0


def test_colours_of_page_and_charts_follow_the_scheme_without_drawing_again(opened):
    page = opened("full")
    page.drawn()
    colour = "getComputedStyle(document.querySelector('.drawing svg .mark-line path')).stroke"
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.run(colour), page.run(ground)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    dark = page.run(colour), page.run(ground)
    assert light == ("rgb(36, 89, 184)", "rgb(251, 250, 248)")
    assert dark == ("rgb(130, 177, 255)", "rgb(20, 23, 26)")


def test_without_script_both_views_stand_there_with_their_tables(opened):
    page = opened("full", script=False)
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert page.run(SHOWN) == "decide,examine"
    assert page.run("document.querySelectorAll('[role=tab]').length") == 0
    assert page.run("[...document.querySelectorAll('.chart')].filter((c) => c.offsetParent).length") == 0
    assert page.run("document.querySelectorAll('table').length") > 10
    assert page.run(
        "[...document.querySelectorAll('.view')].every((h) => h.getBoundingClientRect().height > 10)"
    )
    assert page.run(SIDEWAYS) == 0


def test_paper_gets_both_views_in_light_with_every_chart(opened):
    page = opened("full", dark=True)
    pdf = page.printed()
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert page.run("[...document.querySelectorAll('.chart')].every((c) => c.querySelector('svg'))")
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.run(SHOWN) == "decide,examine"
    assert page.run("getComputedStyle(document.querySelector('.headline')).color") == "rgb(23, 105, 58)"
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_every_kind_of_picture_has_its_marks(opened):
    page = opened("full", "#checks")
    page.drawn()
    marks = page.run(
        """Object.fromEntries([...document.querySelectorAll('#checks figure')].map((figure) => [
          figure.querySelector('figcaption').textContent,
          ['symbol', 'rect', 'line', 'area', 'rule', 'text'].filter((kind) =>
            figure.querySelector(`svg .mark-${kind}.role-mark`)).join()]))"""
    )
    kinds = {
        answer.pictures[0].title: answer.pictures[0].kind
        for answer in full_report.FULL.answers
        if answer.pictures
    }
    wanted = {
        "dots": "symbol,rule",
        "line": "symbol,line,area",
        "reliability": "symbol,line,area",
        "bars": "rect,rule",
        "matrix": "rect,text",
    }
    assert {str(kind) for kind in kinds.values()} == set(wanted)
    for title, seen in marks.items():
        kind = next(kind for start, kind in kinds.items() if title.startswith(start))
        assert set(wanted[kind].split(",")) <= set(seen.split(",")), (title, seen)
