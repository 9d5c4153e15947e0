#!/usr/bin/env python3
"""Ingest throughput of FindMe beside its Python peers: same folder, same models, same machine, one run.

The rounds are interleaved and alternate their order, so that a machine that slows down slows both. Each command loads
its models and warms up before it measures, and prints one JSON line with `photos`, `faces` and `seconds`.

    run.py --photos DIR --ours 'findme import … {photos}' [--rounds 5] [--peers plain,opencv,tuned,tuned2] [--out FILE]
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
PEERS = {
    "plain": ("plain Python: Pillow, ONNX Runtime, face by face", "plain.py", "pillow {photos} {out}"),
    "opencv": ("OpenCV alone: FaceDetectorYN and dnn", "plain.py", "opencv {photos} {out}"),
    "tuned": ("tuned Python, one photo at a time", "reference.py", "ingest {photos} {out} --threads 1"),
    "tuned2": ("tuned Python, two photos at a time", "reference.py", "ingest {photos} {out} --threads 2"),
}


def main() -> None:
    chosen = arguments()
    commands = {"findme": chosen.ours}
    for peer in chosen.peers.split(","):
        name, script, words = PEERS[peer]
        commands[name] = f"{shlex.quote(chosen.python)} {shlex.quote(str(HERE / script))} {words}"
    results = {name: [] for name in commands}
    for number in range(chosen.rounds):
        order = list(commands) if number % 2 == 0 else list(reversed(commands))
        for name in order:
            results[name].append(measured(commands[name], chosen.photos))
            print(f"round {number + 1}/{chosen.rounds}: {name}: {results[name][-1]}", file=sys.stderr)
    table = "\n".join(table_of(results, chosen))
    print(table)
    if chosen.out:
        with chosen.out.open("a") as file:
            file.write(f"{table}\n\n")


def measured(template: str, photos: Path) -> dict:
    """Runs one command into an empty folder and returns the last JSON object that it printed."""
    with tempfile.TemporaryDirectory() as out:
        os.chmod(out, 0o755)  # a private database started by root runs as another user, who must be able to enter
        command = shlex.split(template.format(photos=shlex.quote(str(photos)), out=shlex.quote(out)))
        output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if not lines:
        sys.exit(f"no JSON line from: {shlex.join(command)}")
    return json.loads(lines[-1])


def table_of(results: dict[str, list[dict]], chosen: argparse.Namespace) -> list[str]:
    ours = median(run["seconds"] for run in results["findme"])
    lines = [
        f"{date.today()}, {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()},",
        f"{chosen.photos.name}: {results['findme'][0]['photos']} photos, medians of {chosen.rounds} interleaved rounds.",
        "",
        "| | faces | seconds (least–most) | photos/s | findme is faster by |",
        "|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        seconds = [run["seconds"] for run in runs]
        middle = median(seconds)
        spread = f"{middle:.2f} ({min(seconds):.2f}–{max(seconds):.2f})"
        ratio = "" if name == "findme" else f"{middle / ours:.2f}×"
        lines.append(f"| {name} | {runs[0]['faces']} | {spread} | {runs[0]['photos'] / middle:.1f} | {ratio} |")
    return lines


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--ours", required=True, help="command of our side; {photos} and {out} are filled in")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default=",".join(PEERS), help="which, by comma (default all)")
    parser.add_argument("--out", type=Path, help="Markdown file that the table is added to")
    parser.add_argument("--python", default=sys.executable, help="Python that has requirements.txt installed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
