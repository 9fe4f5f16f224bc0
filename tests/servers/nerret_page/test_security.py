"""Who may come in, what a browser is told, and what becomes of texts that nobody vouches for."""

import html

import httpx
import pytest

from nerret_page.options import Options
from nerret_tools.errors import InputError

TOKEN = "correct-horse-battery-staple"


def test_every_answer_forbids_inline_script_and_foreign_content(visit):
    for path in ("/", "/?type=dinosaur", "/rows?type=dinosaur", "/nowhere", "/static/page.js", "/?min_relevance=x"):
        policy = visit(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def test_no_page_has_an_inline_script_or_style(visit):
    text = visit("/?type=dinosaur").text
    assert "style=" not in text
    assert "onclick" not in text
    assert text.count("<script") == text.count('<script src="/static/')


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_foreign_host_or_origin_is_refused(visit, headers, status):
    assert visit("/", headers=headers).status_code == status


def test_texts_ids_and_titles_of_the_corpus_are_escaped_and_hide_nothing(visit):
    text = visit("/rows?type=dinosaur&min_relevance=0&where=kind=hostile").text
    assert "Stegosaurus</mark>" in text
    assert "<script>" not in text
    assert "<img" not in text
    assert html.escape("<script>") in text
    assert "\u202e" not in text
    assert "\x00" not in text


def test_without_the_token_there_is_only_the_form(serving, world):
    with serving(world, token=TOKEN) as url, httpx.Client(base_url=url, timeout=300) as client:
        asked = client.get("/?type=dinosaur")
        assert asked.status_code == 401
        assert "Stegosaurus" not in asked.text
        assert client.post("/enter", data={"token": "wrong"}).status_code == 401
        entered = client.post("/enter", data={"token": TOKEN})
        assert entered.status_code == 303
        assert "HttpOnly" in entered.headers["Set-Cookie"]
        assert TOKEN not in entered.headers["Set-Cookie"]
        assert "Stegosaurus" in client.get("/?type=dinosaur").text
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert httpx.get(f"{url}/?type=dinosaur", headers=bearer, timeout=300).status_code == 200


def test_other_machines_need_a_token_and_a_named_host():
    for options in ({}, {"token": TOKEN}, {"allowed_hosts": ("nerret.example",)}):
        with pytest.raises(InputError, match="can be reached from other machines"):
            Options(index="x", host="0.0.0.0", **options)
    with pytest.raises(InputError, match="too short"):
        Options(index="x", token="short")
