"""What is published about the server fits the server: registry entry, documentation, container."""

import json
import re
import subprocess
import sys
import tomllib

import pytest

import nerret_tools
from nerret_mcp.options import Options, parse

FLAG = re.compile(r"`(--[a-z-]+)`")


@pytest.fixture
def root(request):
    return request.config.rootpath


@pytest.fixture
def entry(root):
    return json.loads((root / "server.json").read_text(encoding="utf-8"))


@pytest.fixture
def page(root):
    return (root / "docs" / "mcp.md").read_text(encoding="utf-8")


@pytest.fixture
def usage(capsys):
    with pytest.raises(SystemExit):
        parse(["--help"], {})
    return capsys.readouterr().out


def test_the_registry_entry_is_of_this_version(entry, root):
    [package] = entry["packages"]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert entry["$schema"].endswith("/schemas/2025-12-11/server.schema.json")
    assert (package["registryType"], package["identifier"]) == ("pypi", project["name"])
    assert package["identifier"] in project["scripts"]  # the command that uvx looks for
    assert entry["version"] == package["version"] == nerret_tools.__version__
    assert [one["value"] for one in package["runtimeArguments"]] == [f"nerret-tools[mcp]=={entry['version']}"]
    assert 0 < len(entry["description"]) <= 100
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])


def test_the_registry_finds_its_marker_in_the_readme(entry, root, page):
    marker = f"mcp-name: {entry['name']}"
    assert marker in page
    assert marker in (root / "README.md").read_text(encoding="utf-8")


def test_the_registry_entry_names_flags_and_variables_that_exist(entry, usage):
    [package] = entry["packages"]
    names = [one["name"] for one in package["packageArguments"] + package["environmentVariables"]]
    assert all(name in usage for name in names)


def test_every_flag_and_variable_is_documented(page, usage):
    wanted = set(re.findall(r"--[a-z][a-z-]+|NERRET_[A-Z_]+", usage)) - {"--help", "--version"}
    assert {name for name in wanted if name not in page} == set()


def test_the_documented_defaults_are_the_real_ones(page):
    options = Options(index="i")
    for flag, value in {
        "--model": options.model,
        "--transport": options.transport,
        "--host": options.host,
        "--port": options.port,
        "--max-request-bytes": options.max_request_bytes,
        "--page-chars": options.page_chars,
        "--model-wait": f"{options.model_wait:g}",
        "--log-level": options.log_level,
    }.items():
        [row] = [line for line in page.splitlines() if line.startswith(f"| `{flag}`")]
        assert f"`{value}`" in row


@pytest.mark.parametrize(("place", "count"), [("README.md", 1), ("docs/mcp.md", 3)])
def test_the_snippets_for_clients_start_the_server(root, place, count):
    text = (root / place).read_text(encoding="utf-8")
    snippets = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert len(snippets) == count
    for snippet in snippets:
        [servers] = snippet.values()
        flags = servers["nerret"]["args"]
        assert parse(flags[flags.index("nerret-mcp") + 1 :], {}).transport == "stdio"


def test_the_container_sets_variables_that_exist(root, usage):
    text = (root / "Dockerfile").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(NERRET_[A-Z_]+)", text))
    assert {name for name in named if name not in usage} == set()


def test_the_container_needs_nothing_that_it_removes(root):
    text = (root / "Dockerfile").read_text(encoding="utf-8")
    [removed] = re.findall(r"pip uninstall --yes (\w+)", text)
    script = f"import sys; sys.modules[{removed!r}] = None; import chromadb, nerret_tools.storage.chroma_database"
    subprocess.run([sys.executable, "-c", script], check=True)
