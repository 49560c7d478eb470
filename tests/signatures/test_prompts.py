"""Every word that a model reads, as it is rendered: a changed prompt is seen in review.

After a wanted change: ``pytest tests/signatures/test_prompts.py --snapshot-update``, and look at the difference.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib import metadata
from typing import Any

import dspy
import pytest
from syrupy.assertion import SnapshotAssertion

import viddiff.signatures
from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from viddiff.core.types import Difference, Finding, Measurement, Verdict
from viddiff.lms import adapter_of
from viddiff.lms.adapters import AdapterName
from viddiff.signatures.clip import Clip
from viddiff.signatures.measurements import decided_measurement_text, measurement_text, quantity_text
from viddiff.signatures.skilldiff.explanation import finding_text
from viddiff.signatures.stepdiff.paired_qa import FIRST_VIDEO, PAIRED_SYSTEM, SECOND_VIDEO, main_difference, same_in

VIDEO = noise_footage(4)
frames = frames_of(VIDEO)
#: A value for every input field of every signature, by the name of the field.
INPUTS: dict[str, Any] = {
    "action": "bodyweight squat",
    "video_a": Clip.of("A", [VIDEO.sequence.frame(i) for i in (0, 1)]),
    "video_b": Clip.of("B", [VIDEO.sequence.frame(i) for i in (2, 3)]),
    "picture": Clip.of("A", [VIDEO.sequence.frame(0)]),
    "pictures": Clip.of("A", [VIDEO.sequence.frame(i) for i in (0, 1)]),
    "reference": Clip.of("A", [VIDEO.sequence.frame(i) for i in (0, 1)]),
    "candidate": Clip.of("B", [VIDEO.sequence.frame(i) for i in (2, 3)]),
    "first": Clip.of("B", [VIDEO.sequence.frame(2)]),
    "second": Clip.of("C", [VIDEO.sequence.frame(3)]),
    "clip": Clip.of("A", [VIDEO.sequence.frame(i) for i in (0, 1)]),
    "narration": "now they go in, on a low flame",
    "objects": ["pan", "wooden spoon"],
    "description_reference": "tools: a wooden spoon",
    "description_candidate": "tools: a whisk",
    "description": "tools: a whisk",
    "known": "second",
    "n": 3,
    "answer": "The second whisks instead of stirring.",
    "difference": "a whisk instead of a wooden spoon",
    "captions": {"1": "a whisk instead of a spoon", "2": "stirs all the time instead of now and then"},
    "caption": "The candidate uses a whisk, not a spoon.",
    "lines": {"1": "0.0 s: First, chop the onions.", "2": "6.0 s: Now fry them."},
    "step": "fry the onions until golden",
    "categories": {"1": "Ingredients", "2": "Technique"},
    "category": "Technique",
    "question": "why are the onions of the candidate paler?",
    "measurements": ["repetitions: video A 3, video B 4"],
    "statement": "the squat is deeper",
    "statements": {"1": "the squat is deeper", "2": "the stance is wider"},
    "n_differences": 3,
    "named": ["the squat is deeper"],
    "references": {"0": "the squat is deeper"},
    "predictions": {"p0": "the hips get lower"},
    "quantities": ["knee_angle (degrees): the angle in the knee; 180 is straight"],
    "word": "seven",
    "part": "the hold",
    "measured": ["the legs are 24 degrees straighter in the hold"],
    "n_faults": 2,
    "findings": {"1": "hold (57% of the cost), more true of the performer: the legs are straighter"},
    "measurements_by_key": {"1": "knee angle: video A 92 degrees, video B 110 degrees"},
}
KNEE = Measurement(name="knee angle", unit="deg", a=92.31, b=110.0, error_a=1.53, stage="bottom")
COUNT = Measurement(name="repetitions", unit="", a=3, b=None, statistic="count", moment="in the first half")
FINDING = Finding(
    difference=Difference(key="1", name="depth", statement="the squat is deeper"),
    stages=("lowering",),
    frames_a=(),
    frames_b=(),
    measurements=(KNEE,),
    verdict=Verdict(status="answered", answer="b"),
)
#: Sentences that are values of input fields, or requests without a signature.
TEXTS = {
    "measurement": measurement_text(KNEE),
    "measurement of one video": measurement_text(COUNT),
    "measurement that tells the videos apart": decided_measurement_text(
        KNEE, Verdict(status="answered", answer="a", confidence=0.93)
    ),
    "measurement that does not": decided_measurement_text(KNEE, Verdict(status="answered", answer="c")),
    "quantity": quantity_text("knee_angle", "deg", "Angle in the knee."),
    "quantity without a unit": quantity_text("repetitions", "", "How often."),
    "finding": finding_text(FINDING, 0.57),
    "pair of videos": "|".join([PAIRED_SYSTEM, FIRST_VIDEO, SECOND_VIDEO]),
    "main difference": main_difference("Technique"),
    "same": same_in("Technique"),
}
DIFFERENCES = {
    "ProposeStages": ["the squat is deeper"],
    "LinkStages": {"0": "the squat is deeper"},
    "PublishedLinkStages": {"0": "the squat is deeper"},
    "CheckDifferences": {"1": "The onions are cut into rings instead of cubes"},
}


def signatures() -> dict[str, type[dspy.Signature]]:
    """Every signature of the package by its name."""
    found = {}
    for module in pkgutil.walk_packages(viddiff.signatures.__path__, "viddiff.signatures."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, dspy.Signature) and value.__module__ == module.name:
                found[value.__name__] = value
    return dict(sorted(found.items()))


def inputs_of(name: str, signature: type[dspy.Signature]) -> dict[str, Any]:
    """A value for each input field."""
    stages = importlib.import_module("viddiff.signatures.viddiff.stages")
    matching = importlib.import_module("viddiff.signatures.viddiff.matching")
    special = {
        ("RefineCues", "stages"): [stages.ProposedStage(name="bottom", cues=["A photo of a deep squat"])],
        ("PublishedRefineCues", "stages"): [stages.ProposedStage(name="bottom", cues=["A photo of a deep squat"])],
        ("PublishedLinkStages", "stages"): ["down", "bottom", "up"],
        ("LinkStages", "stages"): {"down": "the hips sink", "bottom": "the hips are lowest", "up": "the hips rise"},
        ("PlanMeasurements", "stages"): ["down", "bottom", "up"],
        ("RelateStatements", "pairs"): [matching.StatementPair(key="1", first="deeper", second="shallower")],
        ("JudgeTogether", "measurements"): INPUTS["measurements_by_key"],
        ("MatchSteps", "reference"): {"1": "chop the onions", "2": "fry them"},
        ("MatchSteps", "candidate"): {"1": "grate the onions"},
        (name, "differences"): DIFFERENCES.get(name),
    }
    return {field: special.get((name, field)) or INPUTS[field] for field in signature.input_fields}


def rendered(messages: list[dict[str, Any]]) -> str:
    """Messages as text, each image as one word."""
    lines = []
    for message in messages:
        lines.append(f"### {message['role']}")
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        lines += [block["text"] if block["type"] == "text" else "<image>" for block in blocks]
    return "\n".join(lines)


def test_the_prompts_are_recorded_with_this_version_of_dspy(snapshot: SnapshotAssertion) -> None:
    """The frame around our words is dspy's; another version may word it differently."""
    assert metadata.version("dspy") == snapshot, (
        "The prompts were recorded with another version of dspy: run pytest tests/signatures/test_prompts.py "
        "--snapshot-update, and look at what differs."
    )


@pytest.mark.parametrize("text", TEXTS)
def test_a_sentence_that_is_put_into_a_prompt(text: str, snapshot: SnapshotAssertion) -> None:
    assert TEXTS[text] == snapshot


@pytest.mark.parametrize("adapter", ["chat", "json"])
@pytest.mark.parametrize("name", list(signatures()))
def test_prompt(name: str, adapter: AdapterName, snapshot: SnapshotAssertion) -> None:
    signature = signatures()[name]
    assert rendered(adapter_of(adapter).format(signature, [], inputs_of(name, signature))) == snapshot


@pytest.mark.parametrize(
    "name", ["FindMoments", "JudgeAll", "JudgeDifference", "JudgeStatements", "JudgeTogether", "SeeDifferences"]
)
def test_questions_on_the_same_frames_begin_alike_up_to_the_last_frame(name: str) -> None:
    """Providers ask less for the part of a request that they read a moment ago."""
    signature = signatures()[name]
    asked = [
        adapter_of("chat").format(
            signature,
            [],
            {**inputs_of(name, signature), **{key: said[key] for key in said if key in signature.input_fields}},
        )
        for said in (
            {"statement": "the stance is wider", "statements": {"2": "the stance is wider"}, "n_differences": 3},
            {"statement": "the arms are higher", "statements": {"3": "the arms are higher"}, "n_differences": 5},
        )
    ]
    assert [message["content"] for message in asked[0][:-1]] == [message["content"] for message in asked[1][:-1]]
    blocks = [messages[-1]["content"] for messages in asked]
    n_alike = next(index for index, (one, two) in enumerate(zip(*blocks, strict=True)) if one != two)
    assert sum(block["type"] == "image_url" for block in blocks[0][:n_alike]) == 4
    assert all(block["type"] == "text" for block in blocks[0][n_alike:])
