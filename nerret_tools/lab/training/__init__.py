"""How every shipped weight was made; each step can be run again with its seed."""
