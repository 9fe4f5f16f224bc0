"""Text and spans in, type-aware vectors out: the backbone cut at the tap, windows, projection.

Only what needs no torch is exported here, so that an index can be described without it; the
rest is imported from its module (`encoder`, `backbone`, `projection`, `precision`, `windows`).
"""

from nerret_tools.encoding.taps import COMPONENTS, POOLINGS, Component, Pooling, Tap

__all__ = ["COMPONENTS", "POOLINGS", "Component", "Pooling", "Tap"]
