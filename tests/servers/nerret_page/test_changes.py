"""An index that is empty, changes, goes away, comes back or is another model's: the page says so and recovers."""

import html
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from nerret_page.faults import told
from nerret_tools import Document, EntityIndex
from nerret_tools.errors import ModelMismatchError, StoreUnavailableError
from tests.detectors import FirstWords


@pytest.fixture
def visiting(serving):
    """Visits a page over a place; gives its client."""
    opened = []

    def visit(place):
        context = serving(place)
        client = httpx.Client(base_url=context.__enter__(), timeout=180)
        opened.append((client, context))
        return client

    yield visit
    for client, context in opened:
        client.close()
        context.__exit__(None, None, None)


def spoken(answer):
    return html.unescape(re.sub("<[^>]+>", " ", answer.text))


def test_an_empty_index_says_what_to_do(visiting, tmp_path):
    EntityIndex.open(tmp_path / "empty").close()
    client = visiting(tmp_path / "empty")
    for path in ("/", "/?type=dinosaur"):
        assert "This index is empty" in spoken(client.get(path))
    for path in ("/overview", "/contents", "/map", "/examples", "/review?type=x", "/entities?type=x", "/curve?type=x"):
        assert client.get(path).status_code == 200, path
    assert "no mention" in spoken(client.get("/map/points"))
    refused = client.post("/review", json={"type": "x"})
    assert refused.status_code == 409
    assert "no documents" in spoken(refused)


def test_an_index_that_changes_in_mid_list_is_told_and_the_new_list_is_shown(visiting, own_world, browser):
    client = visiting(own_world)
    page = browser.new_page()
    page.set_default_timeout(180_000)
    page.goto(f"{client.base_url}?type=dinosaur")
    page.wait_for_selector("#rows .following")
    before = int(page.locator("#total").inner_text())
    with EntityIndex.open(own_world) as index:
        text = "The museum shows a skeleton of Iguanodon, the famous dinosaur."
        index.add([Document(id="new", text=text, spans=[(31, 40)])])
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.get_by_text("The index has changed").wait_for()
    page.get_by_role("button", name="Show the new list").click()
    page.wait_for_function("([n]) => Number(document.querySelector('#total').textContent) > n", arg=[before])
    page.close()


def test_an_index_that_is_gone_is_told_and_found_again_when_it_is_back(visiting, world, own_world):
    client = visiting(own_world)
    shown = client.get("/?type=dinosaur").text
    shutil.rmtree(own_world)
    gone = client.get("/?type=dinosaur")
    assert gone.status_code == 503
    assert str(own_world) not in html.unescape(gone.text)
    assert "index" in spoken(gone)
    shutil.copytree(world, own_world)
    for _ in range(2):  # the first may still meet what was open
        back = client.get("/?type=dinosaur")
    assert back.status_code == 200
    assert re.findall('data-id="[^"]*"', back.text) == re.findall('data-id="[^"]*"', shown)


def test_an_index_made_anew_for_another_model_is_told(visiting, own_world):
    client = visiting(own_world)
    assert client.get("/?type=dinosaur").status_code == 200
    shutil.rmtree(own_world)
    with EntityIndex.open(own_world, detector=FirstWords()) as index:
        index.add([Document(id="a", text="Iguanodon was a dinosaur.")])
    with pytest.raises(ModelMismatchError):
        EntityIndex.open(own_world, create=False)
    for _ in range(2):
        answer = client.get("/?type=dinosaur")
    assert answer.status_code == 503
    assert "another model" in spoken(answer)


def test_a_server_that_restarts_is_waited_for(visiting, own_server):
    with EntityIndex.open(own_server.address) as index:
        index.add([Document(id="a", text="Iguanodon was a dinosaur.", spans=[(0, 9)])])
    client = visiting(own_server.address)
    assert "Iguanodon" in client.get("/?type=dinosaur").text
    own_server.kill()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.get, "/?type=dinosaur")
        own_server.start()
        first = asked.result()
    assert first.status_code in (200, 503)  # it may have taken longer than a call waits
    assert "Iguanodon" in client.get("/?type=dinosaur").text


def test_a_server_that_stays_away_is_told_without_its_address():
    fault = told(StoreUnavailableError("http://10.1.2.3:8000 does not answer"))
    assert fault.status == 503
    assert fault.again
    assert "10.1.2.3" not in fault.title + fault.text
