"""A fake vision model that really reads the frames it is sent.

It knows the rendered truth of a clip by its pictures: which clip a frame is of, and its time, also where a frame is a
part of the picture. Of a statement it sees the true difference, blurred: more where the person is small in the frames,
where frames are many, or statements; and only where the frames show the moments that the statement is about; else it
guesses. It likes to say that there is a difference, more so when it is asked about one statement alone, and it favours
the video that is shown first. Nothing here speaks of a real model.
"""

from __future__ import annotations

import copy
import hashlib
import io
import itertools
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tests.support.models import proposer_reply
from tests.support.scripted import Asked, chat_reply
from viddiff.core.types import Answer
from viddiff.synthetic.bench import PairTruth
from viddiff.synthetic.truth import LabelledDifference

#: Columns and rows of the cells that a picture is known by.
_COLUMNS, _ROWS = 32, 24
#: A picture that differs by more than this (mean square of a cell, of 1) from all that are known is a part of one.
_PART_FROM = 0.002
#: A part is at least so many rows of a picture high.
_LEAST_ROWS = 7
#: The number of a statement that is asked again.
_AGAIN = re.compile(r" \(\d+\)$")
_LABEL = re.compile(r"Video ([AB]), frame \d+ of \d+, t=([\d.]+) s:\s*$")


@dataclass(frozen=True)
class Habits:
    """What kind of model it is.

    Attributes:
        noise: standard deviation of what it sees, in differences that are just visible, on few large frames.
        full_side: long side in pixels of a picture that the person fills as in the rendered clips, from which on more
            pixels show nothing more; of a part of a picture the long side that all of it would have.
        crowd_images, crowd_statements: so many images, or statements, double the noise.
        tolerance_s: a frame shows a moment that lies this near.
        threshold, alone: from how large a difference on it says a or b; asked about one statement alone.
        order_bias: added in favour of the video that is shown first.
        moment_error_s: standard deviation of the moments that it names.
    """

    noise: float = 0.45
    full_side: int = 320
    crowd_images: float = 60.0
    crowd_statements: float = 40.0
    tolerance_s: float = 0.2
    threshold: float = 0.8
    alone: float = 0.55
    order_bias: float = 0.2
    moment_error_s: float = 0.08


@dataclass(frozen=True)
class Frame:
    """A frame of a request, as the model reads it: whose it is, when, how large, and in which place it was shown.

    ``long_side``: in pixels, of the whole picture at the size in which the person is shown.
    """

    pair: str
    side: str
    time_s: float
    long_side: int
    shown_as: str


@dataclass(frozen=True)
class Sight:
    """What it makes of a statement, in terms of the videos as they were shown."""

    answer: Answer
    confidence: float
    size: str


class Examinee:
    """Plays the vision model, and the text model of the published method.

    Args:
        truths: what is true of each pair.
        clips: (pair key, side) -> thumbnails (T, D) of its frames and their times (T,); see ``thumbnail``.
        habits: what kind of model it is.
        person: how large the person is in these pictures, as a share of what it is in the rendered clips.

    Attributes:
        known: action -> statements that the text model knows of it, to be filled by whoever asks for them.
    """

    def __init__(
        self,
        truths: Iterable[PairTruth],
        clips: Mapping[tuple[str, str], tuple[NDArray[np.float32], NDArray[np.float64]]],
        habits: Habits = Habits(),
        person: float = 1.0,
    ) -> None:
        self.truths = {truth.sample_key: truth for truth in truths}
        self.habits, self.person, self.clips = habits, person, clips
        self.known: dict[str, list[str]] = {}
        self._owner = [key for key, (thumbs, _) in clips.items() for _ in range(len(thumbs))]
        self._thumbs = np.concatenate([thumbs for thumbs, _ in clips.values()])
        self._norms = (self._thumbs**2).sum(axis=1)
        self._read: dict[str, tuple[str, str, int]] = {}

    def knowing(self, truths: Iterable[PairTruth]) -> Examinee:
        """The same model, to whom something else is true of the clips."""
        other = copy.copy(self)
        other.truths = {truth.sample_key: truth for truth in truths}
        return other

    def __call__(self, asked: Asked) -> str:
        """The reply to any question of the programs."""
        if not asked.images:
            return self.propose(asked) or proposer_reply(asked)
        frames = self.read(asked)
        if asked.asks_for("found"):
            return chat_reply(found=self.moments(asked, frames))
        if asked.asks_for("differences"):
            return chat_reply(differences=self.differences(asked, frames))
        if asked.asks_for("verdicts"):
            statements = self.statements(asked)
            return chat_reply(
                verdicts=[
                    {"key": key, "reason": "seen", **self.entry(statement, frames, len(statements))}
                    for key, statement in statements.items()
                ]
            )
        statement = _field(asked, "statement").splitlines()[0].strip()
        return chat_reply(reason="seen", frames_a=[1], frames_b=[1], **self.entry(statement, frames, 1))

    def propose(self, asked: Asked) -> str | None:
        """What the text model names, in an order by chance; None where it is asked for something else."""
        action = next((action for action in self.known if action in asked.prompt), None)
        if action is None or not asked.asks_for("differences"):
            return None
        n_most = int(_field(asked, "n_differences").split()[0])
        named = self.luck(action, []).permutation(self.known[action])[:n_most].tolist()
        return chat_reply(differences=[{"name": "d", "statement": statement} for statement in named])

    def read(self, asked: Asked) -> list[Frame]:
        """The frames of a request."""
        frames: list[Frame] = []
        for before, part in itertools.pairwise(asked.parts):
            if part[0] != "image" or before[0] != "text":
                continue
            label = _LABEL.search(before[1].strip())
            if label is not None:
                # A request shows one pair.
                among = frames[0].pair if frames else None
                pair, side, long_side = self.recognise(part[1], float(label[2]), among)
                frames.append(Frame(pair, side, float(label[2]), round(long_side * self.person), label[1].lower()))
        return frames

    def recognise(self, jpeg: bytes, time_s: float, among: str | None = None) -> tuple[str, str, int]:
        """(pair, side, long side in pixels) of a picture, by the clip that holds the most similar one.

        Args:
            among: the pair that it is of, where that is known.
        """
        key = hashlib.sha256(jpeg).hexdigest()
        if key not in self._read:
            thumb, long_side = thumbnail(jpeg)
            distances = self._norms - 2 * self._thumbs @ thumb + thumb @ thumb
            nearest = int(distances.argmin())
            if distances[nearest] / len(thumb) < _PART_FROM:
                self._read[key] = (*self._owner[nearest], long_side)
            else:
                self._read[key] = self.recognise_part(jpeg, time_s, among)
        return self._read[key]

    def recognise_part(self, jpeg: bytes, time_s: float, among: str | None) -> tuple[str, str, int]:
        """The same of a part of a picture, by the clip that shows it at that time, wherever and however large."""
        keys = [key for key in self.clips if among in (None, key[0])]
        shown = [
            thumbs[int(np.abs(times_s - time_s).argmin())] for thumbs, times_s in (self.clips[key] for key in keys)
        ]
        pictures = np.stack(shown).reshape(len(keys), _ROWS, _COLUMNS, 3)
        best = (math.inf, keys[0], 0)
        for rows in range(_LEAST_ROWS, _ROWS + 1):
            part, height = cells_of_part(jpeg, rows)
            if part.shape[1] > _COLUMNS:
                continue
            windows = sliding_window_view(pictures, part.shape, axis=(1, 2, 3))[:, :, :, 0]
            off = np.square(windows - part).mean(axis=(3, 4, 5)).min(axis=(1, 2))
            nearest = int(off.argmin())
            best = min(best, (float(off[nearest]), keys[nearest], round(height * _COLUMNS / rows)))
        return (*best[1], best[2])

    def statements(self, asked: Asked) -> dict[str, str]:
        """The statements of a question about several."""
        found: dict[str, str] = json.loads(_field(asked, "statements").splitlines()[0])
        return found

    def labelled(self, statement: str, frames: Sequence[Frame]) -> LabelledDifference | None:
        """What is true about a statement of the pair that is shown."""
        truth = self.truths[frames[0].pair]
        said = _AGAIN.sub("", statement)
        return next((d for d in truth.differences if d.difference.statement == said), None)

    def entry(self, statement: str, frames: Sequence[Frame], n_statements: int) -> dict[str, Any]:
        """The fields of an answer."""
        sight = self.see(statement, frames, n_statements)
        return {"answer": sight.answer, "confidence": sight.confidence, "size": sight.size}

    def see(self, statement: str, frames: Sequence[Frame], n_statements: int) -> Sight:
        """What it makes of a statement."""
        rng = self.luck(statement, frames)
        labelled = self.labelled(statement, frames)
        if labelled is None or labelled.truth.a is None or labelled.truth.b is None:
            return Sight("c", 0.5, "none")
        habits = self.habits
        values = {"a": labelled.truth.a, "b": labelled.truth.b}
        first, second = (next(frame.side for frame in frames if frame.shown_as == shown) for shown in "ab")
        margin = (values[first] - values[second]) / labelled.truth.resolution
        seen = min(self.share_seen(labelled, shown_as, frames) for shown_as in "ab")
        if rng.random() > seen:
            answer: Answer = ("a", "b", "c")[int(rng.choice(3, p=[0.45, 0.3, 0.25]))]
            return Sight(answer, float(rng.uniform(0.4, 0.6)), "slight")
        long_side = float(np.median([frame.long_side for frame in frames]))
        blur = max(1.0, habits.full_side / long_side)
        crowd = 1 + len(frames) / habits.crowd_images + n_statements / habits.crowd_statements
        sigma = habits.noise * blur * crowd
        perceived = margin + habits.order_bias + sigma * float(rng.standard_normal())
        threshold = habits.alone if n_statements == 1 else habits.threshold
        answer = "c" if abs(perceived) < threshold else "a" if perceived > 0 else "b"
        sure = 0.5 * (1 + math.erf(abs(abs(perceived) - threshold) / (sigma * math.sqrt(2))))
        size = (
            "none"
            if answer == "c"
            else "slight"
            if abs(perceived) < 1.5
            else "clear"
            if abs(perceived) < 4
            else "large"
        )
        return Sight(answer, round(float(np.clip(sure, 0.5, 0.98)), 2), size)

    def share_seen(self, labelled: LabelledDifference, shown_as: str, frames: Sequence[Frame]) -> float:
        """Which share of the moments of a statement the frames show of the video that stands in one place."""
        mine = [frame for frame in frames if frame.shown_as == shown_as]
        moments_s = labelled.key_times_a_s if mine[0].side == "a" else labelled.key_times_b_s
        times_s = [frame.time_s for frame in mine]
        near = [any(abs(time_s - m) <= self.habits.tolerance_s for time_s in times_s) for m in moments_s]
        return sum(near) / len(near) if near else 1.0

    def moments(self, asked: Asked, frames: Sequence[Frame]) -> list[dict[str, Any]]:
        """Where each statement is best judged, as far as an overview tells, and a first impression."""
        statements = self.statements(asked)
        found = []
        for key, statement in statements.items():
            sight = self.see(statement, frames, len(statements))
            entry = {"key": key, "answer": sight.answer, "confidence": sight.confidence}
            found.append(entry | self.named(statement, frames))
        return found

    def named(self, statement: str, frames: Sequence[Frame]) -> dict[str, list[float]]:
        """The moments that it names: the shown frames nearest to the true ones, but for those that no frame is near."""
        labelled = self.labelled(statement, frames)
        rng = self.luck(statement, frames)
        named: dict[str, list[float]] = {"moments_a": [], "moments_b": []}
        if labelled is None:
            return named
        for shown_as in "ab":
            mine = [frame for frame in frames if frame.shown_as == shown_as]
            spacing_s = float(np.diff([frame.time_s for frame in mine]).max()) if len(mine) > 1 else 0.0
            moments_s = labelled.key_times_a_s if mine[0].side == "a" else labelled.key_times_b_s
            times_s = np.array([frame.time_s for frame in self.showing(mine, moments_s)])
            if not len(times_s):
                continue
            for moment_s in moments_s:
                meant_s = moment_s + self.habits.moment_error_s * float(rng.standard_normal())
                if times_s[0] - spacing_s <= meant_s <= times_s[-1] + spacing_s:
                    named[f"moments_{shown_as}"].append(float(times_s[np.abs(times_s - meant_s).argmin()]))
        return named

    def showing(self, frames: Sequence[Frame], moments_s: Sequence[float]) -> list[Frame]:
        """The frames of one video in which the action can be seen: within a second of it, or of some moments."""
        truth = self.truths[frames[0].pair]
        segments = (truth.localization_a if frames[0].side == "a" else truth.localization_b).segments
        start_s, stop_s = segments[0].stop_s, segments[-1].start_s
        near = [(start_s - 1, stop_s + 1), *((moment_s - 1, moment_s + 1) for moment_s in moments_s)]
        return [frame for frame in frames if any(low_s <= frame.time_s <= high_s for low_s, high_s in near)]

    def differences(self, asked: Asked, frames: Sequence[Frame]) -> list[dict[str, Any]]:
        """Open mode: the differences that it sees, the surest first."""
        n_most = int(_field(asked, "n_differences").split()[0])
        truth = self.truths[frames[0].pair]
        statements = [labelled.difference.statement for labelled in truth.differences]
        sights = [(self.see(statement, frames, len(statements)), statement) for statement in statements]
        seen = sorted((s for s in sights if s[0].answer != "c"), key=lambda s: -s[0].confidence)[:n_most]
        return [
            {
                "statement": statement,
                "answer": sight.answer,
                "confidence": sight.confidence,
                **(
                    self.named(statement, frames)
                    if asked.asks_for("differences") and "moments_a" in asked.system
                    else {}
                ),
            }
            for sight, statement in seen
        ]

    def luck(self, statement: str, frames: Sequence[Frame]) -> np.random.Generator:
        """Chance that depends on nothing but what is asked."""
        shown = [(f.pair, f.side, round(f.time_s, 2), f.long_side, f.shown_as) for f in frames]
        digest = hashlib.sha256(json.dumps([statement, shown]).encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def thumbnail(jpeg: bytes) -> tuple[NDArray[np.float32], int]:
    """(a small picture as a vector (D,), its long side in pixels)."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as image:
        small = image.convert("RGB").resize((_COLUMNS, _ROWS), Image.Resampling.BOX)
        vector: NDArray[np.float32] = np.asarray(small, dtype=np.float32).ravel() / np.float32(255)
        return vector, max(image.size)


def cells_of_part(jpeg: bytes, rows: int) -> tuple[NDArray[np.float32], int]:
    """(a part of a picture as (rows, columns, 3) cells as square as those of a picture, its height in pixels)."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as image:
        columns = max(1, round(rows * image.width / image.height))
        small = image.convert("RGB").resize((columns, rows), Image.Resampling.BOX)
        return np.asarray(small, dtype=np.float32) / np.float32(255), image.height


def _field(asked: Asked, name: str) -> str:
    """The text of an input field of the last question."""
    found: str = asked.prompt.rpartition(f"[[ ## {name} ## ]]")[2].strip()
    return found.partition("[[ ## ")[0].strip()
