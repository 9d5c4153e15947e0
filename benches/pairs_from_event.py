"""Writes pairs in the form of Labeled Faces in the Wild, made of the sample event, for `findme eval pairs`.

    pairs_from_event.py EVENT TARGET

EVENT is a folder with labels.csv, photos/ and selfies/. TARGET gets pairs.txt and images/NAME/NAME_0001.jpg, which are
links. Used are the selfies, and photos on which one face was seen, that of one labelled person. Ten folds share no
person, as in LFW's view 2, so that no threshold has seen the people whom it judges. Two pictures of which one was cut
from the other make no pair. All random choices come from one fixed seed.
"""

import argparse
import csv
import itertools
import os
import random
from collections import defaultdict
from pathlib import Path

FOLDS = 10
SEED = 1


def people(event: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Pictures by person, and from which photo a selfie was cut."""
    pictures, cut_from = defaultdict(list), {}
    with (event / "labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            names = [name for name in row["identities"].split(";") if name]
            if "crop of " in row["note"]:
                cut_from[row["file"]] = row["note"].split("crop of ", 1)[1].split(" ")[0]
            is_single = row["faces_detected"] == "1" and row["all_faces_labelled"] == "yes" and not row["maybe"]
            if len(names) == 1 and (row["file"].startswith("selfies/") or is_single):
                pictures[names[0].replace(" ", "_")].append(row["file"])
    return dict(pictures), cut_from


def same_pairs(files: list[str], cut_from: dict[str, str]) -> list[tuple[str, str]]:
    """Every two pictures of a person, but not a photo and what was cut from it, nor two cut from one photo."""
    source = lambda file: cut_from.get(file, file)
    return [(a, b) for a, b in itertools.combinations(files, 2) if source(a) != source(b)]


def folds_of(same: dict[str, list]) -> list[list[str]]:
    """People in ten groups with about as many pairs each: the richest go first, each to the poorest group."""
    groups = [[] for _ in range(FOLDS)]
    for name in sorted(same, key=lambda name: (-len(same[name]), name)):
        min(groups, key=lambda group: sum(max(1, len(same[other])) for other in group)).append(name)
    return groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("event", type=Path)
    parser.add_argument("target", type=Path)
    chosen = parser.parse_args()
    pictures, cut_from = people(chosen.event)
    number = {}
    for name, files in pictures.items():
        folder = chosen.target / "images" / name
        folder.mkdir(parents=True, exist_ok=True)
        for index, file in enumerate(files, 1):
            number[file] = index
            link = folder / f"{name}_{index:04}.jpg"
            link.unlink(missing_ok=True)
            os.symlink((chosen.event / file).resolve(), link)
    chance = random.Random(SEED)
    same = {name: same_pairs(files, cut_from) for name, files in pictures.items()}
    groups = folds_of(same)
    per_kind = min(sum(len(same[name]) for name in group) for group in groups)
    lines = [f"{FOLDS}\t{per_kind}"]
    for group in groups:
        of_one = [(name, a, b) for name in group for a, b in same[name]]
        for name, a, b in sorted(chance.sample(of_one, per_kind)):
            lines.append(f"{name}\t{number[a]}\t{number[b]}")
        seen = set()
        while len(seen) < per_kind:
            first, second = sorted(chance.sample(group, 2))
            seen.add((first, chance.choice(pictures[first]), second, chance.choice(pictures[second])))
        for first, a, second, b in sorted(seen):
            lines.append(f"{first}\t{number[a]}\t{second}\t{number[b]}")
    (chosen.target / "pairs.txt").write_text("\n".join(lines) + "\n")
    used = sum(map(len, pictures.values()))
    print(f"{used} pictures of {len(pictures)} people, {FOLDS} folds of {per_kind} + {per_kind} pairs: {chosen.target}")


if __name__ == "__main__":
    main()
