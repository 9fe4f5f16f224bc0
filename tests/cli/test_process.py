"""The command as a process of its own: what a shell sees."""

import json
import signal
import subprocess
import sys
import threading

import pytest

# A shell that runs the tests in the background leaves SIGINT ignored, and children inherit that.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from nerret_tools.cli import main; main()"
)
LONGEST_WAIT = 120
"""Seconds; far above what a cold start takes on a busy machine."""

PIPE_HOLDS = 65_536
"""Bytes that a pipe takes before the reader has taken any (Linux)."""


def start(*arguments, **options):
    command = [sys.executable, "-c", START, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, encoding="utf-8", **(pipes | options))


def run(*arguments, stdin=""):
    process = start(*arguments)
    stdout, stderr = process.communicate(stdin, timeout=LONGEST_WAIT)
    return process.returncode, stdout, stderr


def test_help_and_version_need_no_heavy_imports():
    program = (
        "import sys; from nerret_tools.cli.app import COMMANDS, app\n"
        "for words in (['--help'], ['--version'], *([name, '--help'] for name in COMMANDS)):\n"
        "    assert app(words, standalone_mode=False) in (0, None)\n"
        "print([name for name in ('torch', 'chromadb', 'transformers', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LONGEST_WAIT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_index_from_a_pipe_and_find_as_json(tmp_path):
    lines = '{"id": "café", "text": "Etna smokes."}\n{"id": "b", "text": "KLM flies to Quito."}\n'
    code, stdout, stderr = run("index", "-", "--index", tmp_path / "index", stdin=lines)
    assert (code, stdout[:7], stderr) == (0, "2 added", "")
    code, stdout, stderr = run(
        "find", "volcano", "--min-relevance", "0", "--index", tmp_path / "index", "--json"
    )
    assert (code, stderr) == (0, "")
    answer = json.loads(stdout)
    assert {hit["document_id"] for hit in answer["hits"]} == {"café", "b"}


def test_an_index_that_is_in_use_says_so_at_once(tmp_path):
    holder = start("index", "-", "--index", tmp_path / "index", "--batch-size", "1")
    write_documents(holder.stdin, range(300))
    code, stdout, stderr = run("stats", "--index", tmp_path / "index")
    holder.stdin.close()
    assert (code, stdout) == (1, "")
    assert "chroma run" in stderr
    assert holder.wait(timeout=LONGEST_WAIT) == 0
    holder.stdout.close()
    holder.stderr.close()


def test_ctrl_c_leaves_a_usable_index_and_the_same_command_continues(tmp_path):
    arguments = ("index", "-", "--index", tmp_path / "index", "--batch-size", "10")
    stopped = start(*arguments)
    write_documents(stopped.stdin, range(300))
    stopped.send_signal(signal.SIGINT)
    stdout, stderr = stopped.communicate(timeout=LONGEST_WAIT)
    assert (stopped.returncode, stdout) == (130, "")
    assert "usable" in stderr
    assert "Traceback" not in stderr

    _, stdout, _ = run("stats", "--index", tmp_path / "index", "--json")
    stored = json.loads(stdout)["documents"]
    assert 0 < stored < 300

    again = start(*arguments, "--json")
    writer = threading.Thread(target=lambda: (write_documents(again.stdin, range(300)), again.stdin.close()))
    writer.start()
    stdout = again.stdout.read()
    writer.join(LONGEST_WAIT)
    assert again.wait(timeout=LONGEST_WAIT) == 0
    again.stderr.close()
    again.stdout.close()
    report = json.loads(stdout)
    assert (report["added"], report["unchanged"]) == (300 - stored, stored)


def test_a_reader_that_goes_away_is_no_traceback(nerret, small_index):
    process = start("find", "volcano", "--min-relevance", "0", "--index", small_index)
    process.stdin.close()
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=LONGEST_WAIT) in (0, 1)
    assert "Traceback" not in stderr


@pytest.mark.parametrize(
    "arguments", [("find",), ("nonsense",), ("index", "x.jsonl"), ("find", "x", "--limit", "y")]
)
def test_wrong_usage_exits_2_and_keeps_stdout_clean(arguments):
    code, stdout, stderr = run(*arguments)
    assert (code, stdout) == (2, "")
    assert stderr


def write_documents(pipe, numbers):
    """Writes more than the pipe holds: when it returns, most of them have been taken."""
    lines = [
        json.dumps({"id": str(n), "text": "Etna smokes. " * 60, "spans": [[0, 4]]}) + "\n" for n in numbers
    ]
    assert sum(map(len, lines)) > 3 * PIPE_HOLDS
    pipe.writelines(lines)
    pipe.flush()
