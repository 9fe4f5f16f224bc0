"""An encoded file in a text gives no names, and is counted; the text around it gives its own."""

import base64
import binascii
import random

import pytest

from nerret_tools.models import Model, find_spec

DATA = random.Random(5).randbytes(900)
NOISE = {
    "uuencoded": "\n".join(binascii.b2a_uu(DATA[at : at + 45]).decode().strip() for at in range(0, 900, 45)),
    "base64": base64.encodebytes(DATA).decode(),
    "hexadecimal": "\n".join(DATA[at : at + 30].hex() for at in range(0, 900, 30)),
}


@pytest.fixture(scope="module")
def model():
    return Model(find_spec("minilm")).load()


@pytest.mark.parametrize("kind", NOISE)
def test_what_is_no_language_holds_no_names(model, kind):
    text = f"The file came from Angela Merkel in Oslo.\n\n{NOISE[kind]}\n\nShe flew with Lufthansa."
    [one] = model.encode([text], [None])
    surfaces = {text[start:end] for start, end in one.spans.tolist()}
    assert {"Oslo", "Lufthansa"} <= surfaces
    inside = range(text.index("\n\n"), text.rindex("\n\n"))
    assert not [span for span in one.spans.tolist() if span[0] in inside]
    assert one.noise > 0.9 * len(NOISE[kind])


@pytest.mark.parametrize(
    "text",
    [
        "BOSTON CELTICS BEAT THE LOS ANGELES LAKERS IN FIVE GAMES AS LARRY BIRD SCORED THIRTY IN THE LAST MATCH",
        "The region is covered by RPCI - 23 _ 334D24 ( AC087153 ) , RPCI - 23 _ 312B8 ( AC087150 ) , and AC079544 .",
        "東京都は日本の首都であり、世界最大の都市圏を形成している。人口は約千四百万人で、二十三区と多摩地域からなる。",
    ],
)
def test_language_is_none_of_it(model, text):
    assert model.encode([text], [None])[0].noise == 0
