"""The command itself over stdio, from a cold start to its exit."""

import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import anyio
import psutil
import pytest
from mcp import Client, StdioServerParameters

from nerret_tools import EntityIndex
from tests.detectors import FirstWords

from .conftest import TOOL

HANDSHAKE_SECONDS = 1.5
HANDSHAKE_SHARE = 2
"""Of the processor's time of a process that only imports the MCP SDK: on a busy machine that alone takes longer than
the seconds. A handshake takes 1.4 times as much, and one that loads Chroma or torch 3 times."""

EXIT_SECONDS = 2.0
"""After which clients use force."""

ATTEMPTS = 5
"""The machine may be busy with other things; what is too slow in itself is so every time."""

CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
QUESTION = {"name": TOOL, "arguments": {"entity_type": "dinosaur"}, "_meta": {"progressToken": "p"}}


class Conversation:
    """JSON-RPC with a process, line by line; every line it writes is kept."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self._queue = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            self._queue.put(line)

    def send(self, message):
        text = message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message})
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def begin(self):
        """The handshake."""
        self.send({"id": 1, "method": "initialize", "params": CLIENT})
        assert self.answer(1)["result"]["serverInfo"]["name"] == "nerret"
        self.send({"method": "notifications/initialized"})

    def ask(self):
        """A question with the number 2, whose answer can be waited for."""
        self.send({"id": 2, "method": "tools/call", "params": QUESTION})

    def answer(self, number, seconds=300):
        """The answer to a request (None: to a line that was none); notifications before it stay in `lines`."""
        until = time.monotonic() + seconds
        while True:
            message = json.loads(self._queue.get(timeout=max(0.01, until - time.monotonic())))
            if "method" not in message and message["id"] == number:
                return message

    def end(self):
        """Closes stdin; gives the seconds that the process took to leave."""
        began = time.monotonic()
        self.process.stdin.close()
        self.process.wait(timeout=300)
        gone = time.monotonic() - began
        self.reader.join(timeout=300)
        return gone


@pytest.fixture
def start(environment, foreign_place):
    @contextmanager
    def started(*flags):
        command = [sys.executable, "-m", "nerret_mcp", "--index", str(foreign_place), *flags]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
            conversation = Conversation(process)
            try:
                yield conversation
            finally:
                if process.poll() is None:
                    process.kill()
                conversation.reader.join(timeout=300)  # before the pipe is closed under it

    return started


def test_the_handshake_of_a_cold_start_is_quick(start):
    count = "import mcp.server, time; print(time.process_time())"
    seen = []
    for _ in range(ATTEMPTS):
        began = time.monotonic()
        with start() as conversation:
            conversation.begin()
            taken = time.monotonic() - began
            times = psutil.Process(conversation.process.pid).cpu_times()
            conversation.end()
        if taken <= HANDSHAKE_SECONDS:
            return
        imports = float(subprocess.run([sys.executable, "-c", count], capture_output=True, check=True).stdout)
        if times.user + times.system <= HANDSHAKE_SHARE * imports:
            return
        seen.append((taken, times, imports))
    pytest.fail(f"seconds of the handshake, the processor's, and of importing the SDK: {seen}")


def test_neither_torch_nor_chroma_is_imported_before_the_handshake(run_script, foreign_place):
    script = (
        "import sys\n"
        "from nerret_mcp.library import Library\n"
        "from nerret_mcp.options import Options\n"
        "from nerret_mcp.server import create_server\n"
        "library = Library(sys.argv[1])\n"
        "library.check()\n"
        "create_server(library, Options(index=sys.argv[1]))\n"
        "print([name for name in ('torch', 'transformers', 'chromadb') if name in sys.modules])\n"
    )
    result = run_script(script, foreign_place)
    assert result.stdout.strip() == "[]", result.stderr


def test_every_line_of_stdout_is_json_rpc_and_the_end_of_stdin_ends_it(start):
    with start("--log-level", "DEBUG") as conversation:
        conversation.begin()
        conversation.ask()
        assert conversation.answer(2)["result"]["structuredContent"]["returned"] > 0
        conversation.send({"id": 3, "method": "nonsense/method"})
        assert "error" in conversation.answer(3)
        conversation.send("this is not JSON")
        assert conversation.answer(None)["error"]["code"] == -32700
        conversation.send({"id": "half", "verb": "nonsense"})
        assert conversation.answer("half")["error"]["code"] == -32600
        arguments = '{"entity_type": "dinosaur \\ud83e", "limit": null, "min_relevance": "", "cursor": null}'
        call = f'{{"name": "{TOOL}", "arguments": {arguments}}}'
        conversation.send(f'{{"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {call}}}')
        assert conversation.answer(5)["result"]["structuredContent"]["returned"] > 0
        conversation.send({"id": 4, "method": "ping"})
        assert conversation.answer(4)["result"] == {}
        conversation.end()
        assert conversation.process.returncode == 0
    lines = [json.loads(line) for line in conversation.lines]
    assert len(lines) > 4
    assert {line["jsonrpc"] for line in lines} == {"2.0"}
    assert "notifications/progress" in [line.get("method") for line in lines]


def test_the_end_of_stdin_ends_it_before_clients_use_force(start):
    taken = []
    while not taken or taken[-1] >= EXIT_SECONDS:
        assert len(taken) < ATTEMPTS, f"it left after {taken} seconds"
        with start() as conversation:
            conversation.begin()
            conversation.ask()
            conversation.answer(2)
            taken.append(conversation.end())


def test_ctrl_c_ends_it_while_it_waits_for_a_line(start):
    with start() as conversation:
        conversation.begin()
        conversation.process.send_signal(signal.SIGINT)
        assert conversation.process.wait(timeout=300) == 0
        assert "Traceback" not in conversation.process.stderr.read()


def test_a_client_that_leaves_while_the_model_loads_is_not_waited_for(start):
    with start() as conversation:
        conversation.begin()
        conversation.ask()
        assert conversation.end() < EXIT_SECONDS
        assert conversation.process.returncode == 0


@pytest.mark.anyio
async def test_an_independent_client_pages_to_the_end(environment, foreign_place, check_pages):
    command = ["-m", "nerret_mcp", "--index", str(foreign_place)]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=environment)
    with anyio.fail_after(180):
        async with Client(parameters) as client:
            await check_pages(client)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--index", "nowhere-at-all"], "there is no index"),
        ([], "--index"),
        (["--index", "PLACE", "--collection", "nothing"], "there are: default, small"),
        (["--index", "PLACE", "--model", "gigantic"], "no model is called 'gigantic'"),
        (["--index", "http://127.0.0.1:9"], "no Chroma server answers"),
        (["--index", "PLACE", "--transport", "http", "--host", "0.0.0.0"], "other machines"),
        (["--index", "PLACE", "--wrong"], "unrecognized arguments"),
        (["--index", "ANOTHER"], "was made with model"),
        (["--index", "DAMAGED"], "damaged"),
    ],
)
def test_what_cannot_be_served_is_told_on_stderr_with_exit_code_2(nerret_mcp, foreign_place, tmp_path, flags, words):
    places = {"PLACE": foreign_place, "ANOTHER": tmp_path / "another", "DAMAGED": tmp_path / "damaged"}
    if "ANOTHER" in flags:
        EntityIndex.open(places["ANOTHER"], detector=FirstWords()).close()
    if "DAMAGED" in flags:
        shutil.copytree(foreign_place, places["DAMAGED"])
        (places["DAMAGED"] / "chroma.sqlite3").write_bytes(b"no database at all" * 1000)
    code, shown, said = nerret_mcp(*(places.get(flag, flag) for flag in flags))
    assert (code, shown) == (2, "")
    assert words in said
    assert ("made with" in said) == ("ANOTHER" in flags)


def test_two_servers_and_a_writer_share_a_folder(start, foreign_place):
    with EntityIndex.open(foreign_place) as writer, start() as one, start() as other:
        writer.add([])  # from here on it holds the lock
        for conversation in (one, other):
            conversation.begin()
            conversation.ask()
        for conversation in (one, other):
            assert conversation.answer(2)["result"]["structuredContent"]["returned"] > 0
