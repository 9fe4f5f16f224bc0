"""What every test shares: no network, data that may be absent, a real Chroma server, two workers."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import SystemRandom

import httpx
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run small things; threads that wait for each other cost more

# The same examples each time, however slow the machine: a failure is of the change, and not of the day.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("steady")

START_SECONDS = 120.0

SHARED = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items):
    """Keep together on one worker of pytest-xdist what shares fixtures: each file, and all with the Chroma servers."""
    with_server = {item.location[0] for item in items if {"shared_server", "own_server"} & set(item.fixturenames)}
    for item in items:
        item.add_marker(pytest.mark.xdist_group("servers" if item.location[0] in with_server else item.location[0]))


@pytest.fixture(scope="session")
def shared_data():
    """The folder of labelled data beside the repository; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the labelled data in ../shared/data, which is not part of the project")
    return SHARED


def free_port():
    """A port that stays free: one below those that the system hands out to whoever connects or asks for any."""
    for port in SystemRandom().sample(range(20_000, 30_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


class Server:
    """`chroma run` on a port of this machine; can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process = None

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(self.folder)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.address}/api/v2/heartbeat", timeout=1.0).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("chroma run did not answer")

    @property
    def running(self) -> bool:
        return self._process is not None

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=300)
            self._process = None


def noted(body):
    """The JSON of a request."""
    return json.loads(body or b"null")


class Answering(BaseHTTPRequestHandler):
    """Hands each request to its server's `respond`: method, path, headers and body in, status and content out."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.respond(self.command, self.path, self.headers, body)
        if answer is None:
            self.close_connection = True
            return
        status, content = answer
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status >= 400:
            self.send_header("Connection", "close")  # some clients forget it
        self.send_header("Retry-After-Ms", "1")  # the client waits as long as it is told
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

    def handle(self):
        with suppress(OSError):  # a client that gave up or was killed
            super().handle()

    def log_message(self, *_):
        pass


class Listening(ThreadingHTTPServer):
    """A server on this machine until it is closed."""

    daemon_threads = True

    def __init__(self, respond):
        super().__init__(("127.0.0.1", 0), Answering)
        self.respond = respond
        self.address = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self):
        self.shutdown()
        self._thread.join()
        self.server_close()


class Endpoint(Listening):
    """Answers JSON with what ``answer(body, number)`` returns: a status and an object or raw bytes."""

    def __init__(self, answer):
        self.requests = []
        self._answer = answer
        super().__init__(self._respond)
        self.url = f"{self.address}/v1"

    def _respond(self, method, path, headers, body):
        self.requests.append((path, headers, noted(body)))
        return self._answer(self.requests[-1][2], len(self.requests))


class Proxy(Listening):
    """Hands requests on to a server; `before` may answer a path and a body itself, `after` hears what was answered."""

    def __init__(self, target):
        self.client = httpx.Client(base_url=target, timeout=300)
        self.before = self.after = lambda path, body: None
        super().__init__(self._respond)

    def _respond(self, method, path, headers, body):
        told = noted(body)
        if (own := self.before(path, told)) is not None:
            return own
        kept = {key: value for key, value in headers.items() if key.lower() in ("content-type", "accept")}
        try:
            answer = self.client.request(method, path, content=body, headers=kept)
        except httpx.TransportError:
            return None
        self.after(path, told)
        return answer.status_code, answer.content

    def close(self):
        super().close()
        self.client.close()


@pytest.fixture(scope="session")
def run_script():
    """Runs Python code in a process of its own that sees the same packages."""

    def run(code, *arguments, **options):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", code, *map(str, arguments)]
        options = {"capture_output": True, "text": True, "timeout": 300, "env": environment, **options}
        return subprocess.run(command, check=False, **options)

    return run


@pytest.fixture
def serve():
    """Starts an OpenAI-compatible endpoint on this machine that answers as it is told."""
    opened = []

    def start(answer):
        opened.append(Endpoint(answer))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory) -> Iterator[Server]:
    """One server for all tests that only need some server."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def _killable(tmp_path_factory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("killable"))
    yield server
    server.kill()


@pytest.fixture
def own_server(_killable) -> Server:
    """A running server that the test may kill; it has the indexes of others."""
    if not _killable.running:
        _killable.start()
    return _killable


@pytest.fixture
def proxy(shared_server) -> Iterator[Proxy]:
    """Before the shared server."""
    server = Proxy(shared_server.address)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
