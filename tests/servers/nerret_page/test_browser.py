"""A real browser: what a visitor sees and does. Each test has a page of its own in one browser."""

from __future__ import annotations

import pytest

WAIT = 30_000  # milliseconds


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
    page.get_by_label("Type").fill("dinosaur")
    page.keyboard.press("Enter")
    page.wait_for_selector("#rows .row mark")
    expected = [hit.document_id for hit in engine.find("dinosaur").hits]
    assert page.locator("#total").inner_text() == f"{len(expected)}"
    page.wait_for_function("() => (scrollTo(0, document.body.scrollHeight), !document.querySelector('.following'))")
    assert ids(page) == expected
    assert page.locator("aside .what", has_text="Velociraptor").count() == 1
