"""A sharded Llama of test size with the real head's shapes, described by a JSON file."""

import hashlib
import json
from types import SimpleNamespace

import pytest
import torch

from nerret_tools.models import find_spec
from nerret_tools.models.import_head import PublishedHead, import_head
from tests.large import authors_head, byte_level_tokenizer, random_llama


def published(module, path):
    """The weights as the authors saved theirs, and what is to be expected of the file."""
    torch.save({f"net.{name}": value for name, value in module.state_dict().items()}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return PublishedHead(source="a test", licence="MIT", sha256=digest, shape=(1024, 500, 500))


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory):
    """Folder, complete model, tokenizer, head and description of a Llama with 20 blocks."""
    folder = tmp_path_factory.mktemp("tiny")
    model, tokenizer, head = random_llama(20), byte_level_tokenizer(), authors_head()
    model.save_pretrained(folder / "llama", max_shard_size="1MB")
    tokenizer.save_pretrained(folder / "llama")
    description = {
        "name": "tiny-llama",
        "backbone": "made-up/tiny-llama",
        "revision": "none",
        "folder": "llama",
        "weights": "weights",
        "tap": {"block": 17, "component": "value", "pooling": "last"},
        "state_blocks": [3],
        "window_tokens": 256,
    }
    (folder / "tiny.json").write_text(json.dumps(description), encoding="utf-8")
    spec = find_spec(folder / "tiny.json")
    import_head(folder / "head.pth", spec, published(head, folder / "head.pth"))
    return SimpleNamespace(folder=folder, model=model, tokenizer=tokenizer, head=head, spec=spec)
