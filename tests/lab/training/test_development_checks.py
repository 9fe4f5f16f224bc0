"""Development checks on the wording of a type: do its wordings agree, and does a modifier count?"""

import json

import pytest
from typer.testing import CliRunner

from nerret_tools.lab.training import modifiers, stability
from nerret_tools.lab.training.taxonomy import read_wordnet
from nerret_tools.lab.training.typed import TypedText, TypeRelations


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
