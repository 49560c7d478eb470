"""What a saved document shows is described, field by field: ``help()`` and the JSON schema say what it is."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

import viddiff
from viddiff import skill, steps
from viddiff.batch.manifest import BatchManifest
from viddiff.batch.rows import Row
from viddiff.core.settings import Settings
from viddiff.eval.skilldiff.load import BadSkillRow
from viddiff.eval.stepdiff.qa.make import QAManifest, QAReport
from viddiff.eval.stepdiff.qa.pair import DroppedItem
from viddiff.eval.stepdiff.qa.sources import ClipSource
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.results import RunResult
from viddiff.programs.compiled.artifact import Artifact
from viddiff.programs.skilldiff.checkpoint import SkillModelCard
from viddiff.programs.skilldiff.documents import SkillDistance, SkillScore
from viddiff.programs.skilldiff.health import EpochRecord
from viddiff.programs.stepdiff.projector.checkpoint import ProjectorCard
from viddiff.programs.viddiff.weights import WeightsFile
from viddiff.report.viddiff.coach import CoachPair
from viddiff.synthetic.bench import PairTruth
from viddiff.synthetic.demo import DemoPair

SAVED: tuple[type[BaseModel], ...] = (
    *(viddiff.Comparison, viddiff.AlignedVideos),
    *(SkillDistance, SkillScore, skill.SkillExplanation),
    *(steps.StepComparison, steps.InstructionComparison, steps.StepAnswer, steps.StepRanking),
    *(BatchManifest, Row, Manifest, RunResult, QAManifest, QAReport),
    *(BadSkillRow, ClipSource, DroppedItem, EpochRecord),
    *(Artifact, SkillModelCard, ProjectorCard, WeightsFile, PairTruth, DemoPair, CoachPair, Settings),
)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)


def shown(roots: tuple[type[BaseModel], ...]) -> list[type[BaseModel]]:
    """The models of documents, with those of their fields."""
    found: dict[type[BaseModel], None] = {}
    waiting = list(roots)
    while waiting:
        model = waiting.pop()
        if model not in found:
            found[model] = None
            waiting += [one for field in model.model_fields.values() for one in models_in(field.annotation)]
    return list(found)


@pytest.mark.parametrize("model", shown(SAVED), ids=lambda model: model.__name__)
def test_every_field_of_a_saved_document_has_a_description(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []
