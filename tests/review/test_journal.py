"""The file of a review loses nothing: torn lines, kills, full disks, two processes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nerret_tools.errors import ReviewError, StoreUnavailableError

NAME = "a.review.jsonl"


def judge(review, count):
    ids = []
    for _ in range(count):
        (one,) = review.next()
        review.judge(one.document.id, "no")
        ids.append(one.document.id)
    return ids


def lines(tmp_path):
    return [json.loads(line) for line in (tmp_path / NAME).read_text(encoding="utf-8").splitlines()]


def test_each_line_says_what_was_done_by_whom_and_when(begin, tmp_path):
    judge(begin(), 1)
    header, shown, judged = lines(tmp_path)
    assert header["format"] == "nerret-review"
    assert {"entity_type", "index_id", "generation", "target_recall", "confidence", "seed"} <= set(header)
    assert (shown["done"], judged["done"]) == ("shown", "judged")
    assert judged == {
        "done": "judged",
        "document": shown["document"],
        "by": "ann",
        "at": "2026-01-01T00:00:00+00:00",
        "verdict": "no",
    }


def test_a_line_that_was_torn_by_a_kill_costs_only_itself(begin, tmp_path):
    ids = judge(begin(), 3)
    file = tmp_path / NAME
    file.write_bytes(file.read_bytes()[:-20])
    again = begin()
    assert [entry.document for entry in again.judgements()] == ids[:2]
    assert judge(again, 1) == ids[2:]
    assert [entry.document for entry in begin().judgements()] == ids


@pytest.mark.parametrize("kept", [0, 1, 30])
def test_a_header_that_was_torn_by_a_kill_is_written_again(begin, tmp_path, kept):
    begin()
    file = tmp_path / NAME
    file.write_bytes(file.read_bytes()[:kept])
    judge(begin(), 1)
    assert len(lines(tmp_path)) == 3


@pytest.mark.parametrize("content", ["no review", '{"id": "d1"}\n', "[]\n", '{"id": "d1"}'])
def test_another_file_is_neither_taken_for_a_review_nor_changed(begin, tmp_path, content):
    (tmp_path / NAME).write_text(content, encoding="utf-8")
    with pytest.raises(ReviewError, match="is not a review"):
        begin()
    assert (tmp_path / NAME).read_text(encoding="utf-8") == content


def test_a_newer_form_and_a_damaged_header_are_refused(begin, tmp_path):
    begin()
    header = lines(tmp_path)[0]
    file = tmp_path / NAME
    file.write_text(json.dumps({**header, "version": 2}) + "\n", encoding="utf-8")
    with pytest.raises(ReviewError, match="version 2 of the form, this program knows 1"):
        begin()
    file.write_text(json.dumps({**header, "seed": "x"}) + "\n", encoding="utf-8")
    with pytest.raises(ReviewError, match=r"first line .+ is damaged"):
        begin()


@pytest.mark.parametrize("left", [0, 20])
def test_a_full_disk_keeps_what_was_judged_and_says_what_was_not(begin, tmp_path, monkeypatch, left):
    review = begin()
    ids = judge(review, 2)
    before = (tmp_path / NAME).read_bytes()
    real = os.write

    def full(handle, data):
        if len(data) > left:
            if left:
                real(handle, data[:left])
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreUnavailableError, match=r"No space left on device.+ is not in it"):
        review.judge("d0030", "yes")
    assert (tmp_path / NAME).read_bytes() == before
    monkeypatch.undo()
    assert review.status().judged == 2
    assert review.judge("d0030", "yes").found == 1
    assert [entry.document for entry in begin().judgements()] == [*ids, "d0030"]


def test_a_file_that_goes_away_is_an_error(begin, tmp_path):
    review = begin()
    (tmp_path / NAME).unlink()
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        review.next()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path, collection):
    from nerret_tools.review import Review

    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        Review(collection, tmp_path / "file" / NAME)


WORKER = """
import importlib.util, os, signal, sys
from nerret_tools.review import Review
found = importlib.util.spec_from_file_location("made_up", sys.argv[1])
module = importlib.util.module_from_spec(found)
found.loader.exec_module(module)
world = module.MadeUp(count=200, relevant=50)
review = Review(world, sys.argv[2], reviewer=sys.argv[3], seed=5)
for _ in range(int(sys.argv[4])):
    (one,) = review.next()
    review.judge(one.document.id, world.verdict(one))
    print(one.document.id, flush=True)
if sys.argv[5] == "die":
    review.next()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_at_the_same_time_judge_each_document_once_and_lose_nothing_at_a_kill(tmp_path, made_up):
    from nerret_tools.review import Review

    command = [sys.executable, "-c", WORKER, str(Path(__file__).with_name("conftest.py")), str(tmp_path / NAME)]
    workers = [
        subprocess.Popen([*command, name, "15", end], stdout=subprocess.PIPE, text=True)
        for name, end in (("ann", "die"), ("bob", "live"))
    ]
    given = [worker.communicate(timeout=120)[0].split() for worker in workers]
    assert [worker.returncode for worker in workers] == [-signal.SIGKILL, 0]
    assert [len(ids) for ids in given] == [15, 15]
    assert not set(given[0]) & set(given[1])
    status = Review(made_up(count=200, relevant=50), tmp_path / NAME, reviewer="ann").status()
    assert status.reviewers == {"ann": 15, "bob": 15}
    assert status.unjudged == 1
