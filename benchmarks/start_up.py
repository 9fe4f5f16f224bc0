"""How long one waits before anything happens.

    python benchmarks/start_up.py [--rounds N] [--corpus FILE.jsonl] [--type "dinosaur"] [--json]

Measures in fresh processes (so with cold Python, but the operating system's file cache as it is), one of each kind in
turn: `import nerret_tools`, which must load neither torch nor chromadb; the whole command `nerret find` on an index of
the corpus (default: the demo's), and where its time goes; the handshake of `nerret-mcp` over stdio and its first page,
from the start of the process; and, for comparison, a process that only imports chromadb. Needs nerret-tools[mcp].
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from machine import processor
from mcp_overhead import TOOL, Stdio

DEMO = Path(__file__).resolve().parents[1] / "demo" / "corpus.jsonl"

COMMAND = "from nerret_tools.cli import main; main()"
"""What the installed script `nerret` runs."""

IMPORT_ONLY = """
import sys, time
started = time.perf_counter()
import nerret_tools
seconds = time.perf_counter() - started
heavy = [name for name in ("torch", "transformers", "chromadb") if name in sys.modules]
assert not heavy, f"import nerret_tools loads {heavy}"
print(seconds)
"""

STEPS = """
import json, sys, time
marks = [time.perf_counter()]
def mark():
    marks.append(time.perf_counter())
from nerret_tools import EntityIndex
mark()
with EntityIndex.open(sys.argv[1]) as index:
    mark()
    index.load_model()
    mark()
    index.find(sys.argv[2])
    mark()
    index.find(sys.argv[2] + " bone")
    mark()
names = ["import nerret_tools.index", "open the index", "load the model", "first find", "second find"]
print(json.dumps(dict(zip(names, (b - a for a, b in zip(marks, marks[1:])), strict=True))))
"""


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes of each kind (default 5)")
    parser.add_argument("--corpus", type=Path, default=DEMO, help="what to index (default: the demo)")
    parser.add_argument("--type", default="dinosaur", help="the entity type to find")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nerret-benchmark-") as folder:
        run("-c", COMMAND, "index", str(arguments.corpus), "--index", folder)
        find = ("-c", COMMAND, "find", arguments.type, "--index", folder, "--json")
        rounds = [one_round(find, folder, arguments.type) for _ in range(arguments.rounds)]
        steps = [json.loads(run("-c", STEPS, folder, arguments.type)) for _ in rounds]
    summary: dict[str, object] = {"machine": processor(), "rounds": arguments.rounds}
    summary |= {name: median(one[name] for one in rounds) for name in rounds[0]}
    summary["steps"] = {name: median(step[name] for step in steps) for name in steps[0]}
    print(json.dumps(summary, indent=2) if arguments.json else as_text(summary))


def one_round(find: tuple[str, ...], folder: str, entity_type: str) -> dict[str, float]:
    """Seconds of each kind."""
    taken = {
        "python -c pass": seconds_of("-c", "pass"),
        "import chromadb, whole process": seconds_of("-c", "import chromadb"),
        "import nerret_tools": float(run("-c", IMPORT_ONLY)),
        "nerret find, whole process": seconds_of(*find),
    }
    client = Stdio(Path(folder))
    client.request("tools/call", {"name": TOOL, "arguments": {"entity_type": entity_type}})
    taken |= {"nerret-mcp, handshake": client.handshake, "nerret-mcp, first page": time.perf_counter() - client.began}
    client.close()
    return taken


def run(*arguments: str) -> str:
    """Run Python with these arguments and return what it printed."""
    finished = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return finished.stdout


def seconds_of(*arguments: str) -> float:
    """Wall time of a Python process, in seconds."""
    started = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - started


def as_text(summary: dict[str, object]) -> str:
    """The summary for people."""
    lines = [f"medians of {summary['rounds']} fresh processes of each kind, in seconds; {summary['machine']}"]
    for name, value in summary.items():
        if isinstance(value, float):
            lines.append(f"{name:30}{value:8.3f}")
        elif isinstance(value, dict):
            lines.extend(f"  {step:28}{seconds:8.3f}" for step, seconds in value.items())
    return "\n".join(lines)


if __name__ == "__main__":
    main()
