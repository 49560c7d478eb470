"""Documents read back from files that may hold anything."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.comparison import ComparisonRecord
from viddiff.core.errors import InputError
from viddiff.core.files import parse_json, read_bytes
from viddiff.programs.skilldiff.explanation import SkillExplanationRecord
from viddiff.programs.stepdiff.results import AnyStepDocument, read_step_document

#: A document that has a page and exports.
AnyDocument = ComparisonRecord | AnyStepDocument | SkillExplanationRecord


def read_document(path: Path) -> AnyDocument:
    """The comparison, document on steps or explanation in a file.

    Raises:
        InputError: it cannot be read, or is none.
    """
    try:
        text = read_bytes(path)
    except OSError as error:
        raise InputError(
            f"The document {str(path)!r} cannot be read ({error.strerror}): give a comparison.json, "
            "the steps.json of viddiff steps, or the explanation.json of viddiff skill explain."
        ) from None
    kind = _kind(text)
    if kind == "skill_explanation":
        return SkillExplanationRecord.from_json(text)
    if kind in ("skill_score", "skill_distance"):
        raise InputError(
            f"{str(path)!r} is a skill.json, which has no report: viddiff skill explain --out writes an "
            "explanation.json, which has a report and exports."
        )
    return read_step_document(text) if kind.startswith(("step_", "instruction_")) else ComparisonRecord.from_json(text)


def _kind(text: bytes) -> str:
    """What kind of document it says it is; "" where it says nothing."""
    try:
        data = parse_json(text)
    except ValueError:
        return ""
    return str(data.get("kind", "")) if isinstance(data, dict) else ""
