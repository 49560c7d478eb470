"""The components of the programs on steps."""

from __future__ import annotations

from viddiff.programs.compiled.registry import COMPONENTS, Component
from viddiff.programs.predict import AsyncModule
from viddiff.programs.stepdiff.captioner import DifferenceCaptioner
from viddiff.programs.stepdiff.ranker import CandidateComparer, SimilarityGrader
from viddiff.programs.stepdiff.verifier import StepVerifier

COMPARE, RANK = "steps compare a.mp4 b.mp4 --step ...", "steps rank a.mp4 FOLDER --category ..."


def register(name: str, kind: type[AsyncModule], command: str) -> None:
    """Register a component of the programs on steps."""
    advice = (
        f"A compiled {name} is run by viddiff steps, and by viddiff eval on files of StepDiff: leave --program out."
    )
    COMPONENTS.add(name, Component(kind, ("steps",), command, advice=advice))


register("captioner", DifferenceCaptioner, COMPARE)
register("comparer", CandidateComparer, RANK)
register("ranker", SimilarityGrader, RANK)
register("verifier", StepVerifier, COMPARE)
