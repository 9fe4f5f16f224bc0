"""Text in, mention spans out, whatever their type.

The span head needs torch and is imported from its module, `span_head`.
"""

from nerret_tools.detection.gliner import GlinerDetector
from nerret_tools.detection.protocol import Detector

__all__ = ["Detector", "GlinerDetector"]
