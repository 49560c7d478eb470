"""What TwoLooks would ask of pairs, at the most."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

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


def estimate_finder(pairs: Iterable[PairSize], settings: Settings) -> RoleEstimate:
    """The vision role of the localizer ``finder`` over all pairs: an overview of each."""
    return estimate_looks(pairs, settings.model_copy(update={"effort": "medium"}), judges=False)


def estimate_looks(pairs: Iterable[PairSize], settings: Settings, judges: bool = True) -> RoleEstimate:
    """The vision role over all pairs; ``judges``: whether looks follow the overview."""
    effort, vision = EFFORTS[settings.effort], settings.model_names.vision
    limits = limits_of(vision, settings.models, settings.api_base is None)
    calls = images = input_tokens = output_tokens = 0
    for pair in pairs:
        for step in (*overviews(pair, effort, limits), *(looks(pair, effort, limits) if judges else ())):
            calls, images = calls + step.calls, images + step.images
            input_tokens += step.calls * QUESTION_TOKENS + step.images * tokens_of(step.side, pair)
            input_tokens += step.statements * STATEMENT_TOKENS
            output_tokens += step.statements * QUESTION_ANSWER
    return estimate_role("vision", vision, calls, images, (input_tokens, output_tokens), settings)


def estimate_text_proposer(n_pairs: int, settings: Settings) -> tuple[RoleEstimate, ...]:
    """The text role over pairs in open mode: a call each, where a text model names differences."""
    if settings.proposer == "overview":
        return ()
    tokens = n_pairs * PROPOSER_TOKENS, n_pairs * PROPOSER_ANSWER
    return (estimate_role("text", settings.model_names.text, n_pairs, 0, tokens, settings),)


class Step(NamedTuple):
    """What one step of the program asks of a pair, at the most: calls, images, long side of an image, statements."""

    calls: int
    images: int
    side: int
    statements: int


def overviews(pair: PairSize, effort: Effort, limits: ModelLimits) -> list[Step]:
    """The overview of both videos, and where it is seen again."""
    most = effort.frames_of_part(limits.max_images)
    n_frames = effort.frames_of_overview(pair.duration_s)
    coarse = pair.duration_s / n_frames > COARSE_S
    n_frames = min(n_frames, pair.n_frames or n_frames)
    parts = math.ceil(n_frames / most)
    long_side = max(pair.width, pair.height) if pair.n_frames else 2 * effort.overview_side
    small, large = effort.side_of_overview(long_side), min(effort.proposal_side, long_side)
    again = coarse if pair.finds else effort.proposes_twice
    sides = [small, small] if pair.finds else [large, small]
    return [
        Step(parts, parts * 2 * min(n_frames, most), side, parts * pair.n_statements) for side in sides[: 1 + again]
    ]


def looks(pair: PairSize, effort: Effort, limits: ModelLimits) -> list[Step]:
    """The first look and the second one, which is taken with A first and with B first."""
    close = min(effort.close_frames, limits.max_images or effort.close_frames)
    n_statements = pair.n_statements if pair.finds else effort.n_candidates(pair.n_statements)
    n_again = min(effort.second_looks, n_statements)
    planned = []
    for most, n, frames, orders in (
        (effort.statements, n_statements, close, 1),
        (effort.second_looks, n_again, min(close, effort.second_frames), 2),
    ):
        calls = orders * math.ceil(n / max(1, most * close // effort.close_frames))
        planned.append(Step(calls, calls * frames, effort.close_side, orders * n))
    return planned


def tokens_of(side: int, pair: PairSize) -> int:
    """Rough tokens of a frame with that long side."""
    return side * side * min(pair.width, pair.height) // max(pair.width, pair.height) // PIXELS_PER_TOKEN
