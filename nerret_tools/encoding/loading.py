"""One model is loaded at a time."""

from __future__ import annotations

import threading

LOADING = threading.RLock()
"""Held around every load: transformers sets torch's default number format for the whole process while
it loads, and two loads at once would leave the wrong one behind."""
