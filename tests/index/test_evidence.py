"""Names that are shown of a document: each once, with its places."""

from nerret_tools import Document, EntityIndex


def test_a_name_is_shown_once_with_all_its_places_and_counted_once(tmp_path):
    text = "Qantas, Qantas and QANTAS fly. Lufthansa flies too, and so does Qantas Airways."
    names = ["Qantas", "Qantas", "QANTAS", "Lufthansa", "Qantas Airways", "Airways"]
    spans, at = [], 0
    for name in names[:5]:
        at = text.index(name, at)
        spans.append((at, at + len(name)))
        at += len(name)
    spans.append((text.index("Airways"), len(text) - 1))
    with EntityIndex.open(tmp_path / "index") as index:
        index.add([Document(id="a", text=text, spans=spans)])
        [all_shown] = index.find("airline", min_relevance=0, max_mentions=9).hits
        [two_shown] = index.find("airline", min_relevance=0, max_mentions=2).hits
        [none_shown] = index.find("airline", min_relevance=0, max_mentions=0).hits
        every = index.mentions("a", "airline")
    found = {one.text.casefold(): one for one in all_shown.mentions}
    assert len(found) == len(all_shown.mentions) == all_shown.mention_count
    assert {"qantas", "lufthansa"} < set(found)
    assert len({"qantas airways", "airways"} & set(found)) == 1, "of those that overlap the better one"
    qantas = found["qantas"]
    assert sorted([(qantas.start, qantas.end), *((one.start, one.end) for one in qantas.repeats)]) == spans[:3]
    assert (two_shown.mentions, two_shown.mention_count) == (all_shown.mentions[:2], all_shown.mention_count)
    assert (none_shown.mentions, none_shown.mention_count) == ([], all_shown.mention_count)
    assert [(one.start, one.end) for one in every] == sorted(spans)
    assert max(one.score for one in every) == all_shown.score
    assert {(one.start, one.relevance) for one in every} >= {(one.start, one.relevance) for one in all_shown.mentions}


def test_all_mentions_of_a_document_have_scores_for_a_type(index):
    [mention] = index.mentions("air-1", "airline")[:1]
    assert (mention.text, mention.score) == ("Lufthansa", index.find("airline", ids=["air-1"]).hits[0].score)
    assert index.mentions("nowhere", "airline") == []
    assert index.mentions("air-1")[0].score is None
