"""Files and calls that give the list that is seen, and what an index says of itself."""

import csv
import html
import io
import json
import re
from urllib.parse import quote

from nerret_page.export import calls
from nerret_page.question import Question
from nerret_tools import EntityQuery


def test_the_files_hold_the_whole_list_in_order(visit, engine):
    expected = [hit.document_id for hit in engine.find("dinosaur").hits]
    table = visit("/export.csv?type=dinosaur")
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [row["document_id"] for row in rows] == expected
    assert {row["mention"] for row in rows} >= {"Microraptor", "Stegosaurus"}
    lines = visit("/export.jsonl?type=dinosaur").text.split("\n")[:-1]
    assert [json.loads(line)["document_id"] for line in lines] == expected


def test_downloads_are_named_safely(visit):
    for entity_type in ("../../etc/passwd", 'x"; filename="evil.exe', "Ünicode\r\nSet-Cookie: a=b", "авиакомпания"):
        answer = visit(f"/export.csv?type={quote(entity_type)}&min_relevance=0.99")
        assert answer.status_code == 200
        assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.csv"', answer.headers["Content-Disposition"])
        assert "Set-Cookie" not in answer.headers


def test_a_file_of_what_cannot_be_asked_is_refused(visit):
    assert visit("/export.csv?type=dinosaur&min_relevance=7").status_code == 400


def test_the_calls_ask_what_the_page_asks():
    question = Question.of(
        {"type": "it's a bird", "none": "parrot\n\nowl", "where": "year=1990", "min_relevance": "0.25"}
    )
    shown = calls(question)
    expected = EntityQuery(all_of=("it's a bird",), none_of=("parrot", "owl"))
    assert question.asked == expected
    assert repr(expected) in shown["In a program"]
    assert "min_relevance=0.25" in shown["In a program"]
    compile(shown["In a program"], "call", "exec")
    line = shown["On the command line"]
    assert line.startswith("nerret find 'it'\"'\"'s a bird' --index DIR")
    assert line.endswith("--none parrot --none owl --where year=1990 --min-relevance 0.25")
    arguments = json.loads(shown["By an agent, over MCP"].removeprefix("find_documents_with_entity_type(")[:-1])
    assert arguments["none_of"] == ["parrot", "owl"]
    assert arguments["where"] == {"year": 1990}


def test_a_combination_is_the_engines(visit, engine):
    asked = EntityQuery(all_of=("dinosaur",), none_of=("city",))
    expected = [hit.document_id for hit in engine.find(asked, limit=25).hits]
    text = visit("/?type=dinosaur&none=city").text
    assert re.findall(r'data-id="([^"]*)"', text)[:5] == expected[:5]
    assert "dinosaur but not city" in text


def test_no_answer_names_a_path_of_this_machine(visit, world):
    paths = ["/", "/?type=dinosaur", "/overview", "/contents", "/document?id=long&type=dinosaur", "/document?id=none"]
    for path in paths:
        assert str(world) not in html.unescape(visit(path).text)


def test_an_index_explains_itself(visit, engine):
    text = html.unescape(visit("/contents").text)
    stats = engine.stats()
    assert f"0 of {stats.documents} documents name nothing" in text
    for words in ("Living Thing", "Diplodocus", "Latin", "hall", "under 200", "100,000 and more"):
        assert words in text
    assert ">dinosaur</a>" in text
    assert f"{stats.documents} documents" in visit("/overview").text
