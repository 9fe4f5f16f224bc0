"""Where a backbone runs, and in which number format."""

import sys

import pytest
import torch
from transformers import LlamaConfig, LlamaModel

from nerret_tools.encoding import Tap
from nerret_tools.encoding.backbone import CutBackbone, load_backbone
from nerret_tools.encoding.devices import choose_devices, main_device
from nerret_tools.encoding.precision import choose_precision, precision_name
from nerret_tools.errors import MissingExtraError, ModelError

IDS = torch.tensor([[5, 17, 90, 33, 120, 8]])
CPU = torch.device("cpu")


def test_devices_are_named_by_argument_then_variable_then_by_what_there_is(monkeypatch):
    monkeypatch.delenv("NERRET_DEVICE", raising=False)
    assert choose_devices("cpu") == [CPU]
    assert choose_devices("cpu, cpu") == [CPU, CPU]
    assert choose_devices("auto") is None
    assert choose_devices() == [torch.device("cuda" if torch.cuda.is_available() else "cpu")]
    monkeypatch.setenv("NERRET_DEVICE", "cpu,cpu")
    assert choose_devices() == [CPU, CPU]
    assert main_device() == CPU
    with pytest.raises(ModelError, match="device 'toaster' cannot be used"):
        choose_devices("toaster")
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="device 'cuda:0' cannot be used"):
            choose_devices("cuda:0")


def test_what_an_index_records_of_the_precision():
    assert [precision_name(name) for name in ("float32", "int8", "int4")] == ["float32", "int8", "int4"]
    assert precision_name() in ("float32", "bfloat16")
    assert choose_precision("int8") == choose_precision()
    with pytest.raises(ModelError, match="not one of float32, bfloat16, int8, int4"):
        precision_name("int3")


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_quantized_vectors_stay_close(precision, tmp_path):
    pytest.importorskip("bitsandbytes", reason="needs the extra large")
    torch.manual_seed(2)
    sizes = {"hidden_size": 128, "intermediate_size": 256}  # whole blocks of 64, of which its fast paths are made
    config = LlamaConfig(vocab_size=320, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, **sizes)
    LlamaModel(config).save_pretrained(tmp_path)
    exact = load_backbone(tmp_path, Tap(2, "value"))
    small = load_backbone(tmp_path, Tap(2, "value"), quantized=precision)
    kinds = {type(module).__name__ for module in small.modules()}
    assert kinds & {"Linear8bitLt", "Linear4bit"}
    with torch.inference_mode():
        expected, found = exact(IDS)[0].float(), small(IDS)[0].float()
    assert torch.cosine_similarity(expected, found, dim=-1).min() > 0.9


def test_a_missing_package_for_small_cards_names_the_extra(llama, tmp_path, monkeypatch):
    llama.save_pretrained(tmp_path)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(MissingExtraError, match=r"nerret-tools\[large\]"):
        load_backbone(tmp_path, Tap(2, "value"), quantized="int8")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(MissingExtraError, match=r"nerret-tools\[large\]"):
        load_backbone(tmp_path, Tap(2, "value"), device=None)


def test_a_backbone_spread_by_accelerate_gives_the_same(llama, tmp_path):
    pytest.importorskip("accelerate", reason="needs the extra large")
    llama.save_pretrained(tmp_path)
    exact = load_backbone(tmp_path, Tap(3, "value"))
    spread = load_backbone(tmp_path, Tap(3, "value"), device=None)
    with torch.inference_mode():
        torch.testing.assert_close(spread(IDS)[0], exact(IDS)[0])


def test_a_backbone_with_blocks_on_disk_is_cut_with_its_hooks(llama, tmp_path):
    accelerate = pytest.importorskip("accelerate", reason="needs the extra large")
    llama.config.use_cache = False
    with torch.inference_mode():
        seen = []
        handle = llama.layers[3].self_attn.v_proj.register_forward_hook(lambda _m, _i, output: seen.append(output))
        llama(IDS)
        handle.remove()
    places = {"embed_tokens": "cpu", "norm": "cpu", "rotary_emb": "cpu"}
    places |= {f"layers.{block}": "disk" if block % 2 else "cpu" for block in range(4)}
    spread = accelerate.dispatch_model(llama, places, main_device="cpu", offload_dir=str(tmp_path))
    assert next(spread.layers[3].parameters()).is_meta
    with torch.inference_mode():
        tapped, _ = CutBackbone(spread, Tap(3, "value"))(IDS)
    torch.testing.assert_close(tapped, seen[0])
