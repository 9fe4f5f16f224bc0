"""`nerret sweep` from the command line to the pictures, with a small backbone made here."""

import json
import sys

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
from typer.testing import CliRunner

from nerret_tools.cli.app import app
from nerret_tools.lab.evaluation.labelled import read_documents
from nerret_tools.lab.sweep.reader import MentionReader
from nerret_tools.lab.sweep.report import SweepReport, read_report
from nerret_tools.lab.sweep.sampling import MentionSample

NAMES = {"fish": ["carp", "pike", "tench", "bream"], "tool": ["adze", "awl", "rasp", "vise"]}
WORDS = "[PAD] [UNK] [CLS] [SEP] the was seen near sold a".split() + NAMES["fish"] + NAMES["tool"]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """A random BERT whose embedding says what each name is: the first block has it, noise follows."""
    folder = tmp_path_factory.mktemp("backbone") / "tiny"
    torch.manual_seed(8)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    model = BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=24, **sizes))
    with torch.no_grad():
        for direction, names in enumerate(NAMES.values()):
            rows = [WORDS.index(name) for name in names]
            model.embeddings.word_embeddings.weight[rows, direction] += 5.0
    model.save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled")
    lines, number = [], 0
    for label, names in NAMES.items():
        for name in names * 2:
            text = ("the {} was seen near a " + "lake " * (40 * (number == 3))).format(name).strip()
            entity = {"start": 4, "end": 4 + len(name), "type": label}
            lines.append(json.dumps({"id": str(number), "text": text, "entities": [entity]}))
            number += 1
    (folder / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "types.json").write_text('{"fish": "fish", "tool": "tool"}', encoding="utf-8")
    return folder / "data.jsonl", folder / "types.json"


@pytest.fixture(scope="module")
def run(labelled, backbone):
    """Runs `nerret sweep` on the labelled file and the backbone, or with other arguments."""

    def sweep(*options, whole=True):
        given = [labelled[0], "--types", labelled[1], "--backbone", backbone] if whole else []
        return CliRunner().invoke(app, list(map(str, ["sweep", *given, *options])), env={"COLUMNS": "120"})

    return sweep


@pytest.fixture(scope="module")
def swept(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "figures"
    ran = run("--sentences", 6, "--seeds", 3, "--out", out, "--json")
    assert ran.exit_code == 0, ran.output
    return ran, out


def test_json_has_a_figure_for_every_tap_and_is_what_was_written(swept):
    ran, out = swept
    report = SweepReport.model_validate_json(ran.stdout)
    assert report == read_report(out / "sweep-tiny.json")
    assert (report.model, report.blocks, report.types, report.seeds) == ("tiny", 2, 2, [0, 1, 2])
    assert len({(tap.block, tap.component, tap.pooling) for tap in report.taps}) == len(report.taps) == 2 * 9 * 3
    for tap in report.taps:
        for figure in (tap.auc.raw, tap.auc.centred, tap.auc.raw_other_surface, tap.auc.centred_other_surface):
            assert len(figure.by_seed) == 3
            assert figure.mean == pytest.approx(np.mean(figure.by_seed), abs=1e-4)
            assert figure.spread == pytest.approx(np.std(figure.by_seed, ddof=1), abs=1e-4)


def test_a_backbone_that_knows_the_types_separates_them(swept):
    report = read_report(swept[1] / "sweep-tiny.json")
    best = report.best(1)[0]
    assert best.judged_by.mean > 0.9
    assert best.judged_by.mean == max(tap.judged_by.mean for tap in report.taps)


def test_pairs_of_one_name_are_left_out_where_names_must_differ(swept):
    report = read_report(swept[1] / "sweep-tiny.json")
    assert report.pairs == [30, 30, 30]  # two types, 6 × 5 / 2 pairs each
    assert all(other < both for both, other in zip(report.pairs, report.pairs_other_surface, strict=True))


def test_vectors_are_those_of_the_mention_in_its_own_window(backbone, labelled):
    """One document at a time, and the middle of a long text, against everything at once."""
    documents = read_documents(labelled[0])
    spans = np.array([[document.entities[0].start, document.entities[0].end] for document in documents])
    numbers = np.arange(len(documents))
    sample = MentionSample(numbers, spans, numbers, numbers)
    reader = MentionReader(backbone)
    rows, together = reader.read(documents, sample)
    np.testing.assert_array_equal(rows, numbers)
    for row in (0, 3, 9):
        _, alone = reader.read(documents, sample.take(np.array([row])))
        for tap in together:
            np.testing.assert_allclose(together[tap][row], alone[tap][0], atol=1e-5)
    ids = torch.tensor([[2, 4, WORDS.index("carp"), 5, 6, 7, 9, 3]])
    with torch.inference_mode():
        hidden = BertModel.from_pretrained(backbone)(input_ids=ids).last_hidden_state
    np.testing.assert_allclose(together[(1, "output"), "last"][0], hidden[0, 2], atol=1e-5)


def test_pictures_are_drawn_and_the_same_figures_make_the_same_picture(run, swept, tmp_path):
    _, out = swept
    first = (out / "sweep-tiny.png").read_bytes()
    assert first.startswith(b"\x89PNG")
    ran = run("--curve", out / "sweep-tiny.json", out / "sweep-tiny.json", "--out", tmp_path, whole=False)
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "sweep-depth.png").read_bytes().startswith(b"\x89PNG")
    from nerret_tools.lab.sweep.figures import draw_heat_map

    draw_heat_map(read_report(out / "sweep-tiny.json"), tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == first


def test_the_table_says_what_was_compared(run):
    ran = run("--sentences", 6, "--seeds", 2)
    assert ran.exit_code == 0, ran.output
    assert "block 0 value, mean" in ran.stdout
    assert "20 types were asked for; 2 are in enough sentences." in " ".join(ran.stdout.split())


def test_a_missing_matplotlib_is_named_before_the_work(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ran = run("--out", tmp_path)
    assert ran.exit_code == 1
    assert "nerret-tools[figures]" in ran.stderr
    assert "Loading" not in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["{data}"], "--types TYPES.json are needed"),
        (["{data}", "--types", "{types}", "--sentences", "9"], "0 of 2 types are in 9 documents or more"),
        (["--curve", "{data}"], "--curve needs --out"),
        (["--curve", "{data}", "--out", "{out}"], "not a report of nerret sweep"),
        (["--curve", "nowhere.json", "--out", "{out}"], "nowhere.json: cannot be read"),
    ],
)
def test_wrong_input_is_named(run, arguments, complaint, labelled, tmp_path):
    places = {"data": labelled[0], "types": labelled[1], "out": tmp_path}
    ran = run(*(argument.format(**places) for argument in arguments), whole=False)
    assert ran.exit_code == 2
    assert complaint in " ".join(ran.stderr.replace("│", " ").split())
