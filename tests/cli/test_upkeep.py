import json


def test_stats_show_what_an_index_holds(nerret, small_index):
    answer = json.loads(nerret("stats", "--index", small_index, "--json").stdout)
    assert (answer["documents"], answer["dimension"], answer["model"]) == (3, 256, "minilm")
    assert answer["fields"] == {"year": 3}
    shown = nerret("stats", "--index", small_index).stdout
    assert "documents" in shown
    assert "year (3)" in shown
    assert answer["fingerprint"][:8] in shown


def test_mentions_show_what_was_taken_for_an_entity(nerret, small_index):
    answer = json.loads(nerret("mentions", "klm", "--index", small_index, "--json").stdout)
    assert answer["document_id"] == "klm"
    assert {"KLM", "Quito"} <= {mention["text"] for mention in answer["mentions"]}
    assert "Quito" in nerret("mentions", "klm", "--index", small_index).stdout


def test_deleted_documents_are_gone(nerret, small_index):
    result = nerret("delete", "klm", "etna", "--index", small_index)
    assert (result.exit_code, result.stdout) == (0, "2 deleted.\n")
    answer = json.loads(nerret("stats", "--index", small_index, "--json").stdout)
    assert answer["documents"] == 1
    found = json.loads(nerret("find", "airline", "--index", small_index, "--min-relevance", "0", "--json").stdout)
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
