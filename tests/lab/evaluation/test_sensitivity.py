"""Gold spans taken away from a real index."""

import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.lab.evaluation.labelled import read_labelled
from nerret_tools.lab.evaluation.sensitivity import take_spans_away


def test_spans_go_step_by_step_and_the_ranking_is_that_of_what_is_left(small_world, tmp_path):
    data = read_labelled(*small_world)
    with EntityIndex.open(tmp_path / "index") as index:
        index.add(Document(id=one.id, text=one.text, spans=one.gold_spans()) for one in data.documents)
        steps = []
        points = take_spans_away(index, data, lambda _: steps.append(index.stats().mentions))
        # 12 spans; each step is announced before it
        assert steps == [12, 11, 11, 10]
        assert [point.kept for point in points] == pytest.approx([1, 11 / 12, 11 / 12, 10 / 12, 8 / 12])
        assert index.stats().mentions == 8
        found = index.rank_many(list(data.types.values()))
        shares = []
        for label, ranking in zip(data.types, found, strict=True):
            relevant = data.relevant[label]
            shares.append(len(relevant.intersection(ranking.ids[: len(relevant)])) / len(relevant))
        assert points[-1].r_precision.mean == pytest.approx(sum(shares) / len(shares))
        assert points[-1].r_precision.mean < points[0].r_precision.mean
