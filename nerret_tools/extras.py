"""Packages that not everybody has: imported where they are first needed, and named where they are missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nerret_tools.errors import MissingExtraError


def extra_package(name: str, feature: str, extra: str) -> Any:
    """Import a module of an extra, which a feature needs.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(feature, extra) from error
