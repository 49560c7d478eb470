"""How the answers of a run were made, as it stands beside their scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from viddiff.eval.stepdiff.methods.registry import ItemAnswer
from viddiff.eval.stepdiff.scores import RunFacts


def facts_of(answers: Sequence[ItemAnswer], method: str, control: str, n_frames: int) -> RunFacts:
    """The facts of a run from all that was said."""
    return RunFacts(
        method=method,
        control=control,
        n_frames=n_frames,
        n_without_videos=sum(answer.missing for answer in answers),
        routes=dict(sorted(Counter(answer.route for answer in answers if answer.route).items())),
        n_invented=sum(bool(answer.prediction) for answer in answers) if control == "same-video" else None,
    )
