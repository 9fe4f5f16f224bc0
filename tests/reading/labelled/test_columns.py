"""Columns of tokens and tags, as the official files of several corpora have them."""

import bz2

import pytest

from nerret_tools.errors import DataFileError
from nerret_tools.lab.evaluation.labelled import read_documents, read_labelled
from nerret_tools.reading.labelled import LabelledFormat, detect_format

FEW_NERD = """\
The\tO
ferry\tO
Aurora\tproduct-ship
Borealis\tproduct-ship
left\tO
Bergen\tlocation-GPE
Norway\tlocation-GPE
.\tO

#\tO
1\tO
Ada\tperson-scholar
"""

MULTICONER = """\

# id 7a0e-1\tdomain=en
the _ _ O
old _ _ B-HumanSettlement
town _ _ I-HumanSettlement
lisbon _ _ B-HumanSettlement
# _ _ O
nina _ _ B-Artist

# id 7a0e-2\tdomain=en
# _ _ O
rain _ _ O
"""


@pytest.fixture
def read(tmp_path):
    def _read(content, name="corpus.conll", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_documents(path, **options)

    return _read


def surfaces(document):
    return [(document.text[entity.start : entity.end], entity.type) for entity in document.entities]


def test_bare_labels_join_neighbours_of_one_label(read):
    first, second = read(FEW_NERD, "test.txt")
    assert first.text == "The ferry Aurora Borealis left Bergen Norway ."
    assert surfaces(first) == [("Aurora Borealis", "product-ship"), ("Bergen Norway", "location-GPE")]
    assert (second.id, second.text) == ("2", "# 1 Ada")
    assert surfaces(second) == [("Ada", "person-scholar")]


def test_ids_come_from_comments_and_a_number_sign_may_be_a_token(read):
    first, second = read(MULTICONER)
    assert (first.id, second.id) == ("7a0e-1", "7a0e-2")
    assert surfaces(first) == [("old town", "HumanSettlement"), ("lisbon", "HumanSettlement"), ("nina", "Artist")]
    assert (second.text, second.entities) == ("# rain", [])


def test_conll_2003_has_its_tag_last_and_document_marks(read):
    (document,) = read("-DOCSTART- -X- -X- O\n\nRiga NNP B-NP B-LOC\nBank NNP I-NP I-ORG\nfell VBD B-VP O\n")
    assert surfaces(document) == [("Riga", "LOC"), ("Bank", "ORG")]


def test_bioes_ends_an_entity_where_it_says_so(read):
    (document,) = read("a\tS-X\nb\tB-X\nc\tE-X\nd\tI-X\n")
    assert surfaces(document) == [("a", "X"), ("b c", "X"), ("d", "X")]


def test_line_ends_and_blank_tokens_leave_no_trace(read):
    (document,) = read("Ein\tO\r\n\u00a0\tO\r\nHai\tB-fish\r\n\r\n\r\n")
    assert document.text == "Ein Hai"
    assert surfaces(document) == [("Hai", "fish")]


def test_a_packed_file_is_unpacked_and_a_limit_stops_early(read):
    packed = bz2.compress(MULTICONER.encode())
    assert [document.id for document in read(packed, "corpus.conll.bz2", limit=1)] == ["7a0e-1"]
    with pytest.raises(DataFileError, match="cannot be read"):
        read(packed[:-20], "cut.conll.bz2")
    with pytest.raises(DataFileError, match="cannot be read"):
        read(MULTICONER, "not-packed.conll.bz2")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("a\tO\nb\n", r"line 2: expected a token and its tag, found 'b'"),
        ("a\tB-X\n\nb\tX\n", r"line 3: tag 'X' of token 'b' is a bare label"),
        ("# id k\na O\n\n# id k\nb O\n", r"line 5: id 'k' is already on line 2"),
        ("\n\n", "no documents"),
        (b"a\tO\n\xff\tO\n", "line 2: not UTF-8"),
    ],
)
def test_a_bad_line_is_named_with_its_number(read, content, complaint):
    with pytest.raises(DataFileError, match=rf"corpus\.conll.*{complaint}"):
        read(content)


def test_the_format_is_told_from_name_and_content(tmp_path):
    def detected(name, content):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return detect_format(tmp_path / name)

    assert detected("a.jsonl", "broken") is LabelledFormat.JSONL
    assert detected("a.txt", '\n {"id": "a"}') is LabelledFormat.JSONL
    assert detected("b.txt", "{ O") is LabelledFormat.JSONL  # `form` is for such a file
    assert detected("c.txt", "a\tO") is LabelledFormat.COLUMNS
    assert [d.text for d in read_documents(tmp_path / "b.txt", form=LabelledFormat.COLUMNS)] == ["{"]


def test_columns_are_evaluated_with_a_types_file(tmp_path):
    (tmp_path / "c.conll").write_text(MULTICONER, encoding="utf-8")
    (tmp_path / "t.json").write_text('{"Artist": "artist", "HumanSettlement": null}', encoding="utf-8")
    data = read_labelled(tmp_path / "c.conll", tmp_path / "t.json")
    assert data.relevant == {"Artist": {"7a0e-1"}}
    (tmp_path / "t.json").write_text('{"Artist": "artist"}', encoding="utf-8")
    with pytest.raises(DataFileError, match=r"line 3: type 'HumanSettlement' is not in .*t\.json"):
        read_labelled(tmp_path / "c.conll", tmp_path / "t.json")
