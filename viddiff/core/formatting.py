"""Shares as percent, the same in every table, message and page."""

from __future__ import annotations

from typing import Protocol

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
