"""Mentions rolled up to entities: which names a type has in an index, and where."""
