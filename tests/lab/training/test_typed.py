"""Free-text types: what a listed type says of another one, and batches in which a modifier counts."""

import pytest

from nerret_tools.encoding.sentences import sentence_ranges
from nerret_tools.errors import DataFileError
from nerret_tools.lab.training.type_names import implied, other_ways, parse_type
from nerret_tools.lab.training.typed import FALSE, TRUE, UNKNOWN, TypedExamples, TypeRelations, is_held_back, read_typed


def test_passages_are_read_sentence_by_sentence_and_a_part_is_held_back(typed_file, tmp_path):
    texts, held = (read_typed([typed_file], sentence_ranges, held_back=back) for back in (False, True))
    assert all(is_held_back(one.id) for one in held)
    assert len(held) + len(texts) == 20 * 5
    assert 0 < len(held) < len(texts)
    assert {one.text for one in texts if "Ole" in one.text} == {"Ole left.", "An otter bit Ole."}
    assert all(one.text[a:b] in ("otter", "Ole") for one in texts if "otter" in one.text for a, b in one.spans)
    with pytest.raises(DataFileError, match=r"nothing\.jsonl cannot be read"):
        read_typed([tmp_path / "nothing.jsonl"], sentence_ranges)


@pytest.mark.parametrize(
    ("asked", "listed", "expected"),
    [
        ("tram maker", ["German tram maker"], TRUE),
        ("French tram maker", ["German tram maker"], FALSE),
        ("kayak maker", ["German tram maker"], FALSE),
        ("German kayak maker", ["German tram maker"], FALSE),
        ("German maker", ["tram maker", "maker"], UNKNOWN),
        ("female skipper", ["skipper"], UNKNOWN),
        ("female skipper", ["male skipper", "skipper"], FALSE),
        ("animal", ["river otter"], TRUE),
        ("otter", ["animal"], UNKNOWN),
        ("bream", ["otter", "animal"], FALSE),
        ("tram", ["animal"], FALSE),
        ("skipper from France", ["German skipper"], FALSE),
    ],
)
def test_what_a_listed_type_says_of_another(typed_file, taxonomy, asked, listed, expected):
    relations = TypeRelations(read_typed([typed_file], sentence_ranges), taxonomy)
    assert relations.judge(asked, listed) == expected


def test_subjects_that_one_mention_has_both_do_not_exclude_each_other(typed_file, taxonomy):
    texts = read_typed([typed_file], sentence_ranges)
    both = texts[0].__class__("x", "Both", ((0, 4),), (("tram maker", "kayak maker"),), False)
    assert TypeRelations([*texts, both], taxonomy).judge("kayak maker", ["German tram maker"]) == UNKNOWN


def test_a_batch_compares_makers_with_makers(typed_file, taxonomy):
    examples = TypedExamples(
        read_typed([typed_file], sentence_ranges), taxonomy, sentences=6, types=7, noise=0.5, seed=1
    )
    batch = examples.draw(0)
    assert len(batch.texts) == 6
    assert batch.positive.shape == batch.unknown.shape == (7, sum(len(one.spans) for one in batch.texts))
    assert batch.positive.any()
    assert not (batch.positive & batch.unknown).any()
    assert all(one.text[a:b] for one in batch.texts for a, b in one.spans)


def test_a_corpus_smaller_than_a_batch_gives_what_it_has(typed_file, taxonomy):
    texts = read_typed([typed_file], sentence_ranges)[:3]
    batch = TypedExamples(texts, taxonomy, sentences=500, types=500, noise=0, seed=1).draw(7)
    assert sorted(one.text for one in batch.texts) == sorted(one.text for one in texts if one.spans)
    assert len(batch.anchors) == len({name for text in texts for types in text.types for name in types})


def test_a_name_is_taken_apart():
    parsed = parse_type("19th-century German car maker in Bremen")
    assert (parsed.head, parsed.nation, parsed.century, parsed.subject) == ("maker", "Germany", "19", "car")
    assert parsed.kind == "car maker"
    assert parse_type("town in southern France").nation == "France"
    assert list(implied("toy gun")) == []
    assert list(implied("German car maker")) == ["car maker", "maker"]
    assert other_ways("German politician") == ["politician from Germany"]
    assert other_ways("female politician") == ["politician who is a woman"]
    assert other_ways("chip maker") == ["company that makes chips"]
    assert other_ways("German chip maker") == ["chip maker from Germany", "German company that makes chips"]
