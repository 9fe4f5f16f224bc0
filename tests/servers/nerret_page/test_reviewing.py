"""A review in the page: judged to the end in a browser, kept in its file, refused to foreign forms."""

import csv
import io
import json

import httpx
import pytest

from nerret_tools import Document, EntityIndex
from tests.marked import marked

RIGHT = ("Stegosaurus", "Diplodocus", "Velociraptor")
WRONG = ("Oslo", "Lima", "Quito", "Cairo")


@pytest.fixture
def small(tmp_path, serving):
    """The address of a page over seven documents, their folder, and the folder of its reviews."""
    with EntityIndex.open(tmp_path / "small") as index:
        index.add(marked(f"dino {name}", f"A skeleton of {{{name}}}, the dinosaur.") for name in RIGHT)
        index.add(marked(name, f"{{{name}}} is a city.") for name in WRONG)
    with serving(tmp_path / "small", reviews=str(tmp_path / "kept")) as url:
        yield url, tmp_path / "small", tmp_path / "kept"


def test_a_review_is_judged_to_the_end_with_keys(small, browser):
    url, _, kept = small
    page = browser.new_page()
    page.set_default_timeout(180_000)
    page.goto(f"{url}/review")
    page.get_by_label("Type").fill("dinosaur")
    page.get_by_role("button", name="Begin").click()
    judged = []
    while True:
        page.wait_for_selector(".judged")
        if page.locator(".done").count():
            break
        shown = page.locator("[data-document]").get_attribute("data-document")
        assert shown not in judged
        judged.append(shown)
        if len(judged) == 2:  # taken back, and judged again
            page.keyboard.press("u")
            page.wait_for_function("() => document.getElementById('judged').textContent == '2'")
            page.keyboard.press("z")
            page.wait_for_function("() => document.getElementById('judged').textContent == '1'")
        page.keyboard.press("y" if shown.startswith("dino") else "n")
        page.wait_for_function("([n]) => document.getElementById('judged').textContent == n", arg=[str(len(judged))])
        assert "of all right documents are found" in page.locator(".bound").inner_text()
    assert page.locator("#found").inner_text() == "3"
    assert "95%" in page.locator(".done").inner_text() or "nothing is missing" in page.locator(".done").inner_text()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Judgements as CSV").click()
    assert saved.value.suggested_filename == "dinosaur-judgements.csv"
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
    assert {row["document_id"] for row in rows if row["verdict"] == "yes"} == {f"dino {name}" for name in RIGHT}
    page.reload()
    page.wait_for_selector(".done")  # the file goes on where it stopped
    assert (kept / "dinosaur.review.jsonl").is_file()
    page.close()


def test_a_review_of_an_index_that_changed_says_so_and_another_can_begin(small):
    url, place, kept = small
    with httpx.Client(base_url=url, timeout=180) as visitor:
        first = visitor.post("/review", json={"type": "dinosaur", "target": "0.8"})
        assert first.status_code == 200
        assert "80% are wanted" in first.text
        with EntityIndex.open(place) as index:
            index.add([Document(id="new", text="Rome is a city.", spans=[(0, 4)])])
        refused = visitor.post("/review", json={"type": "dinosaur", "do": "yes", "document": "dino Stegosaurus"})
        assert refused.status_code == 409
        assert "The review cannot go on" in refused.text
        assert str(kept) not in refused.text
        assert visitor.post("/review", json={"type": "dinosaur", "number": 2}).status_code == 200
    assert (kept / "dinosaur-2.review.jsonl").is_file()


def test_nothing_is_judged_for_a_foreign_form(small):
    url, _, kept = small
    body = json.dumps({"type": "dinosaur", "do": "next"})
    for headers, status in [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json", "Origin": "https://evil.example"}, 403),
    ]:
        assert httpx.post(f"{url}/review", content=body, headers=headers).status_code == status
    assert httpx.post(f"{url}/review", json=["dinosaur"]).status_code == 400
    assert httpx.post(f"{url}/review", json={"type": "dinosaur", "pad": "x" * 30_000}).status_code == 413
    assert not kept.exists()


def test_a_judgement_that_cannot_be_written_is_told(small):
    url, _, kept = small
    (kept / "dinosaur.review.jsonl").mkdir(parents=True)  # nobody can write there, not even root
    answer = httpx.post(f"{url}/review", json={"type": "dinosaur"}, timeout=180)
    assert answer.status_code == 409
    assert "dinosaur.review.jsonl cannot be written" in answer.text
    assert str(kept) not in answer.text
