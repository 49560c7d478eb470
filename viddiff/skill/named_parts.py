"""Parts of a movement that somebody named in a reference, carried to the query by their alignment."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from viddiff.core.errors import InputError, UsageError
from viddiff.core.types import Segment
from viddiff.motion.cycles import Span
from viddiff.motion.phases import name_in_repetition, phase_named
from viddiff.skill.reference import ReferenceAlignment

_FORM = re.compile(r"(?P<name>[^=,]{1,60})=(?P<start>\d+(?:\.\d+)?)-(?P<stop>\d+(?:\.\d+)?)")


def parse_parts(texts: Sequence[str]) -> tuple[Segment, ...]:
    """Parts as they are named on a command line, in the order of time.

    >>> parse_parts(["bottom=1.2-1.6", "way down=0.4-1.2"])[0].stage
    'way down'

    Raises:
        UsageError: another form, a part that ends before it begins, overlapping parts, a name given twice.
    """
    parts = sorted(map(_parse, texts), key=lambda part: part.start_s)
    for one, other in pairwise(parts):
        if other.start_s < one.stop_s:
            raise UsageError(f"The parts {one.stage!r} and {other.stage!r} overlap: give each its own time.")
    names = [part.stage for part in parts]
    if len(set(names)) < len(names):
        raise UsageError(f"Two of the parts {', '.join(map(repr, names))} have the same name: give each its own.")
    return tuple(parts)


def _parse(text: str) -> Segment:
    match = _FORM.fullmatch(text.strip())
    if not match or not match["name"].strip():
        raise UsageError(f"{text!r} is not a part: write 'NAME=START-STOP', in seconds of the reference.")
    start_s, stop_s = float(match["start"]), float(match["stop"])
    if not start_s < stop_s < math.inf:
        raise UsageError(f"The part {text!r} ends before it begins: write 'NAME=START-STOP'.")
    name = match["name"].strip()
    return Segment(stage=name, start_s=start_s, stop_s=stop_s, phase=phase_named(name))


def carry_parts(parts: Sequence[Segment], reference: ReferenceAlignment) -> tuple[Segment, ...]:
    """The parts of a reference in the query: in each of its repetitions, where they are compared one by one.

    Raises:
        InputError: a part is not in what was compared.
    """
    return tuple(_carry_parts(parts, reference))


def _carry_parts(parts: Sequence[Segment], reference: ReferenceAlignment) -> Iterator[Segment]:
    alignment = reference.alignment
    times_s, matched_s = np.array(alignment.times_a_s), np.array(alignment.matched_b_s)
    spans = reference.repetitions.spans if reference.repetitions else (Span(-math.inf, math.inf),)
    for number, span in enumerate(spans, 1):
        repetition = number if len(spans) > 1 else None
        inside = (times_s >= span.start_s) & (times_s < span.stop_s)
        for part in parts:
            start_s, stop_s = np.interp((part.start_s, part.stop_s), matched_s[inside], times_s[inside]).tolist()
            if stop_s <= start_s:
                raise InputError(
                    f"The part {part.stage!r} ({part.start_s:g} to {part.stop_s:g} s) is outside the compared part "
                    f"of {reference.video.info.name!r}: {matched_s.min():.2f} to {matched_s.max():.2f} s."
                )
            yield Segment(
                stage=name_in_repetition(part.stage, repetition),
                start_s=start_s,
                stop_s=stop_s,
                repetition=repetition,
                phase=part.phase,
            )
