"""How soon the page answers and how evenly it scrolls, measured by the browser that shows it.

    python benchmarks/page_speed.py [--documents N] [--index DIR]

An index of the demo sentences, each many times over with vectors of its own around the sentence's. Answers: from the
request to the first paint, of types that were not asked before, with the model warm. Scrolling: a complete ranking, the
wheel turned for `SCROLLED` screens; the longest time between two frames. Map: 20,000 points, zoomed and moved by keys.
Needs chromium (scripts/install-browser).
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from nerret_tools import EntityIndex
from nerret_tools.models.entity_model import EncodedDocument
from nerret_tools.storage import MentionBlock, StoredDocument

CORPUS = Path(__file__).parents[1] / "demo" / "corpus.jsonl"
NERRET = [sys.executable, "-c", "from nerret_tools.cli import main; main()"]
TYPES = ("airline", "river", "museum", "programming language", "football club", "volcano", "politician", "disease")
NOISE = 0.02
"""Of each coordinate, of about 0.06: a cosine of 0.95 with the sentence's own."""
BATCH = 1_000
SCROLLED = 120
WATCH = """() => {
    window.pauses = [];
    let last = performance.now();
    const frame = (now) => { window.pauses.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
}"""


def main() -> None:
    """Build, serve, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000, metavar="N")
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the index there, and take it if it is there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.index or Path(folder) / "index"
        if not place.exists():
            build(place, arguments.documents)
        with serving(place) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1200, "height": 800})
            page.set_default_timeout(600_000)
            found = {**answers(page, address), **scrolling(page, address), **map_of(page, address)}
            browser.close()
    print(f"{arguments.documents:,} documents, {platform.processor() or platform.machine()}")
    for name, value in found.items():
        print(f"{name:50} {value:8,.0f}")


def build(place: Path, count: int) -> None:
    """An index of so many documents."""
    texts = [json.loads(line)["text"] for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    generator = np.random.default_rng(0)
    with EntityIndex.open(place) as index:
        encoded = index.load_model().encode(texts, [None] * len(texts))
        store = index._store
        for first in range(0, count, BATCH):
            numbers = range(first, min(count, first + BATCH))
            store.write([_made_up(one, texts, encoded, generator) for one in numbers])


def _made_up(
    number: int, texts: list[str], encoded: list[EncodedDocument], generator: np.random.Generator
) -> tuple[StoredDocument, MentionBlock]:
    text, one = texts[number % len(texts)], encoded[number % len(texts)]
    vectors = one.embeddings + generator.normal(scale=NOISE, size=one.embeddings.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    surfaces = [text[start:end] for start, end in one.spans.tolist()]
    stored = StoredDocument(f"d{number:06}", text, {}, str(number), len(surfaces))
    return stored, MentionBlock(one.spans, surfaces, vectors)


@contextmanager
def serving(place: Path) -> Iterator[str]:
    """The address of a page in another process."""
    command = [*NERRET, "serve", "--index", str(place), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield (server.stderr.readline() if server.stderr else "").split()[4]
        finally:
            server.terminate()


def answers(page: Page, address: str) -> dict[str, float]:
    """Milliseconds from the request to the first paint."""
    page.goto(f"{address}/?type=dinosaur")  # warm
    page.locator("aside .entities").wait_for()
    times = []
    for entity_type in TYPES:
        page.goto(f"{address}/?type={entity_type}", wait_until="load")
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
        times.append(page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.locator("aside .entities").wait_for()
    return {"first answer, median ms": statistics.median(times), "first answer, slowest ms": max(times)}


def scrolling(page: Page, address: str) -> dict[str, float]:
    """Milliseconds between frames while the wheel turns."""
    page.goto(f"{address}/?type=dinosaur&min_relevance=0")
    page.locator("aside .entities").wait_for()
    page.evaluate(WATCH)
    page.mouse.move(800, 500)
    for _ in range(SCROLLED):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(50)
    rows = page.locator("#rows > .row").count()
    return {"documents scrolled through": rows, **_pauses(page, "scrolling")}


def map_of(page: Page, address: str) -> dict[str, float]:
    """Milliseconds between frames while the map is zoomed and moved."""
    page.goto(f"{address}/map")
    page.locator("#map[data-ready]").wait_for()
    points = int(page.locator("#map").get_attribute("data-ready") or 0)
    page.locator("#map").focus()
    page.evaluate(WATCH)
    for key in ("+", "ArrowLeft", "ArrowDown", "-", "ArrowRight", "+", "ArrowUp") * 10:
        page.keyboard.press(key)
    return {"points of the map": points, **_pauses(page, "map")}


def _pauses(page: Page, what: str) -> dict[str, float]:
    pauses = page.evaluate("() => window.pauses.slice(1)")
    return {f"{what}, longest pause ms": max(pauses), f"{what}, 99th percentile ms": float(np.percentile(pauses, 99))}


if __name__ == "__main__":
    main()
