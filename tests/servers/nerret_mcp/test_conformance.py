"""The scenarios of @modelcontextprotocol/conformance, by the script that runs them."""

import subprocess
import sys

import pytest


@pytest.fixture
def run(node_command, request):
    _, variables = node_command("conformance")
    script = str(request.config.rootpath / "scripts" / "mcp-conformance")

    def start(*scenarios):
        given = {**variables, "PYTHON": sys.executable}
        return subprocess.run([script, *scenarios], env=given, capture_output=True, text=True, timeout=300, check=False)

    return start


def test_the_scenarios_that_apply_pass(run):
    result = run()
    lines = result.stdout.splitlines()
    assert len(lines) == 7
    assert [line for line in lines if not line.startswith("passed: ")] == []
    assert result.returncode == 0


def test_a_scenario_that_fails_is_told_and_makes_the_script_fail(run):
    result = run("ping", "resources-read-text")  # which needs a resource that this server does not have
    assert result.stdout.splitlines() == ["passed: ping", "FAILED: resources-read-text"]
    assert result.returncode == 1
