"""SAM-NER (arXiv 2605.03706): discovery by consensus, mediation by archetypes, semantic calibration.

Zero-shot named entity recognition with types that are named with the call; see `EntityExtractor`.
Importing this imports no torch.
"""

from nerret_tools.archetypes.discovery import ConsensusDetector, SpanHeadDetector
from nerret_tools.archetypes.drift import SchemaReport
from nerret_tools.archetypes.extractor import EntityExtractor
from nerret_tools.archetypes.schema import TypeDefinition
from nerret_tools.archetypes.scorer import Question, TypeScorer
from nerret_tools.archetypes.typed_mention import TypedMention

__all__ = [
    "ConsensusDetector",
    "EntityExtractor",
    "Question",
    "SchemaReport",
    "SpanHeadDetector",
    "TypeDefinition",
    "TypeScorer",
    "TypedMention",
]
