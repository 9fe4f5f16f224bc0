"""The public face: what is exported, and what importing it costs."""

import nerret_tools
from nerret_tools import errors

PUBLIC = (
    "AddReport Document Entity EntityExtractor EntityIndex EntityPage EntityQuery FailedDocument FindResult Hit "
    "IndexStats Mention Review ReviewDocument ReviewStatus Span TypedMention errors"
).split()


def test_the_public_names_are_these():
    assert nerret_tools.__all__ == PUBLIC
    assert all(hasattr(nerret_tools, name) for name in PUBLIC)


def test_every_error_has_the_one_base_and_is_exported():
    classes = {
        name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    }
    assert sorted(classes) == sorted(errors.__all__)
    assert all(issubclass(value, errors.NerretError) for value in classes.values())


def test_importing_imports_no_heavy_library(run_script):
    heavy = ["torch", "chromadb", "transformers", "onnxruntime", "numpy", "pydantic"]
    result = run_script(f"import sys, nerret_tools; print([one for one in {heavy} if one in sys.modules])")
    assert result.stdout.strip() == "[]"
