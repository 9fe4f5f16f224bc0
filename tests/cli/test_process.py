"""The command as a process of its own: what a shell sees."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

# A shell that runs the tests in the background leaves SIGINT ignored, and children inherit that.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);from nerret_tools.cli import main; main()"
)
LONGEST_WAIT = 300
"""Seconds; far above what a cold start takes on a busy machine."""

PIPE_HOLDS = 65_536
"""Bytes that a pipe takes before the reader has taken any (Linux)."""


@contextmanager
def start(*arguments):
    command = [sys.executable, "-c", START, *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, encoding="utf-8", stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*arguments, stdin=""):
    with start(*arguments) as process:
        stdout, stderr = process.communicate(stdin, timeout=LONGEST_WAIT)
    return process.returncode, stdout, stderr


def test_help_and_version_need_no_heavy_imports(run_script):
    program = (
        "import sys; from nerret_tools.cli.app import COMMANDS, app\n"
        "for words in (['--help'], ['--version'], *([name, '--help'] for name in COMMANDS)):\n"
        "    assert app(words, standalone_mode=False) in (0, None)\n"
        "print([name for name in ('torch', 'chromadb', 'transformers', 'pyarrow') if name in sys.modules])"
    )
    done = run_script(program)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_index_from_a_pipe_and_find_as_json(tmp_path):
    lines = '{"id": "café", "text": "Etna smokes."}\n{"id": "b", "text": "KLM flies to Quito."}\n'
    code, stdout, stderr = run("index", "-", "--index", tmp_path / "index", stdin=lines)
    assert (code, stdout[:7], stderr) == (0, "2 added", "")
    code, stdout, stderr = run("find", "volcano", "--min-relevance", "0", "--index", tmp_path / "index", "--json")
    assert (code, stderr) == (0, "")
    answer = json.loads(stdout)
    assert {hit["document_id"] for hit in answer["hits"]} == {"café", "b"}


def test_a_user_without_a_home_and_without_an_entry_can_use_it_all_the_same(tmp_path, run_script, monkeypatch):
    nobody = "import os, pwd\ndef unknown(_): raise KeyError\npwd.getpwuid = unknown\nos.environ.pop('HOME', None)\n"
    for name in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "Etna smokes."}\n')
    for arguments in (["index", "a.jsonl"], ["find", "volcano"], ["stats"]):
        done = run_script(nobody + START, *arguments, "--index", "index", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


def test_beside_a_writer_an_index_can_be_read_and_a_second_writer_is_refused_at_once(tmp_path):
    with start("index", "-", "--index", tmp_path / "index") as holder:
        write_documents(holder.stdin, range(300))
        read = run("stats", "--index", tmp_path / "index", "--json")
        code, stdout, stderr = run("index", "-", "--index", tmp_path / "index", stdin=documents([1])[0])
        holder.communicate(timeout=LONGEST_WAIT)
    assert (read[0], read[2]) == (0, "")
    assert 0 <= json.loads(read[1])["documents"] <= 300
    assert (code, stdout) == (1, "")
    assert "another process is writing to the index" in stderr
    assert holder.returncode == 0


def test_ctrl_c_leaves_a_usable_index_and_the_same_command_continues(tmp_path):
    arguments = ("index", "-", "--index", tmp_path / "index", "--batch-size", "10")
    with start(*arguments) as stopped:
        write_documents(stopped.stdin, range(280))  # the last are never sent, however slow this process is
        stopped.send_signal(signal.SIGINT)
        stdout, stderr = stopped.communicate(timeout=LONGEST_WAIT)
    assert (stopped.returncode, stdout) == (130, "")
    assert "usable" in stderr
    assert "Traceback" not in stderr

    _, stdout, _ = run("stats", "--index", tmp_path / "index", "--json")
    stored = json.loads(stdout)["documents"]
    assert 0 < stored <= 280

    code, stdout, _ = run(*arguments, "--json", stdin="".join(documents(range(300))))
    report = json.loads(stdout)
    assert (code, report["added"], report["unchanged"]) == (0, 300 - stored, stored)


def test_a_reader_that_goes_away_is_no_traceback(small_index):
    with start("find", "volcano", "--min-relevance", "0", "--index", small_index) as process:
        process.stdout.close()
        stderr = process.stderr.read()
        assert process.wait(timeout=LONGEST_WAIT) in (0, 1)
    assert "Traceback" not in stderr


def test_wrong_usage_exits_2_and_keeps_stdout_clean():
    code, stdout, stderr = run("find", "x", "--limit", "y")
    assert (code, stdout) == (2, "")
    assert stderr


def documents(numbers):
    """Short texts, so that indexing is quick, on long lines, so that a pipe is soon full."""
    rest = {"text": "Etna smokes.", "spans": [[0, 4]], "padding": "x" * 900}
    return [json.dumps({"id": str(number)} | rest) + "\n" for number in numbers]


def write_documents(pipe, numbers):
    """Writes more than the pipe holds: when it returns, most of them have been taken."""
    lines = documents(numbers)
    assert sum(map(len, lines)) > 3 * PIPE_HOLDS
    pipe.writelines(lines)
    pipe.flush()
