import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from nerret_tools import Document, FindResult, Hit, Mention
from nerret_tools.cli.hits import excerpt, expectation, headline, print_hits
from nerret_tools.cli.output import WIDEST
from nerret_tools.cli.repetitions import group


def hit(text, *surfaces, name="d1", relevance=0.9):
    mentions = [
        Mention(text=surface, start=text.index(surface), end=text.index(surface) + len(surface), score=0.5)
        for surface in surfaces
    ]
    return Hit(
        document_id=name,
        score=0.5,
        relevance=relevance,
        mentions=mentions,
        mention_count=len(mentions),
        document=Document(id=name, text=text),
    )


def found(*hits, total=None, min_relevance=0.5, min_score=0.3, entity_type="dinosaur"):
    return FindResult(
        entity_type=entity_type,
        hits=list(hits),
        total=len(hits) if total is None else total,
        min_relevance=min_relevance,
        min_score=min_score,
    )


def test_the_list_says_how_complete_it_is_expected_to_be():
    result = found(total=40).model_copy(update={"expected_relevant": 31.4, "expected_recall": 0.875})
    assert expectation(result) == "About 31 of 40 are expected to be right; 12% of all that are right to be left out."
    assert expectation(found(total=40)) is None


def printed(result, *, width=80, terminal=False, **options):
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, highlight=False, emoji=False)
    print_hits(result, console, **options)
    return file.getvalue()


def test_a_short_text_is_shown_whole_with_its_mentions_in_brackets():
    shown = excerpt(hit("A Velociraptor fights a Protoceratops.", "Protoceratops", "Velociraptor"), 100, brackets=True)
    assert shown.plain == "A [Velociraptor] fights a [Protoceratops]."


def test_a_long_text_is_cut_around_its_best_mention_at_words():
    text = "before " * 200 + "Etna smokes. " + "after " * 200
    shown = excerpt(hit(text, "Etna"), 60, brackets=True).plain
    assert shown.startswith("…before ")
    assert "[Etna] smokes." in shown
    assert shown.endswith(" after…")
    assert len(shown) <= 60 + 4


def test_a_cut_at_the_start_or_end_of_the_text_has_one_ellipsis():
    assert excerpt(hit("Etna" + " smokes" * 100, "Etna"), 40, brackets=True).plain.startswith("[Etna] smokes")
    assert excerpt(hit("smokes " * 100 + "Etna", "Etna"), 40, brackets=True).plain.endswith("smokes [Etna]")


def test_a_mention_longer_than_the_space_is_shown_all_the_same():
    name = "the " + "very " * 30 + "long name"
    shown = excerpt(hit(f"x {name} y", name), 20, brackets=True).plain
    assert f"[{name}]" in shown


def test_of_two_overlapping_mentions_the_better_one_is_marked():
    shown = excerpt(hit("The Dinosaur Museum is open.", "Dinosaur Museum", "Museum"), 100, brackets=True)
    assert shown.plain == "The [Dinosaur Museum] is open."


@given(st.data())
def test_the_best_mention_is_always_marked_and_nothing_is_invented(data):
    text = data.draw(st.text(alphabet="ab \n\x1b\u202eé", min_size=1, max_size=200))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    best = Mention(text=text[start:end], start=start, end=end, score=0.5)
    document = Document(id="d", text=text)
    one = Hit(document_id="d", score=0.5, relevance=0.9, mentions=[best], mention_count=1, document=document)
    shown = excerpt(one, data.draw(st.integers(1, 250)), brackets=False)
    [mark] = [span for span in shown.spans if span.style]
    assert mark.end - mark.start == end - start
    assert "\x1b" not in shown.plain
    assert "\u202e" not in shown.plain
    assert "\n" not in shown.plain
    assert len(shown.plain) <= len(text) + 2


def test_a_text_cannot_send_commands_to_the_terminal():
    shown = printed(found(hit("\x1b[31mEtna\x07 smokes [bold]here[/bold].", "Etna", name="\x1b[2Jd1")), terminal=True)
    assert "\x1b[31m" not in shown
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert "[bold]here[/bold]" in shown


def test_the_headline_says_how_many_and_over_which_cut_off():
    one = hit("Etna smokes.", "Etna")
    assert headline(found(one, one)) == "2 documents mention “dinosaur” (relevance ≥ 0.50)"
    assert headline(found(one)) == "1 document mentions “dinosaur” (relevance ≥ 0.50)"
    assert headline(found()) == "No document mentions “dinosaur” (relevance ≥ 0.50)."
    assert headline(found(one, total=12345)) == "12,345 documents mention “dinosaur” (relevance ≥ 0.50)"
    assert headline(found(one), by_score=True) == "1 document mentions “dinosaur” (score ≥ 0.30)"
    assert "complete ranking" in headline(found(one, min_relevance=0.0, min_score=None))


def test_a_row_has_rank_relevance_id_and_sentence():
    shown = printed(found(hit("Etna smokes.", "Etna", name="s1"), hit("K2 is cold.", "K2", name="s2", relevance=0.61)))
    rows = [line.split() for line in shown.splitlines()]
    assert rows[1] == ["#", "relevance", "id", "place", "text"]
    assert rows[2] == ["1", "0.90", "s1", "1:0", "[Etna]", "smokes."]
    assert rows[3] == ["2", "0.61", "s2", "1:0", "[K2]", "is", "cold."]


def test_the_place_is_the_line_and_the_characters_before_the_mention():
    shown = printed(found(hit("It was late.\nThen Etna smoked.", "Etna", name="s1")))
    assert "2:18" in shown


def test_in_a_pipe_every_document_has_one_line_with_its_whole_id():
    name = "a/very/long/" * 20 + "id"
    shown = printed(found(hit("Etna smokes. " * 50, "Etna", name=name), hit("K2.", "K2")), width=WIDEST)
    assert len(shown.splitlines()) == 4
    assert name in shown


def test_on_a_terminal_a_long_id_goes_on_in_the_next_lines():
    name = "abcdefghij" * 5
    shown = printed(found(hit("Etna smokes.", "Etna", name=name)), width=80, terminal=True)
    begun = "".join(re.sub("\x1b.*?m", "", line)[14:32].split(" ")[0] for line in shown.splitlines()[2:])
    assert begun == name


def test_documents_of_one_text_are_counted_in_their_row():
    one = hit("Etna smokes.", "Etna", name="s1")
    grouped, same = group([found(one, hit("etna  SMOKES.", "etna", name="s2"), hit("K2.", "K2", name="s3"))], 1)
    assert (grouped[0].total, [one.document_id for one in grouped[0].hits]) == (2, ["s1"])
    assert same == {"s1": ["s2"]}
    assert "(+1 of this text)" in printed(grouped[0], same=same)


def test_later_pages_have_no_ranks_because_they_are_not_known():
    shown = printed(found(hit("Etna smokes.", "Etna", name="s1")), first_page=False)
    assert [line.split() for line in shown.splitlines()][1:] == [
        ["relevance", "id", "place", "text"],
        ["0.90", "s1", "1:0", "[Etna]", "smokes."],
    ]


def test_a_terminal_gets_colour_and_no_brackets(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = printed(found(hit("Etna smokes.", "Etna")), terminal=True)
    assert "\x1b[1;32mEtna\x1b[0m smokes." in shown


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = printed(found(hit("Etna smokes.", "Etna")), terminal=True)
    assert "\x1b[1mEtna\x1b[0m smokes." in shown
    assert "32m" not in shown


def test_no_line_is_wider_than_the_terminal():
    text = "It was late. " * 40 + "Etna smokes. " + "Nobody looked. " * 40
    result = found(*[hit(text, "Etna", name=f"folder/of/documents/number-{n}") for n in range(12)])
    for width in (40, 60, 80, 200):
        lines = [re.sub("\x1b.*?m", "", line) for line in printed(result, width=width, terminal=True).splitlines()]
        assert max(len(line) for line in lines[1:]) <= width
        assert sum("Etna" in line for line in lines) == 12
        assert len(lines) <= 3 + 12 * 4
