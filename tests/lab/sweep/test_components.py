"""One pass of the complete backbone gives what each cut backbone gives, and what the model's parts are."""

import pytest
import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model, LlamaConfig, LlamaModel

from nerret_tools.encoding import COMPONENTS, Tap
from nerret_tools.encoding.backbone import CutBackbone
from nerret_tools.errors import ModelError
from nerret_tools.lab.sweep.components import SWEPT_COMPONENTS, EveryComponent, load_every_component

SIZES = {
    "vocab_size": 90,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 40,
    "max_position_embeddings": 64,
}


def bert():
    torch.manual_seed(5)
    return BertModel(BertConfig(**SIZES)).eval()


def llama():
    torch.manual_seed(6)
    return LlamaModel(LlamaConfig(**SIZES, num_key_value_heads=2)).eval()


def batch():
    ids = torch.randint(4, 90, (3, 9), generator=torch.Generator().manual_seed(7))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    return ids, mask


def parts(every, ids, mask):
    with torch.inference_mode():
        everything, _ = every(ids, mask)
    return dict(zip(every.widths, everything.split(list(every.widths.values()), dim=-1), strict=True))


@pytest.mark.parametrize("block", [0, 1, 2])
@pytest.mark.parametrize("make", [bert, llama])
def test_every_tap_of_the_cut_backbone_is_among_the_components(make, block):
    ids, mask = batch()
    read = parts(EveryComponent(make()), ids, mask)
    for component in COMPONENTS:
        with torch.inference_mode():
            tapped, _ = CutBackbone(make(), Tap(block, component))(ids, mask)
        torch.testing.assert_close(read[block, component][mask.bool()], tapped[mask.bool()], atol=1e-5, rtol=0)


def test_berts_mlp_is_read_between_its_parts():
    model, (ids, mask) = bert(), batch()
    read = parts(EveryComponent(model), ids, mask)
    layer = model.encoder.layer[1]
    with torch.inference_mode():
        attended = layer.attention.output.LayerNorm(read[1, "attention"] + read[0, "output"])
        torch.testing.assert_close(read[1, "mlp_norm"], attended)
        torch.testing.assert_close(read[1, "mlp_up"], layer.intermediate.dense(attended))
        torch.testing.assert_close(read[1, "mlp_hidden"], torch.nn.functional.gelu(read[1, "mlp_up"]))
        torch.testing.assert_close(read[1, "mlp_down"], layer.output.dense(read[1, "mlp_hidden"]))
        torch.testing.assert_close(read[1, "output"], layer.output.LayerNorm(read[1, "mlp_down"] + attended))


def test_llamas_norms_and_gated_mlp_are_read_between_their_parts():
    model, (ids, mask) = llama(), batch()
    read = parts(EveryComponent(model), ids, mask)
    layer = model.layers[1]
    with torch.inference_mode():
        torch.testing.assert_close(read[1, "input_norm"], layer.input_layernorm(read[0, "output"]))
        torch.testing.assert_close(read[1, "value"], layer.self_attn.v_proj(read[1, "input_norm"]))
        attended = read[0, "output"] + read[1, "attention"]
        torch.testing.assert_close(read[1, "mlp_norm"], layer.post_attention_layernorm(attended))
        gated = torch.nn.functional.silu(read[1, "mlp_gate"]) * read[1, "mlp_up"]
        torch.testing.assert_close(read[1, "mlp_hidden"], gated)
        torch.testing.assert_close(read[1, "mlp_down"], layer.mlp.down_proj(gated))
        torch.testing.assert_close(read[1, "output"], attended + read[1, "mlp_down"])


def test_a_family_has_the_components_that_its_blocks_have():
    ids, mask = batch()
    assert list(parts(EveryComponent(llama()), ids, mask)) == [(n, name) for n in range(3) for name in SWEPT_COMPONENTS]
    of_bert = {name for _, name in parts(EveryComponent(bert()), ids, mask)}
    assert set(SWEPT_COMPONENTS) - of_bert == {"input_norm", "mlp_gate"}


def test_the_complete_model_runs_once_for_all_components():
    every, (ids, mask) = EveryComponent(bert()), batch()
    runs = []
    every.model.register_forward_hook(lambda *_: runs.append(1))
    parts(every, ids, mask)
    assert len(runs) == 1


def test_an_unknown_architecture_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(ModelError, match="GPT2Model is not laid out like"):
        EveryComponent(GPT2Model(GPT2Config(n_layer=1, n_embd=8, n_head=2, vocab_size=9)))
    with pytest.raises(ModelError, match="nowhere"):
        load_every_component(tmp_path / "nowhere")


def test_a_copy_without_its_upper_blocks_is_not_swept_with_random_ones(tmp_path):
    model = llama()
    kept = {name: weight for name, weight in model.state_dict().items() if not name.startswith("layers.2.")}
    model.save_pretrained(tmp_path, state_dict=kept)
    with pytest.raises(ModelError, match=r"is not complete: layers\.2\..* is missing"):
        load_every_component(tmp_path)


def test_a_complete_copy_is_read_like_the_model_itself(tmp_path):
    ids, mask = batch()
    llama().save_pretrained(tmp_path)
    read, expected = parts(load_every_component(tmp_path), ids, mask), parts(EveryComponent(llama()), ids, mask)
    assert all(torch.equal(read[place].cpu(), expected[place]) for place in expected)
