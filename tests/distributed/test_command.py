"""`nerret index --engine ray`: the same words as the local engine, stopped cleanly, clear where it cannot work."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from typer.testing import CliRunner

from nerret_tools.cli.app import app

from .conftest import QUIET, lines

pytestmark = QUIET

# A shell that runs the tests in the background leaves SIGINT ignored, and children inherit that.
HEARING_CTRL_C = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);from nerret_tools.cli import main; main()"
)


@pytest.fixture
def nerret():
    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "100"})

    return run


@pytest.fixture
def start():
    """Starts `nerret` as the leader of a process group, as a shell does; without a cluster to join."""
    started = []

    def start(*arguments):
        environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        command = [sys.executable, "-c", HEARING_CTRL_C, *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env=environment, start_new_session=True, **pipes))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_stopped_with_ctrl_c_and_run_again_it_reports_as_the_local_engine_does(
    nerret, start, cluster, proxy, shared_server, tmp_path, write_lines
):
    source = write_lines(
        tmp_path / "some.jsonl", [*lines(60), "{broken", {"id": "x", "text": "Etna", "spans": [[0, 9]]}]
    )
    command = ("index", source, "--engine", "ray", "--workers", 1, "--batch-size", 4, "--index", proxy.address)
    proxy.pause = 0.3

    stopped = start(*command)
    proxy.wait_for(8)
    family = psutil.Process(stopped.pid).children(recursive=True)
    os.killpg(stopped.pid, signal.SIGINT)
    out, err = stopped.communicate(timeout=300)

    assert stopped.returncode == 130, err
    assert err.splitlines()[-1].startswith("Stopped. The index in http")
    assert psutil.wait_procs(family, timeout=300)[1] == []
    assert out == ""
    assert "Traceback" not in err

    proxy.pause = 0.0
    again = nerret(*command, "--json")
    assert again.exit_code == 2, again.stderr
    report = json.loads(again.stdout)
    assert report["added"] + report["unchanged"] == 60
    assert report["unchanged"] >= 4  # the batch under way is done again
    local = nerret("index", source, "--index", shared_server.address, "--name", "local", "--json")
    assert report["not_indexed"] == json.loads(local.stdout)["not_indexed"]
    assert [line for line in again.stderr.splitlines() if "some.jsonl" in line] == local.stderr.splitlines()[:-1]
    stats = [
        json.loads(nerret("stats", "--index", shared_server.address, "--name", name, "--json").stdout)
        for name in ("default", "local")
    ]
    assert stats[0]["mentions"] == stats[1]["mentions"]


def test_a_folder_cannot_be_shared_by_workers(nerret, tmp_path, write_lines):
    source = write_lines(tmp_path / "some.jsonl", lines(1))
    result = nerret("index", source, "--engine", "ray", "--index", tmp_path / "index")
    assert result.exit_code == 2
    assert "chroma run --path" in result.stderr
    assert not (tmp_path / "index").exists()


def test_options_of_ray_are_refused_without_it(nerret, tmp_path, write_lines):
    source = write_lines(tmp_path / "some.jsonl", lines(1))
    result = nerret("index", source, "--workers", 2, "--index", tmp_path / "index")
    assert result.exit_code == 2
    assert "--engine ray" in result.stderr


def test_without_the_extra_the_command_says_what_to_install(nerret, tmp_path, write_lines, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("ray.", "nerret_tools.distributed"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ray", None)
    source = write_lines(tmp_path / "some.jsonl", lines(1))
    result = nerret("index", source, "--engine", "ray", "--index", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "pip install 'nerret-tools[ray]'" in result.stderr
