"""``python -m nerret_mcp``."""

from nerret_mcp import main

main()
