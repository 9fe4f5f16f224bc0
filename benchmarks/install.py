"""How long an installation takes, and how large it is; and the image that the Dockerfile would give.

    python benchmarks/install.py [--base-megabytes N] [--json]

Installs this checkout with pip into fresh environments, nothing from pip's cache: alone, which is the README's first
command, and with the extra `torch`, which is what every installation was before. The image has no daemon here: its
layers are the base and /opt/nerret. The Dockerfile's RUN step is run as it stands, in a folder with what its COPY
steps name and with another place for /opt/nerret, and its size is added to the base's, python:3.12-slim, which is
about 125 MB unpacked.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import processor

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "/opt/nerret"


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-megabytes", type=int, default=125, help="of the image's base (default 125)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    found = {"nerret-tools": installed("."), "nerret-tools[torch]": installed(".[torch]"), "image": image_step()}
    if arguments.json:
        print(json.dumps({"machine": processor(), "base_megabytes": arguments.base_megabytes, **found}, indent=2))
        return
    print(processor())
    for name, (seconds, megabytes) in found.items():
        print(f"{name:22}{seconds:7.1f} s {megabytes:7} MB")
    base, venv = arguments.base_megabytes, found["image"][1]
    print(f"image                 {base} MB base + {venv} MB {ENVIRONMENT} = {base + venv} MB")


def installed(what: str) -> tuple[float, int]:
    """Seconds and megabytes of an installation."""
    command = f"python -m venv {ENVIRONMENT} && {ENVIRONMENT}/bin/pip install --no-cache-dir {shlex.quote(what)}"
    return run(command, ROOT)


def image_step() -> tuple[float, int]:
    """The same of the Dockerfile's own step."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    build = text.split("\nFROM")[1]
    [command] = re.findall(r"^RUN (.+)$", build, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory(prefix="nerret-benchmark-") as folder:
        for line in re.findall(r"^COPY (.+)$", build, flags=re.MULTILINE):
            *names, target = line.split()
            for name in names:
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, Path(folder, target), ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / name, Path(folder, target))
        return run(command, Path(folder))


def run(command: str, folder: Path) -> tuple[float, int]:
    """Run a shell command that fills an environment; that is made elsewhere, and removed."""
    with tempfile.TemporaryDirectory(prefix="nerret-benchmark-") as place:
        command = command.replace("python -m venv", f"{shlex.quote(sys.executable)} -m venv")
        command = command.replace(ENVIRONMENT, f"{place}/venv")
        started = time.perf_counter()
        subprocess.run(["sh", "-c", command], cwd=folder, stdout=sys.stderr, check=True)
        seconds = time.perf_counter() - started
        size = sum(one.lstat().st_blocks * 512 for one in Path(place).rglob("*") if not one.is_dir())
    return round(seconds, 1), round(size / 10**6)


if __name__ == "__main__":
    main()
