"""What Chroma raises becomes one error; what is nobody's but ours stays what it is."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import chromadb
import pytest

from nerret_tools.errors import StoreUnavailableError
from nerret_tools.storage.calls import Caller


class BadGateway(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<html>the machine behind this one is asleep</html>"
        self.send_response(502)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


@contextmanager
def gateway():
    server = ThreadingHTTPServer(("127.0.0.1", 0), BadGateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_answer_that_chroma_does_not_understand_is_the_stores_error():
    call = Caller("http://somewhere", server=True)
    with gateway() as port, pytest.raises(StoreUnavailableError, match="asleep") as caught:
        call(chromadb.HttpClient, "127.0.0.1", port)
    assert isinstance(caught.value.__cause__, Exception)


@pytest.mark.parametrize("kind", [Exception, RuntimeError, LookupError, AttributeError])
def test_a_fault_of_ours_is_not_hidden(kind):
    def faulty():
        raise kind("a mistake")

    with pytest.raises(kind, match="a mistake"):
        Caller("folder", server=False)(faulty)
