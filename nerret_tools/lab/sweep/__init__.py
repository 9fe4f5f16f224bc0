"""The sweep over all taps of a backbone: where in it do mentions of one type lie together?

Paper, section 4: the best place is a middle block, not the last one. `run` needs torch, `figures`
needs the ``figures`` extra; importing this needs neither.
"""

from nerret_tools.lab.sweep.report import Figure, Separation, SweepReport, TapReport, read_report
from nerret_tools.lab.sweep.sampling import MentionSample, TypeMentions, collect_mentions, draw_sample

__all__ = [
    "Figure",
    "MentionSample",
    "Separation",
    "SweepReport",
    "TapReport",
    "TypeMentions",
    "collect_mentions",
    "draw_sample",
    "read_report",
]
