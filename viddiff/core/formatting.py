"""Text and shares as every table, message and page shows them."""

from __future__ import annotations

import re
from typing import Protocol

_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls act on a terminal, bidi marks reorder the text around them, tags and annotations are invisible, lone
# surrogates cannot be written. Joiners stay: names and emoji need them.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

#: The sign with a space that does not break the line.
FIXED_PERCENT = "\N{NO-BREAK SPACE}%"


class Bounds(Protocol):
    """The ends of an interval of shares."""

    @property
    def low(self) -> float:
        """Lower end."""

    @property
    def high(self) -> float:
        """Upper end."""


def plain(text: str) -> str:
    """Text from models, files and names without what could act on a terminal or reorder a line."""
    return _UNSHOWABLE.sub("", _LINE_BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """``plain`` text with every run of white space as one space."""
    return " ".join(plain(text).split())


def percent(share: float | None, digits: int = 0, *, sign: str = " %", missing: str = "–") -> str:
    """A share of 1 in percent.

    >>> percent(0.8614), percent(0.8614, 1), percent(0.8614, 1, sign=""), percent(None)
    ('86 %', '86.1 %', '86.1', '–')

    Args:
        share: from 0 to 1; None: there is none.
        digits: decimals.
        sign: what follows the number.
        missing: the text for None.
    """
    return missing if share is None else f"{100 * share:.{digits}f}{sign}"


def percent_interval(
    interval: Bounds | tuple[float, float] | None, digits: int = 1, *, sign: str = " %", missing: str = "–"
) -> str:
    """An interval of shares in percent; the arguments are those of ``percent``.

    >>> percent_interval((0.551, 0.67)), percent_interval((0.551, 0.67), 0, sign="")
    ('55.1 to 67.0 %', '55 to 67')
    """
    if interval is None:
        return missing
    low, high = interval if isinstance(interval, tuple) else (interval.low, interval.high)
    return f"{percent(low, digits, sign='')} to {percent(high, digits, sign=sign)}"
