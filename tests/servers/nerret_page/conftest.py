"""A small world behind one page, served in a thread of this process, and a browser that looks at it."""

import os
import shutil
import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from nerret_page import create_app
from nerret_page.options import Options
from nerret_tools import Document, EntityIndex
from nerret_tools.listening import address_of, listen
from tests.marked import marked

DINOSAURS = ("Microraptor", "Diplodocus", "Triceratops", "Stegosaurus", "Velociraptor")
PLACES = ("Oslo", "Lima", "Quito", "Cairo", "Perth")
EACH = 14
"""Documents of each dinosaur: several pages in all."""

ATTACK = "<script>document.title='taken'</script>"
HOSTILE_ID = f'"><img src=x onerror="document.title=1">{ATTACK}'
LONG = "On that day the crew saw a bone of Triceratops, the great dinosaur, near the river. "
MEGABYTE = LONG * (1_000_000 // len(LONG) + 1)


HOSTILE = f"{ATTACK} \u202egninnur\u202c {{Stegosaurus}}, the dinosaur, &amp; \x00 {ATTACK}"


def documents():
    for number in range(EACH):
        for name in DINOSAURS:
            text = f"Hall {number} of the museum shows a skeleton of {{{name}}}, the famous dinosaur."
            yield marked(f"{name.lower()}-{number}", text, hall=number, title=f"{name} in hall {number}")
        for name in PLACES:
            yield marked(f"train-{number}-{name}", f"Train {number} left {{{name}}} late.", hall=number)
    yield marked(HOSTILE_ID, HOSTILE, title=ATTACK, kind="hostile")
    spots = [at + LONG.index("Triceratops") for at in range(0, len(MEGABYTE), len(LONG))][::500]
    yield Document(id="long", text=MEGABYTE, spans=[(at, at + len("Triceratops")) for at in spots])


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The folder as it was built; nobody has it open."""
    folder = tmp_path_factory.mktemp("page") / "index"
    with EntityIndex.open(folder) as index:
        assert not index.add(documents()).failed
    return folder


@pytest.fixture(scope="session")
def engine(world):
    """The engine itself, to compare with."""
    with EntityIndex.open(world, create=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def serving():
    """Gives the address of a page over an index, which ends with the block."""

    @contextmanager
    def served(place, **options):
        chosen = Options(index=str(place), port=0, **options)
        listener = listen(chosen.host, chosen.port)
        app = create_app(chosen)
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, lifespan="off")
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield address_of(listener)
        finally:
            server.should_exit = True
            thread.join(30)
            listener.close()

    return served


@pytest.fixture(scope="session")
def address(serving, world):
    """The page over the world."""
    with serving(world) as url:
        yield url


@pytest.fixture(scope="session")
def visit(address):
    """Asks for an address of the page, without a browser."""
    with httpx.Client(base_url=address, timeout=300) as client:
        yield client.get


@pytest.fixture
def own_world(world, tmp_path):
    """A copy that a test may change or remove."""
    return shutil.copytree(world, tmp_path / "index")


@pytest.fixture(scope="module")
def browser():
    """Debian's chromium. Of one module: while it is there, no test of its process can run an event loop."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("needs chromium: run scripts/install-browser")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()
