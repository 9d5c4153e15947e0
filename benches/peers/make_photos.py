#!/usr/bin/env python3
"""Camera files for the benches of ingest, made from the sample event: one of its photographs in each, so that a file has
as many faces as a photograph of an event.

    make_photos.py EVENT DEST

Makes in DEST, unless it is there: `12mp` (4000×3000) with 48 files, `2mp` (1632×1224) and `24mp` (6000×4000) with 12 each,
and `selfies` with 24 files of 12 megapixels. The sources are taken evenly from all of the event's. JPEG of quality 92 with halved chroma, EXIF with camera, time and orientation (one
in four lies on its side), and noise as of a sensor: enlarged pixels without it would be easier to decode than a camera's.
"""

import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# Sides in pixels, and how many files.
SETS = {"2mp": (1632, 1224, 12), "12mp": (4000, 3000, 48), "24mp": (6000, 4000, 12)}
SELFIES = (4000, 3000, 24)
NOISE_TILE_PX = 1024
NOISE = 3.0  # standard deviation, of 255
QUALITY = 92
ORIENTATION, MAKER, MODEL, TIME = 0x112, 0x10F, 0x110, 0x132
ON_ITS_SIDE = 6  # turned right to be seen


def main() -> None:
    event, out = map(Path, sys.argv[1:])
    photos, selfies = (sorted((event / name).iterdir()) for name in ("photos", "selfies"))
    for name, (width, height, count) in SETS.items():
        make(evenly(photos, count), out / name, (width, height))
    make(evenly(selfies, SELFIES[2]), out / "selfies", SELFIES[:2])


def evenly(files: list[Path], count: int) -> list[Path]:
    return [files[index * len(files) // count] for index in range(count)]


def make(sources: list[Path], folder: Path, size: tuple[int, int]) -> None:
    """Fills `folder`, which appears only when it is whole."""
    if folder.is_dir():
        return
    part = folder.with_name(f"{folder.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    tile = np.random.default_rng(1).normal(0, NOISE, (NOISE_TILE_PX, NOISE_TILE_PX, 1)).round().astype(np.int16)
    for number, source in enumerate(sources):
        with Image.open(source) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        turned = number % 4 == 3
        seen = (size[1], size[0]) if turned else size
        pixels = np.asarray(ImageOps.fit(upright, seen, Image.Resampling.BICUBIC, centering=(0.5, 0.3)), np.int16)
        repeats = [-(-side // NOISE_TILE_PX) for side in pixels.shape[:2]]
        pixels = pixels + np.tile(tile, (*repeats, 1))[: pixels.shape[0], : pixels.shape[1]]
        stored = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        if turned:
            stored = stored.transpose(Image.Transpose.ROTATE_90)
        exif = Image.Exif()
        exif[ORIENTATION] = ON_ITS_SIDE if turned else 1
        exif[MAKER], exif[MODEL] = "NIKON CORPORATION", "NIKON D750"
        exif[TIME] = f"2025:06:14 12:{number % 60:02}:00"
        stored.save(part / f"DSC_{9000 + number}.JPG", quality=QUALITY, subsampling=2, exif=exif)
    os.replace(part, folder)


if __name__ == "__main__":
    main()
