"""Gold spans taken away from what is ranked."""

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.representations import read_gold_mentions
from nerret_tools.lab.evaluation.sensitivity import take_spans_away


def test_spans_go_step_by_step_from_the_ranking_of_an_index_of_all(small_world, tmp_path):
    data = read_labelled(*small_world)
    with EntityIndex.open(tmp_path / "index") as index:
        index.add(Document(id=one.id, text=one.text, spans=one.gold_spans()) for one in data.documents)
        points = take_spans_away(data, read_gold_mentions(index.load_model(), data))
        found = index.rank_many(list(data.types.values()))
    assert [point.kept for point in points] == pytest.approx([1, 11 / 12, 11 / 12, 10 / 12, 8 / 12])
    shares = []
    for label, ranking in zip(data.types, found, strict=True):
        relevant = data.relevant[label]
        shares.append(len(relevant.intersection(ranking.ids[: len(relevant)])) / len(relevant))
    assert points[0].r_precision.mean == pytest.approx(sum(shares) / len(shares))
    assert points[-1].r_precision.mean < points[0].r_precision.mean
