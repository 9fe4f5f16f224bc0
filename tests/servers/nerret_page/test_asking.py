"""The list of the page is the engine's list, and what cannot be asked is told."""

import html
import re
from urllib.parse import quote

import pytest


def ids_in(text):
    return [html.unescape(one) for one in re.findall(r'<li class="row" data-id="([^"]*)"', text)]


def following(text):
    found = re.search(r'data-next="([^"]+)"', text)
    return None if found is None else html.unescape(found[1])


@pytest.mark.parametrize("where", ["", "hall=3", '{"hall": {"$gte": 12}}'])
def test_all_pages_together_are_the_engines_list(visit, engine, where):
    conditions = {"": None, "hall=3": {"hall": 3}}.get(where, {"hall": {"$gte": 12}})
    expected = [hit.document_id for hit in engine.find("dinosaur", min_relevance=0, where=conditions).hits]
    path = f"/?type=dinosaur&min_relevance=0&where={quote(where)}"
    listed = []
    while path is not None:
        text = visit(path).text
        listed += ids_in(text)
        path = following(text)
    assert listed == expected


def test_a_row_shows_the_mention_its_relevance_and_why(visit):
    text = visit("/?type=dinosaur").text
    assert re.search(r"<mark>(Microraptor|Stegosaurus|Diplodocus|Triceratops|Velociraptor)</mark>", text)
    assert re.search(r'<rect class="full" width="\d', text)
    assert "Words around it" in text


def test_entities_are_listed_once_with_their_documents(visit, engine):
    text = visit("/entities?type=dinosaur").text
    assert text.count('<span class="what" dir="auto">Diplodocus</span>') == 1
    assert f"{engine.entities('dinosaur').total} entities" in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("type=dinosaur&min_relevance=much", "is not a number"),
        ("type=dinosaur&min_relevance=7", "is not between 0 and 1"),
        ("type=dinosaur&where=hall", "a filter is key=value"),
        ("type=dinosaur&where=%7Bhall", "not valid JSON"),
        ("type=%21%21", "type"),
    ],
)
def test_what_cannot_be_asked_is_told(visit, query, words):
    answer = visit(f"/?{query}")
    assert answer.status_code == 400
    assert words in html.unescape(answer.text)
    assert "Traceback" not in answer.text


def test_a_cursor_of_another_list_is_refused_with_a_way_on(visit):
    cursor = re.search(r"cursor=([^&\"]+)", following(visit("/?type=dinosaur").text))[1]
    answer = visit(f"/rows?type=airline&cursor={cursor}")
    assert answer.status_code == 409
    assert "has changed" in answer.text
