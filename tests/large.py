"""A Llama cut down to test size, with the real tap's place and width, and a tokenizer like Llama 3's."""

import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SENTENCES = [
    "The small dinosaur crossed the river near Oslo.",
    "An airline from Peru bought nine aircraft in 1994.",
    'Nobody in the village (Oslo) had seen a "comet" before, said Jean-Luc O\'Brien.\n\nNobody.',
]

# How Llama 3's tokenizer is published to split texts before its merges.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level_tokenizer(*, trim_offsets: bool = False) -> PreTrainedTokenizerFast:
    """Byte-level BPE with a token before each text, trained on three sentences."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    special, pad = "<|begin_of_text|>", "<|end_of_text|>"
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=380, special_tokens=[special, pad], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=trim_offsets),
            processors.TemplateProcessing(single=f"{special} $A", special_tokens=[(special, 0)]),
        ]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=special, eos_token=pad, pad_token=pad)


def random_llama(blocks: int = 20, **changes: object) -> LlamaForCausalLM:
    """Random weights; values are 8 heads × 128 = 1,024 wide, as in Llama 3.1 8B."""
    torch.manual_seed(4)
    sizes = {
        "vocab_size": 400,
        "hidden_size": 32,
        "num_hidden_layers": blocks,
        "num_attention_heads": 8,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "intermediate_size": 48,
        "max_position_embeddings": 512,
    }
    model = LlamaForCausalLM(LlamaConfig(**sizes | changes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)  # at its first values a small model hardly tells its inputs apart
    return model


def authors_head(width: int = 1024) -> nn.Sequential:
    """The published projection's layers, with random weights."""
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(width, 500), nn.SiLU(), nn.Dropout(0.1), nn.Linear(500, 500)).eval()
