"""What an address may look like, and that every part of it counts."""

import base64

import pytest

from nerret_tools.errors import InputError, StoreError, StoreUnavailableError
from nerret_tools.storage import ChromaStore
from nerret_tools.storage.glance import states_at_a_glance
from nerret_tools.storage.place import ServerAddress, folder_of, is_server

CREDENTIALS = "Basic " + base64.b64encode(b"ann:se/cret").decode()


@pytest.fixture
def gate(proxy):
    """Passes on what comes under /chroma from who knows the password."""
    whole = proxy.respond

    def checked(method, path, headers, body):
        if headers["Authorization"] != CREDENTIALS or not path.startswith("/chroma/"):
            return 401, b""
        return whole(method, path.removeprefix("/chroma"), headers, body)

    proxy.respond = checked
    return proxy.address.removeprefix("http://")


def test_user_password_and_path_of_an_address_are_used_and_not_shown(gate, make, open_store):
    address = f"http://ann:se%2Fcret@{gate}/chroma/"
    store = open_store(address, "behind-a-gate")
    store.write([make("a", 2)])
    assert store.scan().document_ids.tolist() == ["a"]
    assert "behind-a-gate" in ChromaStore.names(address)
    while not (seen := states_at_a_glance(address)):
        pass  # a busy server may take longer than a glance waits
    assert "behind-a-gate" in seen
    assert store.location == f"http://{gate}/chroma"
    store.close()

    for wrong in (f"http://ann:guess@{gate}/chroma", f"http://{gate}/chroma", f"http://ann:se%2Fcret@{gate}"):
        with pytest.raises(StoreUnavailableError, match="401") as told:
            open_store(wrong)
        assert "guess" not in str(told.value)
        assert "cret" not in str(told.value)


def test_an_address_of_this_machine_is_asked_past_any_proxy(shared_server, open_store, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "elsewhere")
    open_store(shared_server.address, "past-the-proxy").close()
    open_store(f"http://localhost:{shared_server.port}", "past-the-proxy").close()


def test_a_proxy_that_does_not_answer_is_named(open_store, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://me:hidden@127.0.0.1:9")
    with pytest.raises(StoreUnavailableError, match=r"HTTP_PROXY=127\.0\.0\.1:9") as told:
        open_store("http://chroma.invalid:8000")
    assert "hidden" not in str(told.value)


def test_a_proxy_that_needs_a_package_is_an_error_that_names_it(open_store, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(StoreUnavailableError, match="ALL_PROXY"):
        open_store("http://chroma.invalid:8000")


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "http://:8000",
        "http://host:port",
        "http://host:0",
        "http://host:99999",
        "http://host name:8000",
        "http://a..b:8000",
        "http://[::1:8000",
        "http://host:8000/?tenant=x",
        "http://host:8000/#part",
        "http://token@host:8000",
        "HTTP://",
    ],
)
def test_a_malformed_address_is_refused_with_the_form_that_is_right(address, open_store):
    assert is_server(address)
    with pytest.raises(StoreError, match="http://"):
        open_store(address)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("http://host", "http://host:8000"),
        ("https://host", "https://host:443"),
        ("http://[::1]:80/a/b/", "http://[::1]:80/a/b"),
        ("http://u:p@host:1", "http://host:1"),
    ],
)
def test_what_an_address_leaves_out_is_completed(address, url):
    assert ServerAddress.parse(address).url == url


@pytest.mark.parametrize("location", ["localhost:8000", "127.0.0.1:8000", "chroma.example.org:80/"])
def test_an_address_without_its_scheme_is_not_taken_for_a_folder(location, tmp_path, monkeypatch, open_store):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=f"write http://{location}"):
        open_store(location)
    with pytest.raises(StoreError, match="neither a folder nor an address"):
        open_store("ftp://host/x")
    (tmp_path / location.rstrip("/")).mkdir()
    assert folder_of(location) == tmp_path / location.rstrip("/")


HOMELESS = """
import os
import nerret_tools.storage.place, nerret_tools.user_folders, platformdirs, platformdirs.unix
from nerret_tools.errors import StoreError
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(54321); os.setuid(54321)
print(nerret_tools.user_folders.cache_folder().is_absolute(), nerret_tools.user_folders.models_folder().is_absolute())
try:
    nerret_tools.storage.place.folder_of("~/index")
except StoreError as error:
    print(error)
"""


def test_a_user_without_a_home_has_folders_all_the_same(run_script, monkeypatch):
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "NERRET_MODELS"):
        monkeypatch.delenv(name, raising=False)
    told = run_script(HOMELESS, cwd="/")
    lines = told.stdout.splitlines()
    assert lines[0] == "True True", told.stderr
    assert "write its whole path" in lines[1] or len(lines) == 1


@pytest.mark.parametrize("wrong", [3, None, b"a", "\ud800"])
def test_ids_that_are_no_text_are_refused_by_name(tmp_path, open_store, wrong):
    store = open_store(tmp_path)
    for call in (store.known, store.documents, store.delete):
        with pytest.raises(InputError, match="id"):
            call(["a", wrong])


def test_what_chroma_does_not_take_is_not_called_an_outage(tmp_path, open_store):
    store = open_store(tmp_path)
    store.begin_writing()
    with pytest.raises(StoreError, match="does not take") as told:
        store._writable().documents.all_ids({"a": {"$no": 1}})
    assert not isinstance(told.value, StoreUnavailableError)


def test_a_damaged_database_is_called_damaged(tmp_path, open_store, make, written):
    written(tmp_path, [make(f"d{number}", 5) for number in range(50)])
    database = tmp_path / "chroma.sqlite3"
    content = bytearray(database.read_bytes())
    content[100:20_000] = b"\xff" * 19_900
    database.write_bytes(content)
    with pytest.raises(StoreUnavailableError, match=r"cannot be read.*damaged"):
        open_store(tmp_path).matching({})
    with pytest.raises(StoreUnavailableError, match=r"cannot be read.*damaged"):
        ChromaStore.names(tmp_path)
