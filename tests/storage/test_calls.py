"""What Chroma raises becomes one error; what is nobody's but ours stays what it is."""

import chromadb
import pytest

from nerret_tools.errors import StoreUnavailableError
from nerret_tools.storage.calls import Caller


def test_an_answer_that_chroma_does_not_understand_is_the_stores_error(serve):
    gateway = serve(lambda *_: (502, b"<html>the machine behind this one is asleep</html>"))
    with pytest.raises(StoreUnavailableError, match="asleep") as caught:
        Caller("http://somewhere", server=True)(chromadb.HttpClient, "127.0.0.1", gateway.server_port)
    assert isinstance(caught.value.__cause__, Exception)


@pytest.mark.parametrize("kind", [Exception, RuntimeError, LookupError, AttributeError])
def test_a_fault_of_ours_is_not_hidden(kind):
    def faulty():
        raise kind("a mistake")

    with pytest.raises(kind, match="a mistake"):
        Caller("folder", server=False)(faulty)
