import json


def test_stats_show_what_an_index_holds(answer, nerret, small_index):
    held = answer("stats", "--index", small_index)
    assert (held["documents"], held["dimension"], held["model"]) == (3, 256, "minilm")
    assert held["fields"] == {"year": 3}
    shown = nerret("stats", "--index", small_index).stdout
    assert all(words in shown for words in ("documents", "year (3)", held["fingerprint"][:8]))


def test_mentions_show_what_was_taken_for_an_entity(answer, nerret, small_index):
    listed = answer("mentions", "klm", "--index", small_index)
    assert listed["document_id"] == "klm"
    assert {"KLM", "Quito"} <= {mention["text"] for mention in listed["mentions"]}
    assert "Quito" in nerret("mentions", "klm", "--index", small_index).stdout


def test_deleted_documents_are_gone(answer, nerret, small_index):
    result = nerret("delete", "klm", "etna", "--index", small_index)
    assert (result.exit_code, result.stdout) == (0, "2 deleted.\n")
    assert answer("stats", "--index", small_index)["documents"] == 1
    found = answer("find", "airline", "--index", small_index, "--min-relevance", "0")
    assert [hit["document_id"] for hit in found["hits"]] == ["lizard"]


def test_a_document_that_is_not_there_is_said_to_be_missing(nerret, small_index):
    deleted = nerret("delete", "klm", "nobody", "--index", small_index)
    assert deleted.stdout == "1 deleted.\n"
    assert "nobody" in deleted.stderr
    shown = nerret("mentions", "nobody", "--index", small_index)
    assert shown.exit_code == 2
    assert "nobody" in shown.stderr


def test_after_compacting_no_byte_of_a_deleted_text_is_left(nerret, small_index):
    def holding(word):
        return [path.name for path in small_index.rglob("*") if path.is_file() and word in path.read_bytes()]

    nerret("delete", "klm", "--index", small_index)
    assert holding(b"Quito")
    result = nerret("compact", "--index", small_index)
    assert (result.exit_code, result.stdout[:10]) == (0, "Compacted;")
    assert holding(b"Quito") == []
    assert holding(b"Komodo")
    again = json.loads(nerret("compact", "--index", small_index, "--json").stdout)
    assert list(again) == ["freed_bytes"]
