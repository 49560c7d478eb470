"""Documents read back from files that may hold anything."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.core.files import parse_json, read_bytes
from viddiff.core.types import Comparison
from viddiff.programs.stepdiff.results import AnyStepDocument, read_step_document


def read_document(path: Path) -> Comparison | AnyStepDocument:
    """The comparison, or the document on steps, in a file.

    Raises:
        InputError: it cannot be read, or is none.
    """
    try:
        text = read_bytes(path)
    except OSError as error:
        raise InputError(
            f"The document {str(path)!r} cannot be read ({error.strerror}): "
            "give a comparison.json, or the steps.json of viddiff steps."
        ) from None
    return read_step_document(text) if _is_of_steps(text) else Comparison.from_json(text)


def _is_of_steps(text: bytes) -> bool:
    try:
        data = parse_json(text)
    except ValueError:
        return False
    return isinstance(data, dict) and str(data.get("kind", "")).startswith(("step_", "instruction_"))
