"""Rows of both releases' layouts, out of the real actions and difference types where they are at hand."""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]
SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
FPS = {"fitness": 8, "diving": 12}


@cache
def actions() -> tuple[dict[str, str], ...]:
    path = SHARED / "viddiffbench" / "actions.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(csv.DictReader(file))
    names = ("fitness_0", "fitness_3", "ballsports_0", "diving_0", "fitness_1", "music_0", "surgery_0", "surgery_1")
    splits = ("easy", "easy", "medium", "medium", "medium", "hard", "hard", "hard")
    return tuple(
        {
            "action": name,
            "split": split,
            "action_name": name,
            "action_description": f"the action {name}",
            "domain": name.rsplit("_", 1)[0],
            "source_dataset": "somewhere",
        }
        for name, split in zip(names, splits, strict=True)
    )


@cache
def taxonomy() -> dict[str, dict[str, dict[str, str]]]:
    path, found = SHARED / "viddiffbench" / "difference_taxonomy.csv", defaultdict[str, dict[str, dict[str, str]]](dict)
    fields = ("name", "description", "query_string", "num_frames")
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found[row["action"]][row["diff_key"]] = {field: row[field] for field in fields}
        return found
    for action in actions():
        for key in "0123":
            texts = (f"type {key}", f"the hand is higher at moment {key}", "hand", "1" if key == "0" else "gt_1")
            found[action["action"]][key] = dict(zip(fields, texts, strict=True))
    return found


def official_rows(release: str = "549", per_action: int = 4, seed: int = 0) -> list[Row]:
    """Rows as the hub has them: columns of JSON text, null labels and null annotations among them."""
    chance = random.Random(seed)
    return [row_of(release, action, index, chance) for action in actions() for index in range(per_action)]


def row_of(release: str, action: dict[str, str], index: int, chance: random.Random) -> Row:
    name, domain = action["action"], action["domain"]
    types = taxonomy()[name]
    labels = {key: chance.choice(["a", "b", "c", "c", None]) for key in types}
    labels[next(iter(types))] = chance.choice(["a", "b"])
    starts = [chance.randrange(20) for _ in "ab"]
    lengths = [chance.randrange(10, 40) for _ in "ab"]
    frames = [
        {key: [chance.randrange(length)] if chance.random() < 0.5 else None for key in types} for length in lengths
    ]
    videos = [
        {
            "path": f"data/src_{domain}/{name}/{2 * index + side}.mp4",
            "fps_original": FPS.get(domain, 30),
            "frames_trim": [start, start + length, None],
        }
        for side, (start, length) in enumerate(zip(starts, lengths, strict=True))
    ]
    row: Row = {
        "sample_key": f"{name}_{index}",
        "vid0_thumbnail": None,
        "vid1_thumbnail": None,
        "videos": json.dumps(videos),
        **{field: action[field] for field in ("action", "action_name", "action_description", "source_dataset")},
        "sample_hash": chance.randrange(2**31),
        "retrieval_frames": json.dumps(frames),
        "differences_annotated": json.dumps(
            {key: None if chance.random() < 0.05 and labels[key] is None else types[key] for key in types}
        ),
        "differences_gt": json.dumps(labels),
        "split": domain,
    }
    if release == "549":
        n_labels = sum(label is not None for label in labels.values())
        row |= {"split": action["split"], "domain": domain, "n_differences_open_prediction": -(-3 * n_labels // 2)}
    return row


def write_json(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_json_lines(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pair(key: str = "p", **changes: Any) -> Row:
    """A pair of the ``pairs.json`` format."""
    differences = {
        "0": {"name": "depth", "description": "the squat is deeper", "label": "a", "frames_a": [0.5], "frames_b": [1]},
        "1": {"description": "the squat is slower", "label": "c"},
        "2": {"description": "the arms are higher", "label": None},
    }
    return {
        "key": key,
        "action": "squat",
        "video_a": f"{key}_a.mp4",
        "video_b": f"{key}_b.mp4",
        "differences": differences,
        **changes,
    }
