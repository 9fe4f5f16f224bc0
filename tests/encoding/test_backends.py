"""What both backends must do, and that they do the same."""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from nerret_tools import Document, EntityIndex
from nerret_tools.encoding.onnx_backend import OnnxBackend, open_session, runs_over
from nerret_tools.errors import InputError, ModelError
from nerret_tools.models import Model, find_spec
from nerret_tools.threads import thread_count

TEXTS = [
    "Lufthansa cancelled its flights to Oslo, and 3 trains were late.",
    "Microraptor was a small dinosaur with four wings.",
    "Péru's 🦕 (a comet) was seen near St. Louis by J. K. Rowling.",
    "",
    "It rained.",
]
SPEC = find_spec("minilm")


@pytest.fixture(scope="module", params=["int8-onnx", "float32"])
def model(request):
    return Model(SPEC, precision=request.param).load()


@pytest.fixture(scope="module")
def exact():
    return Model(SPEC, precision="float32").load()


def test_both_see_the_same_in_a_text(model, exact):
    expected = exact.encode(TEXTS, [None] * len(TEXTS))
    pairs = zip(model.encode(TEXTS, [None] * len(TEXTS)), expected, strict=True)
    both = [(set(map(tuple, one.spans.tolist())), set(map(tuple, other.spans.tolist()))) for one, other in pairs]
    spans = sum(len(other) for _, other in both)
    assert sum(len(one ^ other) for one, other in both) <= 1 + spans / 10  # those that are as likely as not
    given = model.encode(TEXTS, [one.spans.tolist() for one in expected])
    vectors, others = (np.concatenate([one.embeddings for one in side]) for side in (given, expected))
    assert (vectors * others).sum(axis=1).mean() > 0.998


def test_a_type_is_the_same_type_to_both(model, exact):
    types = ["airline", "dinosaur", "body of water", "names of diseases"]
    assert ((model.encode_types(types) * exact.encode_types(types)).sum(axis=1) > 0.998).all()


def test_a_vector_does_not_depend_on_its_batch(model):
    together = model.encode([*TEXTS, "x " * 300], [None] * (len(TEXTS) + 1))
    for text, one in zip(TEXTS, together, strict=False):
        [alone] = model.encode([text], [None])
        assert alone.spans.tolist() == one.spans.tolist()
        np.testing.assert_allclose(alone.embeddings, one.embeddings, atol=1e-4)


def test_a_processor_whose_sums_would_run_over_gives_the_same():
    graph = SPEC.weights / "graph.onnx"
    slow = open_session(graph, exact=True)
    assert not runs_over(slow)
    ids = np.arange(2000, 2048).reshape(4, 12)
    rows = {"ids": ids, "mask": np.ones_like(ids, dtype=np.int32)}
    np.testing.assert_allclose(slow.run(["tap"], rows)[0][0], OnnxBackend(graph).run(ids.tolist())[0][0], atol=1e-4)


def test_given_spans_are_read_and_a_hopeless_one_is_reported(model):
    [one] = model.encode([TEXTS[0]], [[(0, 9), (9, 10), (33, 37)]])
    assert one.spans.tolist() == [[0, 9], [33, 37]]
    assert [(bad.start, bad.end) for bad in one.unreadable] == [(9, 10)]
    np.testing.assert_allclose(np.linalg.norm(one.embeddings, axis=1), 1, atol=1e-5)


def test_the_span_head_proposes_the_same_from_the_same_states(exact):
    light = Model(SPEC).load().head

    encoder = exact.encoder
    windows = [(tokens, encoder.windows(tokens)[0]) for tokens in encoder.tokenize([text for text in TEXTS if text])]
    _, tensor = encoder.run([tokens.ids[window.start : window.end] for tokens, window in windows])
    states = tensor.numpy()
    floor = 0.02
    for (spans, values), (theirs, others) in zip(
        light.scored(states, windows, floor), exact.head.scored(tensor, windows, floor), strict=True
    ):
        assert spans.tolist() == theirs.tolist()
        np.testing.assert_allclose(values, others, atol=1e-5)


def test_several_threads_load_one_model_and_agree():
    spec = replace(SPEC, name="minilm-again")  # not loaded yet by anybody
    with ThreadPoolExecutor(4) as threads:
        models = list(threads.map(lambda _: Model(spec).load(), range(4)))
        assert len(set(map(id, models))) == 1
        found = list(threads.map(lambda one: one.encode_types(["airline"]), models))
    for one in found[1:]:
        np.testing.assert_array_equal(one, found[0])


@pytest.mark.parametrize("precision", [None, "bfloat16"])
def test_the_first_calls_of_a_process_may_come_at_once(precision, tmp_path, run_script):
    script = f"""
import asyncio, sys
from nerret_tools import Document, EntityIndex

async def main():
    indexes = [EntityIndex.open({str(tmp_path)!r} + f"/{{n}}", precision={precision!r}) for n in range(4)]
    texts = [Document(id="a", text={TEXTS[0]!r})]
    reports = await asyncio.gather(*(index.aadd(texts) for index in indexes))
    assert all(not report.failed and report.mentions for report in reports), reports
    found = await asyncio.gather(*(index.afind("airline", min_relevance=0) for index in indexes))
    assert all(result.hits for result in found)

asyncio.run(main())
if "torch" in sys.modules:
    import torch
    assert torch.get_default_dtype() == torch.float32
print("done")
"""
    run = run_script(script)
    assert run.stdout.strip() == "done", run.stderr


def test_the_graph_runs_without_torch(run_script):
    script = f"""
import sys
sys.modules["torch"] = sys.modules["transformers"] = None
from nerret_tools.models import Model, find_spec
[one] = Model(find_spec("minilm")).load().encode([{TEXTS[0]!r}], [None])
print(len(one.spans) > 0)
"""
    run = run_script(script)
    assert run.stdout.strip() == "True", run.stderr


def test_what_needs_torch_says_so_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"Model minilm \(float32\) needs .* 'nerret-tools\[torch\]'"):
        Model(replace(SPEC, name="minilm"), precision="float32", device="cpu").load()


@pytest.mark.parametrize("name", ["graph.onnx", "embeddings.bin", "tokenizer.json", "spans.onnx", "graph.json"])
def test_a_damaged_or_exchanged_file_is_refused_with_its_name(name, tmp_path):
    shutil.copytree(SPEC.weights, tmp_path / "weights")
    spec = replace(SPEC, weights=tmp_path / "weights")
    content = bytearray((spec.weights / name).read_bytes())
    content[len(content) // 2] ^= 0xFF
    (spec.weights / name).write_bytes(content)
    with pytest.raises(ModelError, match=name):
        Model(spec).load()


def test_a_graph_of_other_weights_is_refused(tmp_path):
    shutil.copytree(SPEC.weights, tmp_path / "weights")
    adapter = tmp_path / "weights" / "adapter.safetensors"
    adapter.write_bytes(adapter.read_bytes() + b" ")
    with pytest.raises(ModelError, match=r"graph\.onnx was made from other weights"):
        Model(replace(SPEC, weights=tmp_path / "weights")).load()


def test_an_index_keeps_its_number_format_and_another_may_read_it(tmp_path):
    documents = [Document(id=str(number), text=text) for number, text in enumerate(TEXTS)]
    with EntityIndex.open(tmp_path / "index") as index:
        index.add(documents)
        assert index.load_model().precision == "int8-onnx"
        light = index.find("dinosaur", min_relevance=0)
    with EntityIndex.open(tmp_path / "index", precision="float32") as index:
        found = index.find("dinosaur", min_relevance=0)
    assert [hit.document_id for hit in found.hits] == [hit.document_id for hit in light.hits]
    assert [hit.score for hit in found.hits] == pytest.approx([hit.score for hit in light.hits], abs=0.01)


def test_threads_are_as_many_as_the_user_says(monkeypatch):
    monkeypatch.setenv("NERRET_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.setenv("NERRET_THREADS", "none")
    with pytest.raises(InputError, match="NERRET_THREADS='none' is not a positive number"):
        thread_count()
