#!/usr/bin/env python3
"""Ingest as one first writes it in Python, twice: peers for speed, with the models that FindMe uses.

    plain.py pillow DIR OUT    what the Python parts of Immich and InsightFace amount to: Pillow decodes the whole photo, turns
                               it and makes the renditions with Lanczos; ONNX Runtime detects at 640, and embeds face by face
    plain.py opencv DIR OUT    OpenCV alone: `FaceDetectorYN`, and its own `dnn` for the embeddings

One photo after the other, each library with as many threads as it takes by itself. Prints one JSON line; loading the models
and the first photos are not counted.
"""

import argparse
import io
import json
import os
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from pipeline import (
    CROP_SIDE_PX,
    DETECT_LONG_SIDE_PX,
    JPEG_QUALITY,
    NMS_IOU_MAX,
    RECOGNISER_FILE,
    RENDITION_LONG_SIDES_PX,
    SCORE_MIN,
    Pipeline,
    aligned,
    decoded_picture,
    renditions,
)

MODELS = Path(os.environ.get("FINDME_SHARED", Path(__file__).parents[3] / "shared")) / "models"
WARM_UP_PHOTOS = 3


class Pillow:
    """Pillow for pictures, ONNX Runtime for models; OpenCV shrinks and warps, as InsightFace lets it."""

    def __init__(self):
        self.pipeline = Pipeline(MODELS)

    def photo(self, data: bytes) -> tuple[int, dict[str, bytes]]:
        with Image.open(io.BytesIO(data)) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        picture = np.asarray(upright)[..., ::-1].copy()
        faces = self.pipeline.detect(picture)
        for face in faces:
            self.pipeline.embed(picture, [face])
        return len(faces), {name: self.rendition(upright, side) for name, side in RENDITION_LONG_SIDES_PX.items()}

    @staticmethod
    def rendition(upright: Image.Image, long_side: int) -> bytes:
        smaller = upright.copy()
        smaller.thumbnail((long_side, long_side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=JPEG_QUALITY)
        return out.getvalue()


class OpenCv:
    """OpenCV's own classes. Its recogniser class knows one model only, so the embeddings go through `dnn`."""

    def __init__(self):
        self.detector = cv2.FaceDetectorYN.create(
            str(MODELS / "face_detection_yunet_2023mar.onnx"), "", (320, 320), SCORE_MIN, NMS_IOU_MAX, 5000
        )
        self.recogniser = cv2.dnn.readNetFromONNX(str(MODELS / RECOGNISER_FILE))

    def photo(self, data: bytes) -> tuple[int, dict[str, bytes]]:
        picture = decoded_picture(data)
        factor = DETECT_LONG_SIDE_PX / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
        self.detector.setInputSize(small.shape[1::-1])
        faces = self.detector.detect(small)[1]
        faces = [] if faces is None else faces
        for face in faces:
            self.embedding(picture, face[4:14].reshape(5, 2) / factor)
        return len(faces), renditions(picture)

    def embedding(self, picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        crop = aligned(picture, landmarks)
        size = (CROP_SIDE_PX, CROP_SIDE_PX)
        self.recogniser.setInput(cv2.dnn.blobFromImage(crop, 1 / 127.5, size, (127.5,) * 3, swapRB=True))
        raw = self.recogniser.forward().ravel()
        return raw / np.linalg.norm(raw)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", choices=("pillow", "opencv"))
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    peer = {"pillow": Pillow, "opencv": OpenCv}[chosen.library]()
    files = sorted(path for path in chosen.source.iterdir() if path.is_file())
    chosen.out.mkdir(parents=True, exist_ok=True)
    for file in files[:WARM_UP_PHOTOS]:
        peer.photo(file.read_bytes())
    began = time.perf_counter()
    faces = 0
    for file in files:
        count, made = peer.photo(file.read_bytes())
        faces += count
        for kind, data in made.items():
            (chosen.out / f"{file.name}.{kind}.jpg").write_bytes(data)
    print(json.dumps({"photos": len(files), "faces": faces, "seconds": round(time.perf_counter() - began, 3)}))


if __name__ == "__main__":
    main()
