"""The tiny projector trained on rendered squats: ``python -m benchmarks.projector FOLDER [GROUPS]``.

Groups of a squat and four others are rendered into FOLDER, where what is there already is used again; the language
model of ``benchmarks.projector_language`` is taught from text; ``viddiff steps train`` does the rest, a fifth of the
groups held out. Technique alone: grey frames have no colours, and evenly chosen ones hardly tell tempo.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.projector_language import CATEGORIES, accuracy_in_words, make_language, squats
from viddiff import steps
from viddiff.core.files import write_document
from viddiff.core.settings import Settings
from viddiff.eval.stepdiff.projector.train import HELD_OUT
from viddiff.report.stepdiff.terminal_projector import projector_view
from viddiff.synthetic.steps.attempts import Group
from viddiff.synthetic.steps.bench import CAPTIONS, CHOICES, RANKS, VIDEOS, render_group, rows_of

_SEED = 0
#: Soft tokens of a clip: as many as the words that told a squat to the language model.
_TOKENS = 7
_STEPS = 900


def lay_out(folder: Path, n_groups: int) -> None:
    """The rows, and those clips that are not there."""
    lines: dict[str, list[str]] = {CAPTIONS: [], CHOICES: [], RANKS: []}
    for index, (reference, *others) in squats(n_groups, _SEED):
        group = Group(reference, tuple(others))
        if not all((folder / VIDEOS / f"{attempt.video}.mp4").exists() for attempt in group.attempts):
            render_group(folder / VIDEOS, index, _SEED)
        rows = rows_of(group, index, _SEED)
        for name, found in lines.items():
            found += [json.dumps(row) for row in rows[name] if row["category"] in CATEGORIES]
    for name, found in lines.items():
        write_document(folder / name, "".join(f"{line}\n" for line in found))


def main(arguments: Sequence[str]) -> None:
    """Print the scores on held-out rows, and the seconds of training."""
    folder, n_groups = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 160
    lay_out(folder, n_groups)
    lm = f"local/{make_language(folder / 'language')}"
    began_s, used_s = time.perf_counter(), time.process_time()
    out, settings = folder / f"projector-{n_groups}", Settings(cache_dir=folder / "cache")
    card = steps.train(folder, out, lm=lm, tokens=_TOKENS, steps=_STEPS, settings=settings)
    print(
        f"{5 * n_groups} clips, {time.perf_counter() - began_s:.0f} s, {time.process_time() - used_s:.0f} s of a core"
    )
    print("\n".join(projector_view(card)))
    attempts = [attempt for _, group in squats(n_groups, _SEED) for attempt in group]
    words = accuracy_in_words(folder / "language", out / HELD_OUT / CHOICES, attempts)
    print(f"DiffMCQ, the language model given the levels as text: {words:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
