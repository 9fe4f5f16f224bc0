"""Where settings come from, and which are refused before anything is served."""

import pytest

from nerret_mcp.options import Options, parse
from nerret_tools.errors import InputError

TOKEN = "a-token-of-some-length"


def test_the_defaults_are_the_documented_ones():
    assert parse(["--index", "here"], {}) == Options(
        index="here", transport="stdio", host="127.0.0.1", port=8765, page_chars=40_000, model_wait=60.0
    )


def test_a_flag_wins_over_the_environment_and_that_over_the_default():
    environment = {"NERRET_INDEX": "there", "NERRET_MCP_PORT": "1", "NERRET_MCP_PAGE_CHARS": "9000"}
    options = parse(["--index", "here", "--port", "2"], environment)
    assert (options.index, options.port, options.page_chars) == ("here", 2, 9_000)
    assert parse([], environment).index == "there"


def test_lists_come_from_repeated_flags_or_from_commas():
    environment = {"NERRET_MCP_ALLOWED_HOSTS": "a.example, b.example", "NERRET_MCP_ALLOWED_ORIGINS": "https://c"}
    options = parse(["--index", "i"], environment)
    assert (options.allowed_hosts, options.allowed_origins) == (("a.example", "b.example"), ("https://c",))
    assert parse(["--index", "i", "--allowed-host", "d"], environment).allowed_hosts == ("d",)


def test_read_only_may_be_said():
    assert parse(["--index", "i", "--read-only"], {}) == parse(["--index", "i"], {})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_other_machines_need_both_a_host_and_a_token(host):
    flags = ["--index", "i", "--transport", "http", "--host", host]
    named = [*flags, "--allowed-host", "nerret.example"]
    for refused, environment in ((flags, {}), (named, {}), (flags, {"NERRET_MCP_TOKEN": TOKEN})):
        with pytest.raises(InputError, match="other machines"):
            parse(refused, environment)
    assert parse(named, {"NERRET_MCP_TOKEN": TOKEN}).token == TOKEN


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_this_machine_needs_neither(host):
    assert parse(["--index", "i", "--transport", "http", "--host", host], {}).host == host


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        ([], {}),
        (["--index", "i", "--page-chars", "10"], {}),
        (["--index", "i", "--model-wait", "-1"], {}),
        (["--index", "i", "--port", "70000"], {}),
        (["--index", "i", "--max-request-bytes", "0"], {}),
        (["--index", "i"], {"NERRET_MCP_TRANSPORT": "pigeon"}),
        (["--index", "i"], {"NERRET_MCP_LOG_LEVEL": "LOUD"}),
        (["--index", "i"], {"NERRET_MCP_TOKEN": "short"}),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(flags, environment):
    with pytest.raises(InputError):
        parse(flags, environment)


@pytest.mark.parametrize("flags", [["--index", "i", "--prot", "1"], ["--index", "i", "--port", "one"]])
def test_an_unknown_flag_or_a_wrong_number_is_refused(flags, capsys):
    with pytest.raises(SystemExit) as left:
        parse([*flags, "--wrong"], {})
    assert left.value.code == 2
    assert "usage: nerret-mcp" in capsys.readouterr().err
