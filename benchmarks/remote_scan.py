"""What bringing a client's copy up to date costs over the network: the first time, and after a small change.

    python benchmarks/remote_scan.py --mentions 100000 --change 0.01

Starts a Chroma server (`chroma run`), writes an index of synthetic mentions to it, and then takes the scan as a
client with an empty cache folder does, through a proxy that counts bytes: the first pull, one more scan with
nothing changed, and one after a share of the documents was added, replaced and deleted by the writer. Then the
same by a second client of the same machine, which begins with a copy of the first one's files.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np

from nerret_tools.storage import ChromaStore, MentionBlock, StoredDocument

DIMENSION = 256
MENTIONS_PER_DOCUMENT = 2.5
BATCH = 2_000
"""Documents in one write."""

SAME = {"identity": {"model": "synthetic", "fingerprint": "synthetic"}, "dimension": DIMENSION}
CLIENT = """
import json, sys, time
from benchmarks.remote_scan import open_store
store = open_store(sys.argv[1])
for line in sys.stdin:
    began = time.perf_counter()
    scan = store.scan()
    answer = {"seconds": time.perf_counter() - began, "mentions": int(scan.offsets[-1]), "live": int(scan.live.sum())}
    with open("/proc/self/status") as status:
        kept = dict(line.split(":", 1) for line in status)
    answer["private_mb"] = int(kept["RssAnon"].split()[0]) // 1024
    print(json.dumps(answer), flush=True)
store.close()
"""


def open_store(address: str) -> ChromaStore:
    """The benchmark's index."""
    return ChromaStore.open(address, "benchmark", **SAME)


class CountingProxy:
    """Passes connections on to a port of this machine and counts the bytes of the answers."""

    def __init__(self, port: int) -> None:
        self.received = 0
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        try:
            while part := source.recv(2**16):
                if counted:
                    self.received += len(part)
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other side went away


class Client:
    """A process that takes scans with a cache folder of its own, or with another client's."""

    def __init__(self, proxy: CountingProxy, cache: Path) -> None:
        self._proxy = proxy
        environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(Path(__file__).parents[1])}
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, proxy.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def scan(self, what: str) -> dict[str, object]:
        """One scan: seconds, megabytes received, rows."""
        before = self._proxy.received
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("scan\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return {"what": what, "megabytes": (self._proxy.received - before) / 1e6, **answer}

    def close(self) -> None:
        """Save the copy and end."""
        self._process.communicate(timeout=120)


def documents(first: int, last: int, version: int) -> Iterator[tuple[StoredDocument, MentionBlock]]:
    """Synthetic documents with one to four mentions."""
    world = np.random.default_rng((first, version))
    for number in range(first, last):
        count = int(world.integers(1, 2 * MENTIONS_PER_DOCUMENT))
        vectors = world.standard_normal((count, DIMENSION), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        spans = np.stack([np.arange(count), np.arange(count) + 1], axis=1)
        text = f"Sentence {number} in version {version}, which is about as long as a usual one is in an encyclopaedia."
        yield (
            StoredDocument(f"document-{number:08}", text, {"number": number}, f"{number}-{version}", count),
            MentionBlock(spans, ["x"] * count, vectors),
        )


def write(store: ChromaStore, first: int, last: int, version: int) -> None:
    """Write some documents in batches."""
    for start in range(first, last, BATCH):
        store.write(list(documents(start, min(start + BATCH, last), version)))


def serve(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A Chroma server that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/v2/heartbeat", timeout=1.0).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return process, port
    raise SystemExit("chroma run did not answer")


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    """Run, print a table, write JSON where asked to."""
    from machine import processor  # the clients import this file from elsewhere

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--change", type=float, default=0.01, help="share of documents added; half as many replaced")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    count = int(options.mentions / MENTIONS_PER_DOCUMENT)
    changed = max(2, int(count * options.change))
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/writer"
        server, port = serve(Path(folder) / "server")
        try:
            writer = open_store(f"http://127.0.0.1:{port}")
            seconds = timed(lambda: write(writer, 0, count, 0))
            proxy = CountingProxy(port)
            client = Client(proxy, Path(folder) / "reader")
            rows.append(client.scan("first pull"))
            rows.append(client.scan("nothing changed"))
            write(writer, count, count + changed, 0)
            rows.append(client.scan(f"{changed:,} documents added"))
            write(writer, 0, changed // 2, 1)
            rows.append(client.scan(f"{changed // 2:,} replaced"))
            writer.delete([f"document-{number:08}" for number in range(changed, changed + changed // 2)])
            rows.append(client.scan(f"{changed // 2:,} deleted"))
            second = Client(proxy, Path(folder) / "reader")
            rows.append(second.scan("a second client beside it"))
            for one in (client, second):
                one.close()
            stored = sum(path.stat().st_size for path in (Path(folder) / "server").rglob("*") if path.is_file())
            writer.close()
        finally:
            server.kill()
            server.wait()
    mentions = rows[0]["mentions"]
    print(f"{count:,} documents, {mentions:,} mentions of {DIMENSION} dimensions, {processor()}")
    print(f"written in {seconds:.1f} s; the server's folder has {stored / 1e6:,.0f} MB in the end")
    print(f"{'':32}{'seconds':>9}{'MB':>9}{'private MB':>12}")
    for row in rows:
        print(f"{row['what']:32}{row['seconds']:>9.2f}{row['megabytes']:>9.2f}{row['private_mb']:>12}")
    if options.json:
        summary = {"mentions": mentions, "write_seconds": seconds, "server_bytes": stored, "rows": rows}
        options.json.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
