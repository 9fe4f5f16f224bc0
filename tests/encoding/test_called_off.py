"""A reader who has gone is not read to: the encoder stops between two batches."""

import numpy as np
import pytest

from nerret_tools.cancellation import CancelledError, cancellable
from nerret_tools.encoding import Tap
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.torch_backend import TorchEncoder


class Batches(list):
    """A proposer that finds nothing and keeps what it was shown: one entry a batch."""

    def propose(self, states, windows):
        self.append(len(windows))
        return [np.zeros((0, 2), dtype=np.int64) for _ in windows]


@pytest.fixture
def read(bert, bert_tokenizer):
    encoder = TorchEncoder(
        CutBackbone(bert, Tap(2, "value", "mean"), state_blocks=(1,)), bert_tokenizer, batch_tokens=1
    )
    return lambda batches: encoder.encode(["one river", "another river", "a third"], proposer=batches)


def test_it_stops_between_two_batches(read):
    batches = Batches()
    with cancellable(lambda: len(batches) == 2), pytest.raises(CancelledError):
        read(batches)
    assert batches == [1, 1]


def test_it_reads_to_the_end_where_somebody_waits(read):
    batches = Batches()
    with cancellable(lambda: False):
        assert len(read(batches)) == 3
    assert batches == [1, 1, 1]
