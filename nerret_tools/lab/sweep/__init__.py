"""The sweep over all taps of a backbone: where in it do mentions of one type lie together?

Paper, section 4: the best place is a middle block, not the last one. `run` needs torch, `figures`
needs the ``figures`` extra; importing this needs neither.
"""
