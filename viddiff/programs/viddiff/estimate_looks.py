"""What TwoLooks would ask of pairs, at the most."""

from __future__ import annotations

import math
from collections.abc import Iterable

from viddiff.core.record import Record
from viddiff.core.settings import ModelLimits, Settings
from viddiff.lms.limits import limits_of
from viddiff.programs.estimate import PIXELS_PER_TOKEN, RoleEstimate, estimate_role
from viddiff.programs.viddiff.effort import EFFORTS, Effort
from viddiff.programs.viddiff.search import COARSE_S
from viddiff.programs.viddiff.tokens import (
    PROPOSER_ANSWER,
    PROPOSER_TOKENS,
    QUESTION_ANSWER,
    QUESTION_TOKENS,
    STATEMENT_TOKENS,
)
from viddiff.video.loaded import LoadedVideo


class PairSize(Record):
    """A pair to come; of videos that were not read yet the usual sizes stand for what is not known.

    Attributes:
        n_statements: how many are judged.
        n_frames: sampled from the longer video; None: as many as an overview shows.
        duration_s: of the longer video.
        width, height: of its frames.
        finds: whether the statements are given and their moments are to be found.
    """

    n_statements: int
    n_frames: int | None = None
    duration_s: float = 0.0
    width: int = 16
    height: int = 9
    finds: bool = True


def pair_size(a: LoadedVideo, b: LoadedVideo, n_statements: int, finds: bool) -> PairSize:
    """The size of a pair that was read."""
    longer = max((a, b), key=lambda video: video.info.stop_s - video.info.start_s)
    return PairSize(
        n_statements=n_statements,
        n_frames=max(len(a.sequence), len(b.sequence)),
        duration_s=longer.info.stop_s - longer.info.start_s,
        width=longer.sequence.width,
        height=longer.sequence.height,
        finds=finds,
    )


def plan_finder(pairs: Iterable[PairSize], settings: Settings) -> RoleEstimate:
    """The vision role of the localizer ``finder`` over all pairs: an overview of each."""
    return plan_looks(pairs, settings.model_copy(update={"effort": "medium"}), n_looks=1)


def plan_looks(pairs: Iterable[PairSize], settings: Settings, n_looks: int = 3) -> RoleEstimate:
    """The vision role over all pairs; ``n_looks``: so many of the overview, the first look and the second one."""
    effort, vision = EFFORTS[settings.effort], settings.model_names[1]
    limits = limits_of(vision, settings.models, settings.api_base is None)
    calls = images = asked = answered = 0
    for pair in pairs:
        for n_calls, n_images, side, n_statements in looks(pair, effort, limits)[:n_looks]:
            calls, images = calls + n_calls, images + n_images
            asked += n_calls * QUESTION_TOKENS + n_images * tokens_of(side, pair) + n_statements * STATEMENT_TOKENS
            answered += n_statements * QUESTION_ANSWER
    return estimate_role("vision", vision, calls, images, (asked, answered), settings)


def plan_text_proposer(n_pairs: int, settings: Settings) -> tuple[RoleEstimate, ...]:
    """The text role over pairs in open mode: a call each, where a text model names differences."""
    if settings.proposer == "overview":
        return ()
    asked = n_pairs * PROPOSER_TOKENS, n_pairs * PROPOSER_ANSWER
    return (estimate_role("text", settings.model_names[0], n_pairs, 0, asked, settings),)


def looks(pair: PairSize, effort: Effort, limits: ModelLimits) -> list[tuple[int, int, int, int]]:
    """(calls, images, long side of an image, statements) of the overview, the first look and the second ones."""
    most = effort.frames_of_part(limits.max_images)
    n_overview = effort.frames_of_overview(pair.duration_s)
    n_overview = min(n_overview, pair.n_frames or n_overview)
    parts = math.ceil(n_overview / most)
    shown = parts * 2 * min(n_overview, most)
    coarse = pair.duration_s / effort.frames_of_overview(pair.duration_s) > COARSE_S
    times = 2 if (coarse if pair.finds else effort.proposes_twice) else 1
    side = effort.side_of_overview(max(pair.width, pair.height) if pair.n_frames else 2 * effort.overview_side)
    planned = [(times * parts, times * shown, side, times * parts * pair.n_statements)]
    close = min(effort.close_frames, limits.max_images or effort.close_frames)
    # A second look is taken with A first, and with B first.
    for most, n, frames, orders in (
        (effort.statements, pair.n_statements, close, 1),
        (effort.second_looks, min(effort.second_looks, pair.n_statements), min(close, effort.second_frames), 2),
    ):
        calls = orders * math.ceil(n / max(1, most * close // effort.close_frames))
        planned.append((calls, calls * frames, effort.close_side, orders * n))
    return planned


def tokens_of(side: int, pair: PairSize) -> int:
    """Rough tokens of a frame with that long side."""
    return side * side * min(pair.width, pair.height) // max(pair.width, pair.height) // PIXELS_PER_TOKEN
