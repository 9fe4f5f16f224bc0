"""Killed workers and drivers lose nothing and repeat little; a slow store holds the workers back."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from nerret_tools import EntityIndex
from nerret_tools.distributed import index_dataset

from .conftest import QUIET, lines

pytestmark = QUIET

COUNT, BATCH = 160, 8
DRIVER = """
import sys
from nerret_tools.distributed import index_dataset
source, url, name = sys.argv[1:]
index_dataset(source, url, name, workers=1, batch_size=8, waiting_bytes=2**17, precision="float32")
"""


@pytest.fixture
def source(tmp_path, write_lines):
    return write_lines(tmp_path / "some.jsonl", lines(COUNT))


@pytest.fixture(scope="module")
def undisturbed(shared_server):
    """The name of an index of the same documents that nothing happened to."""
    with EntityIndex.open(shared_server.address, "undisturbed", precision="float32") as index:
        index.add(lines_as_documents())
    return "undisturbed"


def lines_as_documents():
    for record in lines(COUNT):
        yield {"id": record.pop("id"), "text": record.pop("text"), "metadata": record}


def encoders(cluster):
    """The processes of this cluster's workers that encode."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "RecordEncoder" in " ".join(process.cmdline()[:2]):
                node = process.parent()
                if node is not None and cluster in " ".join(node.cmdline()):
                    found.append(process)
    return found


def test_with_a_slow_store_and_a_killed_worker_nothing_is_lost_little_repeated_and_little_waits(
    cluster, proxy, shared_server, source, undisturbed, assert_equal
):
    killed = []

    def kill():
        proxy.wait_for(3 * BATCH)
        while not killed:
            for victim in encoders(cluster)[:1]:
                victim.send_signal(signal.SIGKILL)
                killed.append(victim.pid)

    proxy.pause = 0.25  # slower than the workers
    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    report = index_dataset(
        source, proxy.address, "worker-killed", workers=2, batch_size=BATCH, waiting_bytes=2**17, precision="float32"
    )
    killer.join(timeout=300)

    assert len(killed) == 1
    assert (report.added, report.failed) == (COUNT, [])
    assert sorted(proxy.written) == sorted(f"d{number}" for number in range(COUNT))
    assert proxy.encoded() - COUNT <= 4 * BATCH  # what one worker had been given
    assert proxy.most_ahead <= 10 * BATCH
    assert_equal(shared_server.address, "worker-killed", undisturbed)


def test_a_killed_driver_loses_nothing_and_repeats_little(
    cluster, proxy, shared_server, source, undisturbed, assert_equal
):
    proxy.pause = 0.2
    environment = {**os.environ, "RAY_ADDRESS": cluster, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", DRIVER, str(source), proxy.address, "driver-killed"]
    driver = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    proxy.wait_for(3 * BATCH)
    driver.send_signal(signal.SIGKILL)
    driver.wait(timeout=300)
    deadline = time.monotonic() + 300
    while encoders(cluster):
        assert time.monotonic() < deadline, "the workers outlived their driver"
        time.sleep(0.05)
    before = proxy.encoded()
    assert before < COUNT

    proxy.pause = 0.0
    report = index_dataset(source, proxy.address, "driver-killed", workers=1, batch_size=BATCH)

    assert report.added + report.unchanged == COUNT
    assert report.unchanged >= 2 * BATCH
    assert report.failed == []
    with EntityIndex.open(shared_server.address, "driver-killed") as index:
        assert index.stats().documents == COUNT
    assert_equal(shared_server.address, "driver-killed", undisturbed)
