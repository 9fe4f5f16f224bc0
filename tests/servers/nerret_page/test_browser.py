"""A real browser: what a visitor sees and does. Each test has a page of its own in one browser."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WAIT = 180_000  # milliseconds

VIEWS = ["/", "/?type=dinosaur", "/document?type=dinosaur&id=long", "/review?type=dinosaur", "/map", "/overview"]


@pytest.fixture
def open_page(browser, address):
    """Opens a view; at the end nothing was asked of anybody else and no script failed."""
    contexts, faults = [], []

    def opened(path="/", width=1200, base=address, **options):
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda one: one.url.startswith((base, "blob:")) or faults.append(one.url))
        page.on("console", lambda one: "Content Security" in one.text and faults.append(one.text))
        page.goto(base + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def ids(page):
    return page.eval_on_selector_all("#rows > .row", "rows => rows.map((row) => row.dataset.id)")


def test_a_visitor_asks_and_scrolls_to_the_end(open_page, engine):
    page = open_page()
    page.get_by_label("Type", exact=True).fill("dinosaur")
    page.keyboard.press("Enter")
    page.wait_for_selector("#rows .row mark")
    expected = [hit.document_id for hit in engine.find("dinosaur").hits]
    assert page.locator("#total").inner_text() == f"{len(expected)}"
    page.wait_for_function("() => (scrollTo(0, document.body.scrollHeight), !document.querySelector('.following'))")
    assert ids(page) == expected
    assert page.locator("aside .what", has_text="Velociraptor").count() == 1


def test_the_counts_move_with_the_cut_off_and_the_list_stops_where_it_is_dropped(open_page, engine):
    page = open_page("/?type=dinosaur")
    slider = page.get_by_label("Where the list stops")
    slider.wait_for()
    before = int(page.locator("#total").inner_text())
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + 20, steps=5)
    moved = int(page.locator("#total").inner_text())
    words = page.locator("#complete").inner_text()
    assert moved < before
    assert "of all that are right to be missing" in words
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('min_relevance')")
    page.wait_for_selector("aside .entities")
    assert int(page.locator("#total").inner_text()) == moved
    cutoff = float(page.evaluate("new URL(location).searchParams.get('min_relevance')"))
    assert engine.find("dinosaur", min_relevance=cutoff, limit=1).total == moved
    page.reload()
    assert int(page.locator("#total").inner_text()) == moved


def test_with_the_keyboard_alone_one_asks_stops_elsewhere_reads_and_goes_on(open_page, engine):
    page = open_page()
    page.keyboard.type("dinosaur")  # the field has the focus
    page.keyboard.press("Enter")
    slider = page.get_by_label("Where the list stops")
    slider.wait_for()
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => location.search.includes('min_relevance')")
    page.goto(page.url.split("&min")[0])
    expected = [hit.document_id for hit in engine.find("dinosaur").hits]
    page.locator("#rows .id").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#here")
    assert page.evaluate("new URL(location).searchParams.get('id')") == expected[0]
    page.keyboard.press("n")
    page.wait_for_url(f"**id={expected[1]}*")
    assert page.get_by_text(f"2 of {len(expected)}").is_visible()
    page.keyboard.press("p")
    page.wait_for_url(f"**id={expected[0]}*")
    page.keyboard.press("Escape")
    page.wait_for_selector("#rows .row")


def test_a_megabyte_is_read_in_parts_with_its_mentions_marked(open_page):
    page = open_page("/document?type=dinosaur&id=long")
    assert page.locator("mark#here").inner_text() == "Triceratops"
    assert page.locator(".full-text").evaluate("one => one.textContent.length") < 40_000
    page.get_by_text("All 24 places").click()
    page.locator(".places a").last.click()
    page.wait_for_selector("#here")
    assert page.locator("#here").evaluate("one => one.getBoundingClientRect().top") < 800
    page.get_by_role("link", name="Earlier part").click()
    page.get_by_role("link", name="Later part").wait_for()


def test_a_hostile_corpus_does_nothing(open_page):
    for path in ("/?type=dinosaur&min_relevance=0&where=kind%3Dhostile", "/entities?type=dinosaur"):
        page = open_page(path)
        page.wait_for_load_state("networkidle")
        assert page.title() != "taken"
        assert page.locator("img").count() == 0
    page = open_page("/?type=dinosaur&min_relevance=0&where=kind%3Dhostile")
    page.locator("#rows .id").click()
    page.wait_for_selector("#here")
    assert "<script>" in page.locator(".full-text").inner_text()
    assert page.locator("script:not([src])").count() == 0


@pytest.mark.parametrize("path", VIEWS)
def test_it_fits_a_telephone(open_page, path):
    page = open_page(path, width=390)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_is_dark_where_the_visitor_likes_it_dark(open_page):
    shades = []
    for scheme in ("light", "dark"):
        page = open_page("/?type=dinosaur", color_scheme=scheme)
        shades.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    light, dark = (int(shade.removeprefix("rgb(").split(",")[0]) for shade in shades)
    assert light > 200
    assert dark < 60


def test_a_region_of_the_map_lists_its_mentions_and_proposes_types(open_page):
    page = open_page("/map?type=dinosaur")
    page.wait_for_selector("#map[data-ready]")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + min(box["height"], 790 - box["y"]) - 2, steps=4)
    page.mouse.up()
    page.wait_for_selector("#region .named")
    drawn = page.locator("#rubber").bounding_box()  # lies where the pointer went
    assert abs(drawn["y"] - box["y"] - 2) < 3
    assert abs(drawn["y"] + drawn["height"] - box["y"] - min(box["height"], 790 - box["y"]) + 2) < 3
    page.locator("#map").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#region').textContent.includes('Velociraptor')")
    page.locator("#region .chip").first.click()
    page.wait_for_selector("#total")


@pytest.mark.parametrize("path", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page, path, scheme):
    script = ROOT / ".node" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip("needs axe-core: run scripts/install-node")
    page = open_page(path, color_scheme=scheme)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => document.querySelectorAll('main details').forEach((one) => { one.open = true })")
    page.evaluate(script.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in serious] == []
