"""Development checks on the wording of a type: do its wordings agree, and does a modifier count?"""

import json

import pytest
from typer.testing import CliRunner

from nerret_tools.lab.training import modifiers, span_exactness, stability
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.lab.training.typed import TypedText, TypeRelations, is_held_back


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([{"a", "b"}, {"a", "b"}, {"a", "b"}], 1.0),
        ([{"a", "b"}, {"a"}, {"a"}], (0.5 + 0.5 + 1) / 3),
        ([set(), set(), {"a"}], 1 / 3),
    ],
)
def test_lists_overlap_pair_by_pair(lists, expected):
    assert stability.overlap(lists) == pytest.approx(expected)


def test_the_lists_of_three_wordings_are_compared(tmp_path):
    lines = [
        {"id": "r", "text": "Barges go down the Loire.", "entities": [{"start": 19, "end": 24, "type": "river"}]},
        {"id": "n", "text": "It rained, and nobody wanted to go out.", "entities": []},
    ]
    (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "types.json").write_text(json.dumps({"river": "river"}))
    app = stability.typer.Typer()
    app.command()(stability.main)
    result = CliRunner().invoke(app, [str(tmp_path / "data.jsonl"), str(tmp_path / "types.json")])
    assert result.exit_code == 0, result.output
    assert "river: 1, 1, 1" in result.output
    assert "overlap 1.000 over 1 types" in result.output
    assert stability.wordings("city") == ["city", "cities", "names of cities"]


def test_a_modified_type_has_texts_with_the_same_noun_and_another_modifier(noun_file):
    def text(name, *types):
        return TypedText(name, name, ((0, len(name)),), (types,), complete=True)

    german = [text(name, "German skipper", "skipper") for name in ("Ole", "Ida")]
    french = [text(name, "French skipper", "skipper") for name in ("Jean", "Anne", "Luc")]
    other = [text("otter", "otter"), text("Kim", "skipper")]
    texts = [*german, *french, *other]
    relations = TypeRelations(texts, read_wordnet(noun_file, min_members=1))
    [found] = modifiers.modified_types(texts, relations)
    assert found.name == "German skipper"
    assert (found.right, found.sisters) == ([0, 1], [2, 3, 4])
    assert found.wrong == [2, 3, 4, 5]  # of Kim nobody knows


def test_the_names_of_marked_phrases_are_judged_alone():
    text = 'He read the "New York Times" on the old bridge of Rome in May 2006 .'

    def place(words):
        return text.index(words), text.index(words) + len(words)

    phrases = ['the "New York Times"', "the old bridge of Rome", "May 2006"]
    marked = span_exactness.names_alone(text, [place(one) for one in phrases])
    assert marked.right == {place("New York Times")}
    paper, rome, times, read = place("New York Times"), place("Rome"), place("Times"), place("read")
    assert span_exactness.exactness([marked], [[paper, rome]]) == (1, 1, 1)
    assert span_exactness.exactness([marked], [[times, rome, read]]) == (0, 0, 0)
    assert span_exactness.exactness([marked], [[paper, times]]) == pytest.approx((1 / 2, 1, 2 / 3))


def test_detected_spans_are_compared_with_the_marked_ones(tmp_path):
    line = {"id": "1", "text": "Barges go down the Loire.", "complete": True}
    ids = [number for number in range(200) if is_held_back(str(number))][:3]
    typed = [{**line, "id": str(number), "entities": [{"start": 19, "end": 24, "types": ["river"]}]} for number in ids]
    gum = {"id": "g", "text": line["text"], "entities": [{"start": 15, "end": 24, "type": "place"}]}
    for file, lines in (("typed/annotated", typed), ("typed/written", typed), ("dev-domains/gum/all", [gum])):
        path = tmp_path / f"{file}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(map(json.dumps, lines)))
    app = span_exactness.typer.Typer()
    app.command()(span_exactness.main)
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "annotated: 3 texts, thresholds 0.03 / 0.3: " in result.output
    assert "names of GUM: 1 texts, thresholds 0.3 / 0.7: precision" in result.output
    assert result.output.count("recall 1.000") == 12
