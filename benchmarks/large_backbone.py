"""How fast a large backbone makes embeddings, against the reference path of arXiv 2509.04011.

    python benchmarks/large_backbone.py [--small] [--documents N] [--rounds N] [--json]

Random weights of the shape of Llama 3.1 8B, in bfloat16, on one GPU: speed does not depend on the
values. ``--small`` takes a scaled-down shape on one thread of the CPU, which says nothing about a
GPU; it is what runs where there is none. Its clock is the processor's time, so that other programs
on the machine matter less.

Ours: `TorchEncoder` over the backbone cut at the value projection of block 17, texts packed in rows.
Reference: the complete causal model with its output layer, batches of 50 texts in the given order,
padded on the right, a hook on that projection, and the MLP once a span.

Texts are random words; their numbers of tokens follow those of sentences (mean 32) or of paragraphs
(mean 250), with four spans in a sentence and twenty in a paragraph. Reported for each: tokens and
documents a second, the most memory taken (on the CPU: of the process), and the share of the matrix
rate that the device reaches by itself with products of the block's own shapes. Ours is counted by
the operations that it does, 17 blocks and one projection, not by those of the complete model.
Both sides give the same vectors; how far they lie apart is printed too. Each side runs in a process
of its own; the clock starts after one warm-up call.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, LlamaModel, PreTrainedTokenizerFast

from nerret_tools.encoding import Tap
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.encoding.projection import Projection
from nerret_tools.encoding.torch_backend import BATCH_TOKENS, GPU_BATCH_TOKENS, GPU_TEXTS_AHEAD, TorchEncoder

BLOCK, REFERENCE_BATCH, SEED = 17, 50, 0
SIDES = ("nerret", "reference")
KINDS = {"sentences": (32, 4), "paragraphs": (250, 20)}  # mean tokens, spans a document
LLAMA = {
    "vocab_size": 128_256,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14_336,
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1e-5,
}
SMALL = LLAMA | {
    "vocab_size": 8192,
    "hidden_size": 256,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 128,
    "intermediate_size": 896,
}
WORDS = 8000  # each one token


def main() -> None:
    """Parse the arguments; measure, or be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="the scaled-down shape on the CPU, in float32")
    parser.add_argument("--documents", type=int, help="of each kind (default 2000; 40 with --small)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side (default 3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=tuple(KINDS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.small and not torch.cuda.is_available():
        parser.error("there is no GPU here; --small runs a scaled-down shape on the CPU")
    arguments.documents = arguments.documents or (40 if arguments.small else 2000)
    if arguments.small:
        torch.set_num_threads(1)
    if arguments.side:
        print(json.dumps(run_side(arguments)))
        return
    summary = measure(arguments)
    print(json.dumps(summary, indent=2) if arguments.json else as_text(summary))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Both sides on both kinds of text, each in a fresh process."""
    device = torch.device("cpu" if arguments.small else "cuda")
    rate = matrix_rate(device, SMALL if arguments.small else LLAMA)
    torch.cuda.empty_cache()
    results: dict[str, Any] = {}
    for kind in KINDS:
        sides = {side: in_process(arguments, kind, side) for side in SIDES}
        ours, theirs = sides["nerret"], sides["reference"]
        apart = np.array(ours.pop("sample")) - np.array(theirs.pop("sample"))
        for side in sides.values():
            side["share_of_matrix_rate"] = side["tokens_per_second"] * side["operations_per_token"] / rate
        ratio = ours["tokens_per_second"] / theirs["tokens_per_second"]
        results[kind] = sides | {"ratio": ratio, "largest_difference": float(np.abs(apart).max())}
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"CPU, {torch.get_num_threads()} thread(s)"
    shape = "scaled-down shape, which says nothing about a GPU" if arguments.small else "shape of Llama 3.1 8B"
    return {"device": name, "shape": shape, "matrix_tflops": rate / 1e12, "kinds": results}


def in_process(arguments: argparse.Namespace, kind: str, side: str) -> dict[str, Any]:
    """Run one side by itself."""
    command = [sys.executable, __file__, "--side", side, "--kind", kind]
    command += ["--documents", str(arguments.documents), "--rounds", str(arguments.rounds)]
    command += ["--small"] if arguments.small else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def run_side(arguments: argparse.Namespace) -> dict[str, Any]:
    """Embed the documents ``rounds`` times, in this process."""
    device = torch.device("cpu" if arguments.small else "cuda")
    dtype = torch.float32 if arguments.small else torch.bfloat16
    texts, spans = make_documents(arguments.documents, *KINDS[arguments.kind])
    tokenizer = word_tokenizer()
    shape = LlamaConfig(**(SMALL if arguments.small else LLAMA), tie_word_embeddings=False)
    width = shape.num_key_value_heads * shape.head_dim
    mlp = random_mlp(width).to(device)
    embed: Callable[[list[str], list[list[tuple[int, int]]]], np.ndarray]
    if arguments.side == "nerret":
        embed, operations = our_side(shape, tokenizer, mlp, device, dtype)
    else:
        embed, operations = reference_side(shape, tokenizer, mlp.to(dtype), device, dtype)
    embed(texts[:REFERENCE_BATCH], spans[:REFERENCE_BATCH])
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    tokens = sum(len(text.split()) + 1 for text in texts)
    clock, seconds = clock_of(device), []
    for _ in range(arguments.rounds):
        started = clock()
        vectors = embed(texts, spans)
        seconds.append(clock() - started)
    memory = (
        torch.cuda.max_memory_allocated()
        if device.type == "cuda"
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    return {
        "tokens_per_second": tokens / median(seconds),
        "documents_per_second": len(texts) / median(seconds),
        "peak_gb": memory / 1e9,
        "operations_per_token": operations,
        "sample": vectors[:: max(1, len(vectors) // 50)].tolist(),
    }


def our_side(
    shape: LlamaConfig, tokenizer: PreTrainedTokenizerFast, mlp: nn.Sequential, device: torch.device, dtype: torch.dtype
) -> tuple[Callable[..., np.ndarray], float]:
    """The library's encoder and projection, over blocks with the reference's weights."""
    full_depth, shape.num_hidden_layers = shape.num_hidden_layers, BLOCK + 1
    with device:  # built there: filling so many numbers by the CPU takes minutes
        model = LlamaModel._from_config(shape, dtype=dtype)  # as `load_backbone` makes it: without the upper blocks
    fill(model)
    cut = CutBackbone(model, Tap(BLOCK, "value", "last"))
    shape.num_hidden_layers = full_depth
    gpu = device.type == "cuda"
    encoder = TorchEncoder(
        cut,
        tokenizer,
        window_tokens=2048,
        batch_tokens=GPU_BATCH_TOKENS if gpu else BATCH_TOKENS,
        texts_ahead=GPU_TEXTS_AHEAD if gpu else None,
    )
    projection = Projection(mlp[0].in_features).to(device).eval()
    names = {"first.weight": "0.weight", "first.bias": "0.bias", "second.weight": "3.weight", "second.bias": "3.bias"}
    weights = mlp.state_dict()
    projection.load_state_dict(
        {ours: weights[theirs] for ours, theirs in names.items()}
        | {"center": torch.zeros(mlp[0].in_features, device=device)}
    )

    @torch.inference_mode()
    def embed(texts: list[str], spans: list[list[tuple[int, int]]]) -> np.ndarray:
        raw = np.concatenate([one.vectors for one in encoder.encode(texts, spans)])
        projected: np.ndarray = projection(torch.from_numpy(raw).to(device)).cpu().numpy()
        return projected

    return embed, operations_per_token(shape, BLOCK) + 2 * shape.hidden_size * mlp[0].in_features


def reference_side(
    shape: LlamaConfig, tokenizer: PreTrainedTokenizerFast, mlp: nn.Sequential, device: torch.device, dtype: torch.dtype
) -> tuple[Callable[..., np.ndarray], float]:
    """The complete causal model with a hook, as the paper's authors run it."""
    with device:
        model = LlamaForCausalLM._from_config(shape, dtype=dtype).eval()
    fill(model.model)
    seen: dict[str, torch.Tensor] = {}
    model.model.layers[BLOCK].self_attn.v_proj.register_forward_hook(lambda _m, _i, out: seen.update(values=out))

    @torch.inference_mode()
    def embed(texts: list[str], spans: list[list[tuple[int, int]]]) -> np.ndarray:
        vectors = []
        for first in range(0, len(texts), REFERENCE_BATCH):
            part = texts[first : first + REFERENCE_BATCH]
            batch = tokenizer(part, padding=True, return_tensors="pt", return_offsets_mapping=True)
            offsets = batch.pop("offset_mapping").tolist()
            ids, mask = batch["input_ids"].to(device), batch["attention_mask"].to(device)
            model(input_ids=ids, attention_mask=mask, use_cache=False)
            for row, wanted in enumerate(spans[first : first + REFERENCE_BATCH]):
                for _, end in wanted:
                    last = next(i for i, (a, b) in enumerate(offsets[row]) if a < end <= b)
                    vectors.append(mlp(seen["values"][row, last]).float().cpu().numpy())
        matrix = np.stack(vectors)
        unit: np.ndarray = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
        return unit

    head = 2 * shape.hidden_size * shape.vocab_size
    return embed, operations_per_token(shape, shape.num_hidden_layers) + head


def make_documents(count: int, mean: int, spans_each: int) -> tuple[list[str], list[list[tuple[int, int]]]]:
    """Random words, as many as sentences or paragraphs have, in no order of length."""
    generator = np.random.default_rng(SEED)
    texts, spans = [], []
    for length in np.clip(generator.gamma(4, mean / 4, size=count), 6, 1500).astype(int):
        words = [f"w{number}" for number in generator.integers(0, WORDS, size=length)]
        starts = np.concatenate([[0], np.cumsum([len(word) + 1 for word in words])])
        chosen = sorted(generator.choice(length, size=min(spans_each, length), replace=False).tolist())
        texts.append(" ".join(words))
        spans.append([(int(starts[word]), int(starts[word]) + len(words[word])) for word in chosen])
    return texts, spans


def word_tokenizer() -> PreTrainedTokenizerFast:
    """One token a word, with one before each text as Llama has it."""
    vocabulary = {"<s>": 0, "<pad>": 1} | {f"w{number}": number + 2 for number in range(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", unk_token="<pad>", padding_side="right"
    )


def fill(model: nn.Module) -> None:
    """The same random weights on both sides, block by block, whatever lies above the tap."""
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            continue
        generator = torch.Generator(parameter.device).manual_seed(SEED + sum(map(ord, name)))
        with torch.no_grad():
            parameter.normal_(0, 0.02, generator=generator)


def random_mlp(width: int) -> nn.Sequential:
    """The projection's shape."""
    torch.manual_seed(SEED)
    return nn.Sequential(nn.Linear(width, 500), nn.SiLU(), nn.Dropout(0.1), nn.Linear(500, 500)).eval()


def operations_per_token(shape: LlamaConfig, blocks: int) -> float:
    """Multiplications and additions of the matrices of so many blocks; attention's own left out."""
    attention = shape.num_attention_heads * shape.head_dim * 2 + shape.num_key_value_heads * shape.head_dim * 2
    return 2.0 * blocks * shape.hidden_size * (attention + 3 * shape.intermediate_size)


def clock_of(device: torch.device) -> Callable[[], float]:
    """Seconds: of the wall for a GPU, of the processor for the CPU."""
    return time.process_time if device.type == "cpu" else time.perf_counter


def matrix_rate(device: torch.device, shape: dict[str, Any], seconds: float = 2.0) -> float:
    """Operations a second of plain products in the shapes of a block's widest layer."""
    dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
    rows = BATCH_TOKENS if device.type == "cpu" else GPU_BATCH_TOKENS
    left = torch.randn(rows, shape["hidden_size"], device=device, dtype=dtype)
    right = torch.randn(shape["hidden_size"], shape["intermediate_size"], device=device, dtype=dtype)
    each = 2.0 * rows * shape["hidden_size"] * shape["intermediate_size"]

    clock = clock_of(device)

    def run(count: int) -> float:
        started = clock()
        for _ in range(count):
            left @ right
        if device.type == "cuda":
            torch.cuda.synchronize()
        return clock() - started

    run(3)
    count = max(3, int(seconds / (run(3) / 3)))
    return each * count / run(count)


def as_text(summary: dict[str, Any]) -> str:
    """Lines for a terminal."""
    lines = [f"{summary['device']}; {summary['shape']}; matrix products {summary['matrix_tflops']:.2f} TFLOP/s"]
    for kind, found in summary["kinds"].items():
        for side in SIDES:
            one = found[side]
            lines.append(
                f"{kind:10} {side:10} {one['tokens_per_second']:10,.0f} tokens/s "
                f"{one['documents_per_second']:8,.1f} documents/s  {one['peak_gb']:6.1f} GB  "
                f"{one['share_of_matrix_rate']:4.0%} of the matrix rate"
            )
        lines.append(f"{kind:10} ratio {found['ratio']:.2f}, largest difference {found['largest_difference']:.1e}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
