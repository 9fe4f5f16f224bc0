"""`nerret review` in a terminal of its own, where a person sits at the keys."""

import contextlib
import csv
import json
import os
import re
import subprocess
import sys
import threading

import pytest

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal, which this system has not")

START = "import sys; sys.argv[0] = 'nerret'; from nerret_tools.cli import main; main()"
LONGEST_WAIT = 120
"""Seconds; far above what a start takes on a busy machine."""

QUESTION = "Does it mention "


class Terminal:
    """A command on a pseudo-terminal: reads what it shows, presses keys."""

    def __init__(self, *arguments):
        self._handle, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, arguments)],
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"},
        )
        os.close(other)
        self._guard = threading.Timer(LONGEST_WAIT, self.process.kill)
        self._guard.start()

    def screen(self):
        """What is shown up to the next question, or up to the end."""
        shown = ""
        while not (QUESTION in shown and shown.rstrip().endswith("q quit")):
            try:
                more = os.read(self._handle, 4096)
            except OSError:
                break  # the command has ended
            if not more:
                break
            shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", more.decode("utf-8"))
        return shown

    def press(self, key):
        os.write(self._handle, key.encode())
        return self.screen()

    def end(self):
        code = self.process.wait(LONGEST_WAIT)
        self.close()
        return code

    def close(self):
        self._guard.cancel()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self._handle)


@pytest.fixture
def terminal():
    opened = []

    def start(*arguments):
        opened.append(Terminal("review", *arguments))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_a_review_at_the_keys_from_the_first_document_to_the_certificate(small_index, tmp_path, terminal):
    file = tmp_path / "airline.review.jsonl"
    review = terminal("airline", "--index", small_index, "--file", file, "--reviewer", "ann")
    first = review.screen()
    assert "0 of 3 judged" in first
    assert "recall at least 0.0% of 90%" in first
    assert "KLM flies to Quito." in first
    assert "1 of 3 judged   1 found" in review.press("y")
    assert "KLM flies to Quito." in review.press("b"), "taken back, and shown again"
    assert "1 of 3 judged" in review.press("xy"), "other keys do nothing"
    assert "2 of 3 judged" in review.press("n")
    assert "Every document was judged: nothing is missing." in review.press("n")
    assert review.end() == 0
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    assert [one["done"] for one in lines if one["done"] != "shown"] == ["judged", "undone", *["judged"] * 3]
    assert {one["by"] for one in lines} == {"ann"}


def test_what_was_judged_before_quitting_is_gone_on_with_and_exported(small_index, tmp_path, terminal, nerret):
    file = tmp_path / "airline.review.jsonl"
    asked = ("airline", "--index", small_index, "--file", file)
    review = terminal(*asked)
    review.screen()
    review.press("y")
    end = review.press("q")
    assert "the target of 90% is not reached yet" in end
    assert "The same command goes on." in end
    assert review.end() == 0
    again = terminal(*asked)
    assert "1 of 3 judged   1 found" in again.screen()
    again.close()
    result = nerret("review", *asked, "--export", tmp_path / "out.csv")
    assert "1 of 3 documents were found to mention “airline”" in result.stdout
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as rows:
        (row,) = csv.DictReader(rows)
    assert (row["document_id"], row["verdict"], row["mention"]) == ("klm", "yes", "KLM")


def test_a_model_behind_an_endpoint_judges(small_index, tmp_path, nerret, serve):
    def answer(body, _):
        found = "KLM" in body["messages"][1]["content"]
        return 200, {"choices": [{"message": {"content": "Y" if found else "N"}}]}

    asked = ("review", "airline", "--index", small_index, "--file", tmp_path / "a.jsonl")
    endpoint = ("--judge-endpoint", serve(answer).url, "--judge-model", "tiny")
    result = nerret(*asked, *endpoint)
    assert result.exit_code == 0, result.output
    assert "1 of 3 documents were found" in result.stdout
    assert json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()[-1])["by"] == "tiny"


def test_wrong_input_is_one_line_on_stderr(small_index, tmp_path, nerret, refused):
    asked = ("review", "airline", "--index", small_index, "--file", tmp_path / "a.jsonl")
    for more, message in (
        (("--judge-endpoint", "http://x"), "belong together"),
        (("--target", "1.5"), "target_recall must be over 0 and under 1"),
        (("--export", tmp_path / "out.xlsx"), "must end in .csv or .jsonl"),
    ):
        refused(message, *asked, *more)
        assert len(nerret(*asked, *more).stderr.splitlines()) == 1
