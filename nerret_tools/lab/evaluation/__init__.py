"""Labelled data in, tables and figures out; the baselines stand beside the index.

`run.evaluate` runs the real path: it builds an index, asks for each type, and scores the rankings. `run.examine` adds
what the papers' tables have and writes it down. Baselines and intervals need the extra ``evaluation``, figures
``figures``; importing this needs neither.
"""
