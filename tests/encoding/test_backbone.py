"""The cut backbone gives what a hook on the complete model sees, and runs nothing more."""

import pytest
import torch

from nerret_tools.encoding import COMPONENTS, Tap
from nerret_tools.encoding.backbone import CutBackbone, load_backbone
from nerret_tools.errors import ModelError

BERT_PATHS = {
    "query": "encoder.layer.{}.attention.self.query",
    "key": "encoder.layer.{}.attention.self.key",
    "value": "encoder.layer.{}.attention.self.value",
    "attention": "encoder.layer.{}.attention.output.dense",
    "output": "encoder.layer.{}",
}
LLAMA_PATHS = {
    "query": "layers.{}.self_attn.q_proj",
    "key": "layers.{}.self_attn.k_proj",
    "value": "layers.{}.self_attn.v_proj",
    "attention": "layers.{}.self_attn.o_proj",
    "output": "layers.{}",
}


def batch_of(model):
    torch.manual_seed(3)
    ids = torch.randint(4, model.config.vocab_size, (3, 11))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    mask[2, 3:] = 0
    return ids, mask


def hooked(model, path, ids, mask):
    """What the module at ``path`` of the complete model puts out."""
    seen = []
    handle = model.get_submodule(path).register_forward_hook(lambda _m, _i, output: seen.append(output))
    with torch.inference_mode():
        model(input_ids=ids, attention_mask=mask)
    handle.remove()
    return seen[0]


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("block", [0, 2, 3])
@pytest.mark.parametrize("family", ["bert", "llama"])
def test_cut_backbone_equals_a_hook_on_the_complete_model(family, block, component, request):
    model = request.getfixturevalue(family)
    paths = BERT_PATHS if family == "bert" else LLAMA_PATHS
    ids, mask = batch_of(model)
    expected = hooked(model, paths[component].format(block), ids, mask)
    cut = CutBackbone(model, Tap(block, component))
    with torch.inference_mode():
        tapped, states = cut(ids, mask)
    assert states is None
    real = mask.bool()
    torch.testing.assert_close(tapped[real], expected[real], atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_state_blocks_come_side_by_side_from_the_same_pass(family, request):
    model = request.getfixturevalue(family)
    paths = BERT_PATHS if family == "bert" else LLAMA_PATHS
    ids, mask = batch_of(model)
    expected = torch.cat([hooked(model, paths["output"].format(block), ids, mask) for block in (0, 1)], dim=-1)
    with torch.inference_mode():
        _, states = CutBackbone(model, Tap(2, "value"), state_blocks=(0, 1))(ids, mask)
    torch.testing.assert_close(states[mask.bool()], expected[mask.bool()], atol=1e-5, rtol=0)


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("family", ["bert", "llama"])
def test_only_what_lies_below_the_tap_is_loaded(family, component, request, tmp_path):
    model = request.getfixturevalue(family)
    ids, mask = batch_of(model)
    paths = BERT_PATHS if family == "bert" else LLAMA_PATHS
    complete = sum(parameter.numel() for parameter in model.parameters())
    last = model.get_submodule(paths["output"].format(3))
    one_block = sum(parameter.numel() for parameter in last.parameters())
    model.save_pretrained(tmp_path)
    loaded = load_backbone(tmp_path, Tap(1, component))
    assert loaded.block_count == 2
    blocks_left = 2 if component == "output" else 1
    kept = sum(parameter.numel() for parameter in loaded.parameters())
    assert kept <= complete - (3 - blocks_left) * one_block
    with torch.inference_mode():
        tapped, _ = loaded(ids, mask)
    reference = hooked(model, paths[component].format(1), ids, mask)
    torch.testing.assert_close(tapped[mask.bool()], reference[mask.bool()], atol=1e-5, rtol=0)


def test_a_tap_that_does_not_exist_is_named(bert, tmp_path):
    bert.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"tap block 9 does not exist: .* has 4 blocks"):
        load_backbone(tmp_path, Tap(9))
    with pytest.raises(ModelError, match="component 'mlp' is not one of"):
        Tap(1, "mlp")
    with pytest.raises(ModelError, match="must lie below the tap"):
        CutBackbone(bert, Tap(1, "value"), state_blocks=(1,))


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=str(tmp_path)):
        load_backbone(tmp_path, Tap(0))
