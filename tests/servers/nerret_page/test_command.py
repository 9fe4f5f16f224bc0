"""`nerret serve` as a real process."""

import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
from typer.testing import CliRunner

from nerret_tools.cli.app import app


def refused(*arguments):
    """What `nerret serve` says on stderr when it leaves with exit code 1."""
    result = CliRunner().invoke(app, ["serve", *map(str, arguments)])
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr


def test_it_serves_tells_of_a_taken_port_and_leaves_at_once(own_world):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", "from nerret_tools.cli import main; main()", "serve", "--index", str(own_world)]
    with subprocess.Popen([*command, "--port", "0"], env=environment, text=True, stderr=subprocess.PIPE) as process:
        try:
            url = process.stderr.readline().removeprefix("the page is at ").split()[0]
            with httpx.Client(base_url=url, timeout=300) as visitor:
                assert "documents mention" in visitor.get("/?type=dinosaur").text
                port = urlsplit(url).port
                assert f"cannot listen on 127.0.0.1:{port}" in refused("--index", own_world, "--port", port)
                process.send_signal(signal.SIGINT)  # while a browser's connection is open
                assert process.wait(timeout=180) == 0
        finally:
            process.kill()


def test_what_cannot_be_served_is_told_before_a_page_is(tmp_path):
    assert f"there is no index in {tmp_path}" in refused("--index", tmp_path, "--port", 0)
