#!/usr/bin/env python3
"""The Python reference of FindMe's ingest: goldens, a speed peer, and the figures of "my photos".

    reference.py golden --out FILE     results of 24 photographs, for crates/engine/tests/golden
    reference.py ingest DIR OUT        one JSON line of throughput
    reference.py eval                  recall and precision of "my photos" at several thresholds
"""

import argparse
import csv
import json
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import cv2
import numpy as np

from pipeline import (
    DETECT_LONG_SIDE_PX,
    EMBEDDING_SIZE,
    PACK,
    Face,
    Pipeline,
    Stopwatch,
    as_float16_base64,
    decoded_picture,
    renditions,
)

SHARED = Path(os.environ.get("FINDME_SHARED", Path(__file__).parents[3] / "shared"))
EVENT = SHARED / "photos" / "public-event"

# Portraits, pairs, groups and crowds; JPEG, PNG and WebP (some named .jpg); tiny and 20-megapixel pictures;
# the EXIF orientations 2, 3, 6 and 8.
GOLDEN_FILES = """
    DSC_0001.png DSC_0011.jpg DSC_0014.jpg DSC_0028.jpg DSC_0040.jpg DSC_0083.jpg DSC_0091.png DSC_0109.jpg
    DSC_0113.jpg DSC_0132.jpeg DSC_0134.jpg DSC_0158.png DSC_0189.jpg DSC_0236.jpg DSC_0242.jpg DSC_0255.jpg
    DSC_0281.jpg DSC_0282.jpg DSC_0283.jpg DSC_0284.jpg DSC_0285.jpg DSC_0286.jpg DSC_0287.jpg DSC_0297.jpg
""".split()
THRESHOLDS = (0.20, 0.22, 0.24, 0.26, 0.28, 0.30, 0.32, 0.34, 0.36, 0.38, 0.40, 0.45)


def golden(pipeline: Pipeline, out: Path) -> None:
    files = [golden_file(pipeline, f"photos/{name}") for name in GOLDEN_FILES]
    document = {"pack": PACK, "detect_long_side": DETECT_LONG_SIDE_PX, "files": files}
    out.write_text(json.dumps(document, indent=1) + "\n")
    print(f"{len(files)} files, {sum(len(file['faces']) for file in files)} faces, {out.stat().st_size} bytes")


def golden_file(pipeline: Pipeline, name: str) -> dict:
    picture = decoded_picture((EVENT / name).read_bytes())
    height, width = picture.shape[:2]
    faces = [
        {
            "score": round(face.score, 4),
            "box": np.round(face.box, 2).tolist(),
            "landmarks": np.round(face.landmarks, 2).tolist(),
            "embedding": as_float16_base64(face.embedding),
        }
        for face in pipeline.faces(picture)
    ]
    return {"file": name, "width": width, "height": height, "faces": faces}


def ingest(models: Path, source: Path, out: Path, threads: int) -> None:
    """Runs every file of `source` through the pipeline and prints the throughput. Loading is not counted."""
    files = sorted(path for path in source.iterdir() if path.is_file())
    out.mkdir(parents=True, exist_ok=True)
    idle = SimpleQueue()
    for _ in range(threads):
        idle.put(warm_pipeline(models, files, one_thread_each=threads > 1))

    def one(file: Path) -> tuple[int, Stopwatch]:
        pipeline = idle.get()
        try:
            return ingest_photo(pipeline, file, out)
        finally:
            idle.put(pipeline)

    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        done = list(pool.map(one, files))
    print(json.dumps(summary(done, time.perf_counter() - start)))


def warm_pipeline(models: Path, files: list[Path], one_thread_each: bool) -> Pipeline:
    """A pipeline that has seen a few photos. By default OpenCV and ONNX Runtime use every core for one photo;
    with several photos at once each of them gets one thread instead."""
    cv2.setNumThreads(1 if one_thread_each else -1)
    pipeline = Pipeline(models, model_threads=1 if one_thread_each else 0)
    for file in files[:5]:
        pipeline.faces(decoded_picture(file.read_bytes()))
    return pipeline


def ingest_photo(pipeline: Pipeline, file: Path, out: Path) -> tuple[int, Stopwatch]:
    """One photo, from its file to its faces and renditions: the number of faces and where the time went."""
    watch = Stopwatch()
    with watch.stage("decode"):
        picture = decoded_picture(file.read_bytes())
    faces = pipeline.faces(picture, watch)
    with watch.stage("renditions"):
        made = renditions(picture)
    with watch.stage("write"):
        for kind, data in made.items():
            (out / f"{file.name}.{kind}.jpg").write_bytes(data)
    return len(faces), watch


def summary(done: list[tuple[int, Stopwatch]], seconds: float) -> dict:
    stages = sum((watch.seconds for _, watch in done), Counter())
    return {
        "photos": len(done),
        "faces": sum(faces for faces, _ in done),
        "seconds": round(seconds, 3),
        "photos_per_second": round(len(done) / seconds, 2),
        "stage_ms_per_photo": {name: round(1000 * spent / len(done), 2) for name, spent in stages.items()},
    }


def evaluate(pipeline: Pipeline) -> None:
    """Prints recall and precision of "my photos" over all selfies of the sample event, for each threshold."""
    rows = list(csv.DictReader((EVENT / "labels.csv").open()))
    photos = [row for row in rows if row["file"].startswith("photos/")]
    gallery = [embeddings(pipeline.faces(decoded_picture((EVENT / row["file"]).read_bytes()))) for row in photos]
    selfies = [row for row in rows if row["file"].startswith("selfies/")]
    queries = [selfie_embedding(pipeline, EVENT / row["file"]) for row in selfies]
    found = [(row, query) for row, query in zip(selfies, queries) if query is not None]
    print(f"{len(photos)} photos, {sum(map(len, gallery))} faces; {len(found)} of {len(selfies)} selfies with a face")
    trials = [trial for row, query in found for trial in trials_of(row, query, photos, gallery)]
    print("threshold  recall  precision")
    for threshold in THRESHOLDS:
        recall, precision = recall_and_precision(trials, threshold)
        print(f"{threshold:9.2f}  {recall:6.3f}  {precision:9.3f}")


def embeddings(faces: list[Face]) -> np.ndarray:
    return np.array([face.embedding for face in faces]).reshape(-1, EMBEDDING_SIZE)


def selfie_embedding(pipeline: Pipeline, file: Path) -> np.ndarray | None:
    """The embedding of the largest face of a selfie; `None` where none is found."""
    faces, picture = pipeline.detect_selfie(decoded_picture(file.read_bytes()))
    if not faces:
        return None
    largest = max(faces, key=lambda face: face.box[2] * face.box[3])
    pipeline.embed(picture, [largest])
    return largest.embedding


def trials_of(selfie: dict, query: np.ndarray, photos: list[dict], gallery: list[np.ndarray]) -> list[tuple[bool, float]]:
    """(is this person in the photo, best score) for each photo that counts: neither labelled `maybe` for this
    person nor the photo that the selfie was cut from."""
    person = selfie["identities"]
    counted = [
        (row, faces)
        for row, faces in zip(photos, gallery)
        if person not in row["maybe"].split(";") and f"crop of {row['file']} " not in selfie["note"]
    ]
    return [
        (person in row["identities"].split(";"), max(faces @ query, default=-1.0))
        for row, faces in counted
    ]


def recall_and_precision(trials: list[tuple[bool, float]], threshold: float) -> tuple[float, float]:
    answered = [mine for mine, score in trials if score >= threshold]
    return sum(answered) / sum(mine for mine, _ in trials), sum(answered) / max(1, len(answered))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=SHARED / "models", help="folder of the model files")
    commands = parser.add_subparsers(dest="command", required=True)
    golden_parser = commands.add_parser("golden")
    golden_parser.add_argument("--out", type=Path, required=True)
    ingest_parser = commands.add_parser("ingest")
    ingest_parser.add_argument("source", type=Path)
    ingest_parser.add_argument("out", type=Path)
    ingest_parser.add_argument("--threads", type=int, default=1, help="photos at once (default 1)")
    commands.add_parser("eval")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    match chosen.command:
        case "golden":
            golden(Pipeline(chosen.models), chosen.out)
        case "ingest":
            ingest(chosen.models, chosen.source, chosen.out, chosen.threads)
        case "eval":
            evaluate(Pipeline(chosen.models))


if __name__ == "__main__":
    main()
