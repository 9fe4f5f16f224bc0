"""One index of the demo corpus for all tests of the command line, built through the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nerret_tools.cli.app import app

CORPUS = Path(__file__).parents[2] / "demo" / "corpus.jsonl"


@pytest.fixture(scope="session")
def nerret():
    """Runs `nerret` in this process: exit code, stdout and stderr apart."""
    runner = CliRunner()

    def run(*arguments, stdin=None):
        return runner.invoke(app, [str(argument) for argument in arguments], input=stdin, env={"COLUMNS": "100"})

    return run


@pytest.fixture(scope="session")
def answer(nerret):
    """Runs `nerret … --json` and gives what it answers, where it ends as it should."""

    def parsed(*arguments, code=0, stdin=None):
        result = nerret(*arguments, "--json", stdin=stdin)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return parsed


@pytest.fixture(scope="session")
def refused(nerret):
    """Runs `nerret`, which must say these words on stderr, nothing on stdout, and leave with this code."""

    def checked(words, *arguments, code=2):
        result = nerret(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        assert words in result.stderr.strip() != "", result.stderr
        assert "Traceback" not in result.stderr

    return checked


@pytest.fixture(scope="session")
def demo_index(tmp_path_factory, answer):
    """The folder of an index of the demo corpus; tests only read it."""
    folder = tmp_path_factory.mktemp("demo") / "index"
    answer("index", CORPUS, "--index", folder)
    return folder


@pytest.fixture(scope="session")
def corpus():
    """The demo corpus: id to the parsed line."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return {line["id"]: line for line in map(json.loads, lines)}


@pytest.fixture
def small_index(tmp_path, answer):
    """An index of three documents that a test may change, and the file it came from."""
    source = tmp_path / "small.jsonl"
    source.write_text(
        '{"id": "etna", "text": "Etna smokes.", "year": 1990}\n'
        '{"id": "klm", "text": "KLM flies to Quito.", "year": 1991}\n'
        '{"id": "lizard", "text": "Komodo dragons swim.", "year": 1991}\n',
        encoding="utf-8",
    )
    answer("index", source, "--index", tmp_path / "index")
    return tmp_path / "index"
