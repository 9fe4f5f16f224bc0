"""Store and ranking together equal a brute force over everything that was put in, after any changes."""

import uuid

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nerret_tools.ranking import Scores, gather_evidence, rank_page

NAMES = [f"d{number}" for number in range(12)]

writes = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 4), st.integers(0, 2), st.sampled_from(["x", "y"])),
    max_size=6,
    unique_by=lambda change: change[0],
)
changes = st.lists(st.one_of(writes, st.sets(st.sampled_from(NAMES), max_size=4)), min_size=1, max_size=4)


def brute_force(model, query, group, min_score):
    ranked = []
    for name, (document, block) in model.items():
        if not len(block) or (group and document.metadata["group"] != group):
            continue
        best = np.round(block.vectors.astype(np.float64) @ query.astype(np.float64), 6).max()
        if min_score is None or best >= min_score:
            ranked.append((name, float(best)))
    return sorted(ranked, key=lambda entry: (-entry[1], entry[0]))


def test_rankings_equal_brute_force_after_any_changes(tmp_path, make, open_store):
    anchor = open_store(tmp_path)

    @settings(max_examples=25)
    @given(
        steps=changes,
        group=st.sampled_from([None, "x", "y"]),
        min_score=st.sampled_from([None, 0.0, 0.3]),
        size=st.integers(1, 5),
        reopen=st.booleans(),
    )
    def check(steps, group, min_score, size, reopen):
        name = f"n{uuid.uuid4().hex}"
        store, model = open_store(tmp_path, name), {}
        for step in steps:
            if isinstance(step, set):
                assert store.delete(sorted(step)) == len(step & model.keys())
                model = {key: kept for key, kept in model.items() if key not in step}
            else:
                # The vectors of three worlds only, so that many documents tie
                batch = []
                for key, count, version, kind in step:
                    document, block = make(f"world {version}", count)
                    batch.append((type(document)(key, key, {"group": kind}, "h", count), block))
                store.write(batch)
                model.update({document.id: (document, block) for document, block in batch})
        if reopen:
            store.close()
            store = open_store(tmp_path, name)
        query = make("query", 1)[1].vectors[0]
        expected = brute_force(model, query, group, min_score)

        scan = store.scan()
        scores = Scores(scan, query)
        listed = scores.documents(store.matching({"group": group}) if group else None, min_score)
        found = []
        for _ in range(20):
            page = rank_page(scores, listed, start=len(found), limit=size)
            evidence = gather_evidence(scores, page.documents, max_mentions=1)
            assert evidence.scores.tolist() == page.scores.tolist()
            for document_id, row in zip(page.document_ids, evidence.rows.tolist(), strict=True):
                key = scan.mention_key(row)
                assert key[0] == document_id
                assert store.mentions([key])[key].text == model[document_id][1].surfaces[key[1]]
            found += zip(page.document_ids, page.scores.tolist(), strict=True)
            if page.is_last:
                break

        assert [key for key, _ in found] == [key for key, _ in expected]
        assert np.allclose([score for _, score in found], [score for _, score in expected], atol=1e-5)
        assert store.count_documents() == len(model)
        assert store.count_mentions() == sum(len(block) for _, block in model.values())
        store.close()

    check()
    anchor.close()
