"""A compiled differencer and proposer made by hand, as an optimizer would leave them."""

from __future__ import annotations

from typing import Any

import dspy

from tests.support.loaded import noise_footage
from viddiff.programs.compiled.artifact import Artifact, artifact_of
from viddiff.programs.compiled.program_card import PartScore, ProgramCard
from viddiff.programs.differencer import Differencer
from viddiff.programs.predict import AsyncModule
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.signatures.clip import Clip
from viddiff.signatures.viddiff.stages import ProposedStage

FOOTAGE = noise_footage(32)
INSTRUCTIONS = "Compare two people.\nLook at the hips."


def clip_of(video: str, *indexes: int) -> Clip:
    return Clip.of("A" if video == "A" else "B", [FOOTAGE.sequence.frame(i) for i in indexes])


def card_of(program: AsyncModule, **changes: Any) -> ProgramCard:
    score = PartScore(
        part="test",
        name="closed accuracy",
        n=120,
        before=0.53,
        after=0.61,
        before_interval=(0.45, 0.6),
        after_interval=(0.54, 0.69),
        difference_interval=(0.01, 0.15),
        p_value=0.03,
    )
    fields: dict[str, Any] = {
        "stage": "proposer" if isinstance(program, Proposer) else "differencer",
        "optimizer": "gepa",
        "options": {"auto": "light"},
        "metric": "closed accuracy, both orders",
        "adapter": "chat",
        "frames": None if isinstance(program, Proposer) else "oracle",
        "models": {"vision": "openai/gpt-4o-mini", "reflection": "openai/gpt-5"},
        "data": "rows.jsonl",
        "data_hash": "0" * 64,
        "release": "synthetic",
        "split": "by-action-0",
        "n_train": 30,
        "n_val": 12,
        "n_test": 18,
        "scores": (score,),
        "calls": 812,
        "cost_usd": 0.4321,
        "seconds": 321.0,
        "created": "2026-11-21T06:00:00+00:00",
    }
    return ProgramCard(**{**fields, **changes})


def compiled_differencer(n_demos: int = 2, n_frames: int = 8) -> Differencer:
    """Changed instructions, and examples as a data set has them: with a label and a key beside the fields."""
    differencer = Differencer()
    predict = differencer.judge.predict
    predict.signature = predict.signature.with_instructions(INSTRUCTIONS)
    predict.demos = [
        dspy.Example(
            video_a=clip_of("A", *range(n_frames)),
            video_b=clip_of("B", *range(16, 16 + n_frames)),
            action="squat",
            measurements=[],
            statement=f"the squat is deeper {i}",
            reason="The hips get lower in A.",
            answer="a",
            confidence=0.9,
            frames_a=[1],
            frames_b=[2],
            sample_key="secret pair",
        )
        for i in range(n_demos)
    ]
    return differencer


def compiled_proposer() -> Proposer:
    """Typed examples, as bootstrapping leaves them."""
    proposer = Proposer()
    split = proposer.split.predict
    split.signature = split.signature.with_instructions("Split it well.")
    stages = [ProposedStage(name="down", cues=[f"A photo of {i}" for i in range(5)])]
    split.demos = [dspy.Example(action="squat", differences=["it is deeper"], stages=stages)]
    return proposer


def artifact(program: AsyncModule | None = None, **changes: Any) -> Artifact:
    program = program or compiled_differencer()
    return artifact_of(program, card_of(program, **changes))
