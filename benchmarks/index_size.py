"""How large an index is beside its text, where the bytes are, and how much memory making it takes.

    python benchmarks/index_size.py LABELLED.jsonl [--documents N] [--join N] [--repeat N]

`--join N` makes documents of N of the file's texts each, `--repeat N` writes each document N times over into one.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from machine import processor

from nerret_tools import Document, EntityIndex

KIBIBYTE = 2**10
MEBIBYTE = 2**20


def main() -> None:
    """Index, close, and count the bytes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path, help="JSON lines with a field `text`")
    parser.add_argument("--documents", type=int, metavar="N", help="the first N of the file's texts")
    parser.add_argument("--join", type=int, default=1, metavar="N", help="texts in a document (default 1)")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="times each is in its document (default 1)")
    arguments = parser.parse_args()
    with arguments.labelled.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines if line.strip()][: arguments.documents]
    groups = [texts[first : first + arguments.join] for first in range(0, len(texts), arguments.join)]
    print(measure(["\n\n".join(group * arguments.repeat) for group in groups]))


def measure(texts: list[str]) -> str:
    """Index the texts in a folder of their own and describe it."""
    with tempfile.TemporaryDirectory(prefix="nerret-benchmark-") as folder:
        with EntityIndex.open(folder) as index:
            index.load_model()
            before, started = peak(), time.perf_counter()
            documents = (Document(id=f"d{number}", text=text) for number, text in enumerate(texts))
            mentions = index.add(documents, show_progress=False).mentions
            added = time.perf_counter() - started
        closed = time.perf_counter() - started
        sizes = bytes_by_kind(Path(folder))
    size, total = sum(len(text.encode()) for text in texts), sum(sizes.values())
    words = sum(len(text.split()) for text in texts)
    lines = [f"{len(texts)} documents, {size:,} bytes, {words:,} words, {mentions:,} mentions; {processor()}"]
    lines += [f"{100 * mentions / words:.1f} mentions in 100 words, {size / mentions:.0f} bytes of text a mention"]
    lines += [f"{added:.1f} s to add, {closed - added:.2f} s to close"]
    lines += [f"peak memory {peak() / KIBIBYTE:.0f} MB, {before / KIBIBYTE:.0f} of them before the first document"]
    lines += [
        f"index {total / MEBIBYTE:.1f} MB, {total / size:.1f} times the text, {total / mentions:.0f} bytes a mention"
    ]
    lines += [
        f"  {name:52}{count / size:7.2f} x text {count / mentions:8.1f} bytes a mention"
        for name, count in sizes.most_common()
        if count / total > 1e-3
    ]
    return "\n".join(lines)


def bytes_by_kind(folder: Path) -> Counter[str]:
    """Bytes of the folder's files by their ending or name, those of the database by table and index."""
    sizes: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "chroma.sqlite3":
            sizes[path.suffix if path.name.startswith("rows-") else path.name] += path.stat().st_size
    with closing(sqlite3.connect(folder / "chroma.sqlite3")) as sql:
        for name, count in sql.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
            sizes[f"database: {name}"] += count
        (page,), (free,) = (sql.execute(f"PRAGMA {name}").fetchone() for name in ("page_size", "freelist_count"))
        sizes["database: free pages"] += page * free
    return sizes


def peak() -> int:
    """The most memory that this process had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
