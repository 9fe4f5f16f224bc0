"""The span head in torch, to be trained, and to run beside a backbone in torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from nerret_tools.detection.span_chooser import MAX_WORDS, SpanChooser, Windows, WordLayout, lay_out
from nerret_tools.detection.word_shapes import SHAPE_COUNT
from nerret_tools.errors import ModelError

WIDTH = 256  # of the head's own states
HEADS = 4


class SpanHead(nn.Module, SpanChooser):
    """Scores every run of at most `MAX_WORDS` words as a mention.

    A word is the mean of its tokens' states with an embedding of its letter case, one small
    transformer layer mixes the words, and a span is scored from its first word, its last word,
    the words between and its length.

    Args:
        state_dimension: Width of the states that go in.
        threshold: Probability over which a span is proposed. Low: a false span costs a vector,
            a missed one its document.
        overlap_threshold: The same where it overlaps a likelier one: a name inside a name, or
            the same name cut otherwise.
    """

    def __init__(self, state_dimension: int, threshold: float = 0.5, overlap_threshold: float = 0.5) -> None:
        super().__init__()
        self.threshold = threshold
        self.overlap_threshold = overlap_threshold
        self.entry = nn.Linear(state_dimension, WIDTH)
        self.entry_norm = nn.LayerNorm(WIDTH)
        self.shape = nn.Embedding(SHAPE_COUNT, WIDTH)
        self.mixer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, dim_feedforward=2 * WIDTH, dropout=0.1, activation="gelu", batch_first=True
        )
        self.first = nn.Linear(WIDTH, WIDTH)
        self.last = nn.Linear(WIDTH, WIDTH)
        self.alone = nn.Linear(WIDTH, 3)  # how well a word begins, ends, and lies inside a mention
        self.length = nn.Parameter(torch.zeros(MAX_WORDS))

    @property
    def state_dimension(self) -> int:
        """Width of the states that go in."""
        return self.entry.in_features

    def forward(self, words: Tensor, shapes: Tensor, mask: Tensor) -> Tensor:
        """Score spans.

        Args:
            words: Mean state of each word, ``[batch, n_words, state_dimension]``.
            shapes: Letter case, ``[batch, n_words]``.
            mask: True where there is a word, ``[batch, n_words]``.

        Returns:
            Logits ``[batch, n_words, MAX_WORDS]``: first word and length - 1. Spans that run
            past the end are minus infinity.
        """
        mixed = self.entry_norm(self.entry(words) + self.shape(shapes))
        mixed = self.mixer(mixed, src_key_padding_mask=~mask)
        count = mixed.shape[1]
        lengths = torch.arange(MAX_WORDS, device=mixed.device)
        ends = torch.arange(count, device=mixed.device).unsqueeze(1) + lengths  # [n_words, MAX_WORDS]
        last = ends.clamp(max=count - 1)
        pairs = self.first(mixed) @ self.last(mixed).transpose(1, 2) / WIDTH**0.5
        begins, stops, inside = self.alone(mixed).unbind(dim=-1)
        totals = F.pad(inside.cumsum(dim=1), (1, 0))
        means = (totals[:, last + 1] - totals[:, :count].unsqueeze(2)) / (lengths + 1)
        firsts = torch.arange(count, device=mixed.device).unsqueeze(1)
        logits: Tensor = pairs[:, firsts, last] + begins.unsqueeze(2) + stops[:, last] + means + self.length
        real = (ends < count).unsqueeze(0) & mask[:, last]
        return logits.masked_fill(~real, -torch.inf)

    def word_states(self, states: Tensor, windows: Windows) -> tuple[Tensor, Tensor, Tensor, list[np.ndarray]]:
        """Gather words from tokens: the three arguments of `forward`, and the bounds of `WordLayout`."""
        layout = lay_out(windows)
        return *self.words_of(states, layout), layout.bounds

    def words_of(self, states: Tensor, layout: WordLayout) -> tuple[Tensor, Tensor, Tensor]:
        """The three arguments of `forward`."""
        # One gather and one sum for the whole batch: many small ones would cost more than the backbone.
        place, lengths = states.device, layout.lengths
        owner = torch.from_numpy(np.repeat(np.arange(lengths.size), lengths.ravel())).to(place)
        tokens = states[torch.from_numpy(layout.rows).to(place), torch.from_numpy(layout.columns).to(place)].float()
        totals = torch.zeros(lengths.size, states.shape[-1], dtype=torch.float32, device=place)
        totals.index_add_(0, owner, tokens)
        words = (totals / torch.from_numpy(lengths).to(place).clamp(min=1).view(-1, 1)).view(*lengths.shape, -1)
        device = self.length.device
        return words.to(device), torch.from_numpy(layout.shapes).to(device), torch.from_numpy(layout.mask).to(device)

    @torch.inference_mode()
    def probabilities(self, states: Tensor, layout: WordLayout) -> np.ndarray:
        """See `SpanChooser`."""
        words, shapes, mask = self.words_of(states, layout)
        return np.asarray(self(words, shapes, mask).sigmoid().float().cpu().numpy())

    def save(self, path: Path) -> None:
        """Write weights, in half precision, and thresholds as safetensors."""
        # One entry: several stand in any order, and the same head shall be the same bytes.
        save_file(
            {name: value.half() for name, value in self.state_dict().items()},
            path,
            metadata={"thresholds": f"{self.threshold!r} {self.overlap_threshold!r}"},
        )

    @classmethod
    def load(cls, path: Path) -> SpanHead:
        """Read what `save` wrote, ready for inference.

        Raises:
            ModelError: The file is missing, damaged, or holds something else.
        """
        try:
            with safe_open(path, framework="pt") as file:
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
                metadata = file.metadata() or {}
            width = weights["entry.weight"].shape[1]
            threshold, overlap_threshold = map(float, metadata["thresholds"].split())
            head = cls(width, threshold, overlap_threshold)
            head.load_state_dict(weights)
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise ModelError(f"{path} is not a span head that can be read: {error}") from error
        return head.eval()
