"""The machine that a figure was measured on, in a line."""

from __future__ import annotations

import os
import platform
from pathlib import Path

TOLD = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm")
"""Instruction sets that matter to products of short numbers."""


def processor() -> str:
    """Name, cores that may be used, instruction sets, and how busy the machine is."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    flags = set((fields.get("flags") or fields.get("Features") or "").split())
    name = fields.get("model name") or platform.processor() or platform.machine()
    sets = " ".join(one for one in TOLD if one in flags) or "instruction sets unknown"
    return f"{name}, {len(os.sched_getaffinity(0))} cores, {sets}, load {os.getloadavg()[0]:.0f}"
