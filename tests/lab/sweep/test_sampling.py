"""Mentions and pairs: as many as asked for, of the kinds that were asked for."""

import numpy as np
import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.lab.sweep.sampling import MentionSample, collect_mentions, draw_pairs, draw_sample
from nerret_tools.lab.sweep.separation import area_under_curve, cosines
from nerret_tools.reading.labelled.documents import LabelledDocument, LabelledEntity


def document(number, *marked):
    text = " ".join(word for word, _ in marked)
    entities, start = [], 0
    for word, labels in marked:
        entities += [LabelledEntity(start=start, end=start + len(word), type=label) for label in labels.split()]
        start += len(word) + 1
    return LabelledDocument(id=str(number), text=text, entities=entities)


@pytest.fixture(scope="module")
def documents():
    made = [document(n, (f"a{n % 3}", "A"), ("und", ""), (f"b{n}", "B")) for n in range(8)]
    made += [document(8 + n, (f"c{n}", "C"), (f"x{n}", "A B")) for n in range(5)]
    return [*made, document(13, ("d", "D"))]


def test_types_in_too_few_documents_are_left_out_and_spans_with_two_labels_are_of_none(documents):
    mentions, left_out = collect_mentions(documents, ["A", "B", "C", "D"], sentences=5)
    assert [(one.label, len(one.by_document)) for one in mentions] == [("A", 8), ("B", 8), ("C", 5)]
    assert left_out == ["D"]
    with pytest.raises(DataFileError, match="1 of 2 types are in 6 documents or more"):
        collect_mentions(documents, ["A", "C"], sentences=6)


def test_a_sample_has_so_many_documents_of_so_many_types_each_once(documents):
    mentions, _ = collect_mentions(documents, ["A", "B", "C"], sentences=5)
    sample = draw_sample(documents, mentions, types=2, sentences=5, random=np.random.default_rng(1))
    assert len(sample) == 10
    for label in np.unique(sample.labels):
        rows = sample.labels == label
        assert len(np.unique(sample.documents[rows])) == rows.sum() == 5
    for number, (start, end), label in zip(sample.documents, sample.spans, sample.labels, strict=True):
        assert documents[number].text[start:end].startswith(mentions[label].label.lower())
    again = draw_sample(documents, mentions, types=2, sentences=5, random=np.random.default_rng(1))
    np.testing.assert_array_equal(sample.documents, again.documents)
    other = draw_sample(documents, mentions, types=9, sentences=5, random=np.random.default_rng(2))
    assert len(np.unique(other.labels)) == 3


def test_pairs_are_balanced_from_two_documents_and_with_two_names_where_asked():
    random = np.random.default_rng(3)
    sample = MentionSample(
        documents=random.integers(30, size=40),
        spans=np.zeros((40, 2), dtype=np.int64),
        labels=np.repeat(np.arange(4), 10),
        surfaces=random.integers(9, size=40),
    )
    for different in (False, True):
        same, across = draw_pairs(sample, random, different_surfaces=different)
        assert len(same) == len(across) > 100
        assert (sample.labels[same[:, 0]] == sample.labels[same[:, 1]]).all()
        assert (sample.labels[across[:, 0]] != sample.labels[across[:, 1]]).all()
        both = np.concatenate([same, across])
        assert len(np.unique(both, axis=0)) == len(both)
        assert (sample.documents[both[:, 0]] != sample.documents[both[:, 1]]).all()
        repeated = (sample.surfaces[both[:, 0]] == sample.surfaces[both[:, 1]]).any()
        assert repeated != different


def test_area_under_curve_counts_pairs_the_slow_way():
    random = np.random.default_rng(4)
    positive, negative = random.integers(6, size=50) / 5, random.integers(5, size=40) / 5
    wins = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    assert area_under_curve(positive, negative) == pytest.approx(wins / 2000)
    assert area_under_curve(np.array([2.0]), np.array([1.0])) == 1


def test_cosines_are_centred_and_bear_a_vector_of_length_zero():
    vectors = np.array([[3.0, 4.0], [3.0, 5.0], [3.0, 9.0]])
    np.testing.assert_allclose(cosines(vectors, centred=True), [[1, 1, -1], [1, 1, -1], [-1, -1, 1]])
    np.testing.assert_allclose(cosines(vectors, centred=False)[0, 0], 1)
    assert cosines(np.array([[0.0, 0.0], [1.0, 0.0]]), centred=False).tolist() == [[0, 0], [0, 1]]
