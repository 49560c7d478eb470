"""One check of ``viddiff doctor``."""

from __future__ import annotations

from viddiff.core.record import Record


class Check(Record):
    """One thing that was looked at. ``ok`` None: not there, and not needed."""

    name: str
    ok: bool | None
    found: str
    fix: str = ""
    exit_code: int = 0

    @property
    def mark(self) -> str:
        """✓, ✗ or –."""
        return "–" if self.ok is None else "✓" if self.ok else "✗"
