"""The registry as a Markdown table: ``python -m viddiff.motion.quantities.table``."""

from __future__ import annotations

import sys

from viddiff.motion.quantities import QUANTITIES, Quantity


def table() -> str:
    """One row for each quantity."""
    rows = ["| quantity | what it is | seen from | unit | smallest difference |", "|---|---|---|---|---|"]
    rows += [_row(quantity) for quantity in QUANTITIES.values()]
    return "\n".join(rows)


def _row(quantity: Quantity) -> str:
    sides = ", each side" if quantity.sided else ""
    unit = quantity.unit or "-"
    return f"| `{quantity.name}`{sides} | {quantity.definition} | {_views(quantity)} | {unit} | {_least(quantity)} |"


def _views(quantity: Quantity) -> str:
    if quantity.kind in ("clip", "events") or quantity.is_view_independent:
        return "anywhere"
    return ", ".join(f"{view} ({plane})" if view == "oblique" else view for view, plane in quantity.planes.items())


def _least(quantity: Quantity) -> str:
    at_an_angle = quantity.least_in("oblique")
    text = f"{quantity.least:g}"
    if "oblique" in quantity.planes and at_an_angle != quantity.least and quantity.kind in ("series", "path"):
        return f"{text}; {at_an_angle:g} oblique"
    return text


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
