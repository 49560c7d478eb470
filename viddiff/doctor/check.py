"""One check of ``viddiff doctor``."""

from __future__ import annotations

from viddiff.core.record import Record


class Check(Record):
    """One thing that was looked at. ``ok`` None: not there, and not needed."""

    name: str
    """What was looked at."""
    ok: bool | None
    """Whether it works."""
    found: str
    """What was found, in words."""
    fix: str = ""
    """What to do; empty where it works."""
    exit_code: int = 0
    """Of ``viddiff doctor``, where this is what does not work."""

    @property
    def mark(self) -> str:
        """✓, ✗ or –."""
        return "–" if self.ok is None else "✓" if self.ok else "✗"
