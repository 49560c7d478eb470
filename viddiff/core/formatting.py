"""Text and shares as every table, message and page shows them."""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls act on a terminal, bidi marks reorder the text around them, tags and annotations are invisible, lone
# surrogates cannot be written. Joiners stay: names and emoji need them.
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

#: What stands where there is no value.
NO_VALUE = "–"
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


def percent(share: float | None, digits: int = 0, *, sign: str = " %", missing: str = NO_VALUE) -> str:
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


def percent_interval(interval: Bounds | tuple[float, float] | None, *, sign: str = " %") -> str:
    """An interval of shares in percent, with one decimal.

    >>> percent_interval((0.551, 0.67)), percent_interval((0.551, 0.67), sign="")
    ('55.1 to 67.0 %', '55.1 to 67.0')
    """
    if interval is None:
        return NO_VALUE
    low, high = interval if isinstance(interval, tuple) else (interval.low, interval.high)
    return f"{percent(low, 1, sign='')} to {percent(high, 1, sign=sign)}"


def elapsed_text(past_s: float) -> str:
    """How long ago something was.

    >>> elapsed_text(30), elapsed_text(200), elapsed_text(4 * 3600), elapsed_text(90 * 3600)
    ('less than a minute ago', '3 min ago', '4 h ago', '3 days ago')
    """
    for unit, length_s, least in (("days", 86400.0, 2), ("h", 3600.0, 2), ("min", 60.0, 1)):
        if past_s >= least * length_s:
            return f"{past_s // length_s:.0f} {unit} ago"
    return "less than a minute ago"


def format_bytes(n_bytes: int) -> str:
    """A size for people.

    >>> format_bytes(3 * 2**20), format_bytes(5 * 2**30)
    ('3.0 MB', '5.0 GB')
    """
    return f"{n_bytes / 2**30:.1f} GB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.1f} MB"


def slug(text: str, missing: str) -> str:
    """A text as part of a file name: small ASCII letters, digits and "-", at most 40.

    >>> slug("Kniebeuge: tiefer!", "clip"), slug("...", "clip")
    ('kniebeuge-tiefer', 'clip')

    Args:
        text: any.
        missing: what stands for one that has no such letter.
    """
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", ascii_only)[:40].strip("-") or missing
