"""How weights are made and judged. The engine never imports this; the lab's commands do when they are called."""
