import json

import pytest

from .conftest import CORPUS


@pytest.fixture
def documents(answer):
    """How many documents an index has."""
    return lambda folder: answer("stats", "--index", folder)["documents"]


@pytest.fixture
def put(tmp_path):
    """Writes a file of lines; gives its path."""

    def write(*lines, name="a.jsonl"):
        (tmp_path / name).write_text("".join(line + "\n" for line in lines))
        return tmp_path / name

    return write


def test_the_summary_is_all_that_stdout_gets(nerret, small_index, tmp_path):
    result = nerret("index", tmp_path / "small.jsonl", "--index", small_index)
    assert result.stdout == "0 added, 0 updated, 3 unchanged; 0 mentions written.\n"
    assert result.stderr == ""


def test_changed_texts_are_updated(answer, small_index, tmp_path):
    source = tmp_path / "small.jsonl"
    source.write_text(source.read_text().replace("Etna", "Vesuvius"))
    report = answer("index", source, "--index", small_index)
    assert (report["added"], report["updated"], report["unchanged"], report["not_indexed"]) == (0, 1, 2, [])


def test_a_broken_line_is_named_the_others_go_in_and_the_exit_code_tells(nerret, put, documents, tmp_path):
    source = put('{"id": "a", "text": "Etna smokes."}', '{"id": ', '{"id": "c", "text": "KLM flies."}')
    result = nerret("index", source, "--index", tmp_path / "index")
    assert (result.exit_code, result.stdout[:7]) == (2, "2 added")
    assert "a.jsonl:2: not JSON" in result.stderr
    assert "1 not indexed" in result.stderr
    assert documents(tmp_path / "index") == 2


def test_what_could_not_be_read_and_what_was_refused_stand_in_the_order_of_the_file(nerret, put, tmp_path):
    spans = '{"id": "b", "text": "Etna smokes.", "spans": [[0, 400]]}'
    half = json.dumps({"id": "c", "text": "half \ud800 a pair"})
    source = put("broken", '{"id": "a", "text": "Etna smokes."}', spans, half, '{"id": "d", "text": "KLM flies."}')
    result = nerret("index", source, "--index", tmp_path / "index", "--json")
    report = json.loads(result.stdout)
    assert [(item["line"], item["id"]) for item in report["not_indexed"]] == [(1, None), (3, "b"), (4, "c")]
    assert all(item["reason"] for item in report["not_indexed"])
    assert (result.exit_code, report["added"]) == (2, 2)
    assert [line.split(":")[1].split(" ")[0] for line in result.stderr.splitlines()[:3]] == ["1", "3", "4"]


def test_standard_input_is_read_with_a_dash(nerret, tmp_path):
    stdin = '{"key": 1, "body": "Etna smokes."}\n{"key": 2, "body": "KLM flies."}\n'
    options = ("--id-field", "key", "--text-field", "body", "--index", tmp_path / "index")
    result = nerret("index", "-", *options, stdin=stdin)
    assert (result.exit_code, result.stdout[:7]) == (0, "2 added")
    assert nerret("mentions", "1", "--index", tmp_path / "index").exit_code == 0


def test_a_folder_of_many_kinds_goes_in_and_what_is_left_out_is_said(nerret, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("Etna smokes.")
    (folder / "b.csv").write_text("id,text\nb,KLM flies to Quito.\n")
    (folder / "c.pdf").write_text("nothing")
    result = nerret("index", folder, "--index", tmp_path / "index")
    assert (result.exit_code, result.stdout[:7]) == (0, "2 added")
    assert ".pdf (1)" in result.stderr


@pytest.mark.parametrize("content", [None, ""])
def test_nothing_to_read_exits_2(nerret, tmp_path, content):
    folder = tmp_path / "texts"
    folder.mkdir()
    if content is not None:
        (folder / "a.jsonl").write_text(content)
    result = nerret("index", folder, "--index", tmp_path / "index")
    assert result.exit_code == 2
    assert ".jsonl" in result.stderr


def test_a_path_that_does_not_exist_leaves_no_index_behind(nerret, tmp_path):
    result = nerret("index", tmp_path / "missing.jsonl", "--index", tmp_path / "index")
    assert result.exit_code == 2
    assert "missing.jsonl" in result.stderr
    assert not (tmp_path / "index").exists()


def test_prune_removes_what_is_no_longer_in_the_sources(answer, documents, small_index, tmp_path):
    source = tmp_path / "small.jsonl"
    lines = source.read_text().splitlines(keepends=True)
    source.write_text(lines[0] + lines[2] + '{"id": "etna", "text": "Etna is quiet."}\n')
    report = answer("index", source, "--index", small_index, "--prune", code=2)
    assert (report["unchanged"], report["pruned"], [one["id"] for one in report["not_indexed"]]) == (2, 1, ["etna"])
    assert documents(small_index) == 2


def test_nothing_is_pruned_where_something_could_not_be_read(nerret, documents, small_index, tmp_path):
    source = tmp_path / "small.jsonl"
    source.write_text(source.read_text().splitlines(keepends=True)[0] + "{broken\n")
    result = nerret("index", source, "--index", small_index, "--prune")
    assert result.exit_code == 2
    assert "Nothing was removed" in result.stderr
    assert documents(small_index) == 3


def test_what_error_lines_quote_cannot_steer_the_terminal(nerret, tmp_path):
    (tmp_path / "a.csv").write_text("\x1b[31mid,\x9b2Jtext\n1,x\n")
    (tmp_path / "b.jsonl").write_text('{"id": "\\u001b[2J\\u009b0m", "text": ""}\n')
    (tmp_path / "c\x1b[0m.txt").write_text("")
    for name in ("a.csv", "b.jsonl", "c\x1b[0m.txt"):
        result = nerret("index", tmp_path / name, "--index", tmp_path / "index")
        assert result.exit_code == 2
        assert not set(result.stderr + result.stdout) & {"\x1b", "\x9b", "\x07"}
    shown = nerret("index", tmp_path / "b.jsonl", "--index", tmp_path / "index", "--json")
    assert not set(shown.stdout) & {"\x1b", "\x9b"}
    assert json.loads(shown.stdout)["not_indexed"][0]["id"] == "\x1b[2J\x9b0m"


def test_the_others_are_said_to_be_in_only_where_there_are_others(nerret, put, tmp_path):
    alone = nerret("index", put('{"text": "no id"}'), "--index", tmp_path / "index")
    assert "The others are in" not in alone.stderr
    assert "--number-missing-ids" in alone.stderr
    source = put('{"text": "no id"}', '{"id": "a", "text": "Etna smokes."}')
    assert "The others are in." in nerret("index", source, "--index", tmp_path / "index").stderr


def test_a_tab_as_the_separator_can_be_written_as_in_a_shell(nerret, put, tmp_path):
    source = put("id\ttext, and more\ttext", "a\tx, y\tEtna smokes.", name="a.csv")
    result = nerret("index", source, "--separator", "\\t", "--index", tmp_path / "index")
    assert (result.exit_code, result.stdout[:7]) == (0, "1 added")


def test_links_to_folders_are_said_to_be_left_out(nerret, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("Etna smokes.")
    (folder / "link").symlink_to(tmp_path, target_is_directory=True)
    result = nerret("index", folder, "--index", tmp_path / "index")
    assert "1 links to folders" in result.stderr


def test_labels_of_the_demo_corpus_are_not_in_the_index(answer, documents, demo_index):
    found = answer("find", "dinosaur", "--index", demo_index)
    assert all(set(hit["metadata"]) == {"topic"} for hit in found["hits"])
    assert documents(demo_index) == len(CORPUS.read_text().splitlines())
