"""`nerret serve` as a real process."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

ROOT = Path(__file__).parents[3]
NERRET = [sys.executable, "-c", "from nerret_tools.cli import main; main()"]


@pytest.fixture(scope="module")
def environment():
    paths = [str(ROOT), str(ROOT / "servers"), os.environ.get("PYTHONPATH", "")]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NERRET_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}


def test_it_serves_tells_of_a_taken_port_and_leaves_at_once(own_world, environment):
    command = [*NERRET, "serve", "--index", str(own_world), "--port"]
    with subprocess.Popen([*command, "0"], env=environment, text=True, stderr=subprocess.PIPE) as process:
        try:
            url = process.stderr.readline().removeprefix("the page is at ").split()[0]
            with httpx.Client(base_url=url, timeout=300) as visitor:
                assert "documents mention" in visitor.get("/?type=dinosaur").text
                port = urlsplit(url).port
                second = subprocess.run(
                    [*command, str(port)], env=environment, capture_output=True, text=True, timeout=300, check=False
                )
                assert second.returncode == 1
                assert f"cannot listen on 127.0.0.1:{port}" in second.stderr
                assert "Traceback" not in second.stderr
                process.send_signal(signal.SIGINT)  # while a browser's connection is open
                assert process.wait(timeout=180) == 0
        finally:
            process.kill()


def test_what_cannot_be_served_is_told_before_a_page_is(tmp_path, environment):
    result = subprocess.run(
        [*NERRET, "serve", "--index", str(tmp_path), "--port", "0"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 1
    assert f"there is no index in {tmp_path}" in result.stderr
    assert "Traceback" not in result.stderr
