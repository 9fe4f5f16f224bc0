"""One small Ray cluster for all tests here, a proxy that watches and slows a real Chroma server, a few documents."""

import json
import os
import threading
import time

import numpy as np
import pytest

from nerret_tools.storage import ChromaStore
from tests.conftest import Proxy

os.environ.setdefault("RAY_worker_niceness", "0")  # else its workers wait for all other tests

QUIET = [
    # Ray copies its own settings with their deprecated ones, and warns of each.
    pytest.mark.filterwarnings(f"ignore:.*`{name}` is deprecated:DeprecationWarning:ray")
    for name in ("use_push_based_shuffle", "use_polars", "use_arrow_tensor_v2", "log_internal_stack_trace_to_stdout")
]
NAMES = "Lufthansa Qantas Microraptor Stegosaurus Orinoco Etna Komodo Quito Leipzig Python".split()
EVENTS = ["flew over", "was named after", "is older than", "was seen near"]


def lines(count):
    """Records of JSON lines, with metadata of several kinds."""
    return [
        {
            "id": f"d{number}",
            "text": f"{NAMES[number % 10]} {EVENTS[number % 4]} {NAMES[number * 7 % 10]} in {1900 + number}.",
            "year": 1900 + number,
            **({"tags": ["a", None], "odd": True} if number % 2 else {}),
        }
        for number in range(count)
    ]


@pytest.fixture(scope="session")
def write_lines():
    """Writes records as JSON lines; a string is written as it is."""

    def write(path, records):
        text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="package")
def cluster():
    """Two workers' worth of Ray on this machine; gives its address."""
    import ray

    from nerret_tools.distributed.cluster import connected

    with connected(2):
        yield ray.get_runtime_context().gcs_address


@pytest.fixture(scope="session")
def contents():
    """All that an index holds, by document, with the vectors apart."""

    def read(url, name):
        store = ChromaStore.open(url, name, identity={}, dimension=500, create=False)
        ids = sorted(store.matching({}))
        scan = store.scan()
        vectors = {
            name: np.array(scan.vectors[scan.offsets[row] : scan.offsets[row + 1]])
            for row, name in enumerate(scan.document_ids)
            if scan.live[row]
        }
        documents = store.documents(ids)
        keys = [(document.id, number) for document in documents for number in range(document.mention_count)]
        plain = {
            "documents": [(one.id, one.text, one.metadata, one.content_hash, one.mention_count) for one in documents],
            "mentions": store.mentions(keys),
            "identity": store.identity,
            "counts": (store.count_documents(), store.count_mentions()),
        }
        store.close()
        return plain, vectors

    return read


@pytest.fixture(scope="session")
def assert_equal(contents):
    """Two indexes on a server hold the same, vectors up to rounding."""

    def compare(url, name, other):
        (first, vectors), (second, others) = contents(url, name), contents(url, other)
        assert first == second
        assert vectors.keys() == others.keys()
        for key, one in vectors.items():
            step = np.abs(one).max(initial=0) / 127  # another batch may round a number the other way
            np.testing.assert_allclose(one, others[key], rtol=0, atol=1.01 * step, err_msg=key)
            assert np.mean(np.abs(one - others[key]) > step / 2) < 0.02, key

    return compare


class Watched(Proxy):
    """A proxy that counts documents looked up and written.

    Attributes:
        pause: Seconds that each write of documents takes longer.
        most_ahead: The most documents that were looked up to be encoded and not yet written.
    """

    def __init__(self, target):
        self.pause = 0.0
        self.lock = threading.Lock()
        self.asked = 0
        self.looked_up, self.written = set(), []
        self.most_ahead = 0
        super().__init__(target)
        self.before = self.note

    def encoded(self):
        """Documents looked up by workers, with repetitions: the writer looks at each once more before it writes it."""
        return self.asked - len(self.written)

    def wait_for(self, written, seconds=900):
        """Wait until so many documents were written."""
        deadline = time.monotonic() + seconds
        while len(self.written) < written:
            assert time.monotonic() < deadline, f"only {len(self.written)} documents were written"
            time.sleep(0.02)

    def note(self, path, body):
        ids = body.get("ids") or [] if path.endswith(("/get", "/upsert")) else []
        if not ids or "#" in ids[0]:
            return
        if path.endswith("/upsert"):
            time.sleep(self.pause)
        with self.lock:
            if path.endswith("/get"):
                self.asked += len(ids)
                self.looked_up.update(ids)
            else:
                self.written += ids
            self.most_ahead = max(self.most_ahead, len(self.looked_up.difference(self.written)))


@pytest.fixture
def proxy(shared_server):
    """Before the shared server."""
    server = Watched(shared_server.address)
    yield server
    server.close()
