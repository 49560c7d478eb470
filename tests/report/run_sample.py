"""Runs of evaluation made by hand: any labels, any verdicts."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from typing import Any

from tests.report.page import Page
from viddiff.core.types import Answer, Difference, Finding, FrameRef, Localization, Outcome, Proposal, Verdict
from viddiff.core.usage import Usage
from viddiff.eval.session import RunUsage
from viddiff.eval.viddiffbench.dataset import Sample, VideoRef
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.results import RunResult, result_of
from viddiff.report.runs.page import render_run

STATEMENTS = ("the squat is deeper", "the hips move faster", "the stance is wider", "the arms are higher")


class Run:
    """What ``write_run_page`` takes, made by hand or by a run."""

    def __init__(self, result: RunResult, outcomes: dict[str, Outcome], samples: Iterable[Sample]) -> None:
        self.result, self.outcomes, self.samples = result, outcomes, tuple(samples)
        roles = [("text", 18, 0.0123), ("vision", 240, 1.5)]
        self.usage = RunUsage(
            seconds=12.5,
            sessions=2,
            usage=tuple(Usage(role=role, model="openai/gpt-4o", calls=n, cost_usd=cost) for role, n, cost in roles),
        )

    def html(self, jpeg: bytes | None = None) -> str:
        return render_run(self.result, self.usage, self.outcomes, self.samples, lambda ref: jpeg)

    def page(self, jpeg: bytes | None = None) -> Page:
        return Page(self.html(jpeg))


def manifest(**changes: Any) -> Manifest:
    fields: dict[str, Any] = {
        "data": "jmhb/VidDiffBench",
        "data_hash": "d" * 64,
        "release": "549",
        "mode": "closed",
        "split": None,
        "method": "viddiff",
        "localizer": "viterbi",
        "control": "none",
        "models": {"text": "openai/gpt-4o", "vision": "openai/gpt-4o"},
        "versions": {"dspy": "3.4.1"},
        "prompts": "e" * 64,
        "settings": {"frames": "paper", "seed": 7},
        "limit": None,
        "per_action": None,
        "shard": None,
        "allow_missing": False,
        "judge": None,
    }
    return Manifest.model_validate(fields | changes)


def pair(key: str, split: str, labels: str, action: str = "fitness_0") -> Sample:
    return Sample(
        key=key,
        action_key=action,
        action_name="squat",
        action="a bodyweight squat",
        domain="fitness",
        split=split,
        video_a=VideoRef(path=f"videos/{key}_a.mp4"),
        video_b=VideoRef(path=f"videos/{key}_b.mp4"),
        differences=tuple(
            Difference(key=str(i), name=f"type {i}", statement=STATEMENTS[i % len(STATEMENTS)])
            for i in range(len(labels))
        ),
        labels={str(i): label for i, label in enumerate(labels)},
        n_differences_open=4,
    )


def outcome(sample: Sample, verdicts: Iterable[Verdict], n_frames: int = 3) -> Outcome:
    refs = [hashlib.sha256(f"{sample.key}{i}".encode()).hexdigest() for i in range(2 * n_frames)]
    frames = [FrameRef(time_s=i * 0.35, ref=ref) for i, ref in enumerate(refs)]
    nowhere: list[Localization] = [Localization(side=s, strategy="viterbi", segments=()) for s in ("a", "b")]
    return Outcome(
        proposal=Proposal(differences=sample.differences, stages=(), links={}),
        localization_a=nowhere[0],
        localization_b=nowhere[1],
        measurements=(),
        differences=tuple(
            Finding(
                difference=difference,
                stages=(),
                frames_a=tuple(frames[:n_frames]),
                frames_b=tuple(frames[n_frames:]),
                verdict=verdict,
            )
            for difference, verdict in zip(sample.differences, verdicts, strict=False)
        ),
    )


def said(answer: Answer, confidence: float | None = 0.9, reason: str = "as is seen", **more: Any) -> Verdict:
    return Verdict(status="answered", answer=answer, confidence=confidence, reason=reason, **more)


FAILED = Verdict(status="failed", error="The answer could not be read after 2 attempts.")


def made(of: Manifest, samples: list[Sample], outcomes: dict[str, Outcome], judge: Any = None) -> Run:
    records = [
        {"type": "sample", "clips_s": [[0.0, 4.0], [0.0, 4.0]], "sample": key, "outcome": found.model_dump(mode="json")}
        for key, found in outcomes.items()
    ]
    return Run(result_of(of, samples, records, judge), outcomes, samples)


def random_run(n_pairs: int = 60, seed: int = 0, n_frames: int = 3, **changes: Any) -> Run:
    """A run over three splits with every outcome, right in two of three answers."""
    chance = random.Random(seed)
    samples, outcomes = [], {}
    for i in range(n_pairs):
        labels = "".join(chance.choice("abc") for _ in STATEMENTS)
        sample = pair(f"fitness_{i % 4}_{i}", ("easy", "medium", "hard")[i % 3], labels, f"fitness_{i % 4}")
        samples.append(sample)
        outcomes[sample.key] = outcome(sample, [random_verdict(chance, label) for label in labels], n_frames)
    return made(manifest(**changes), samples, outcomes)


def random_verdict(chance: random.Random, label: str) -> Verdict:
    kind = chance.random()
    confidence = round(chance.random(), 2)
    if kind < 0.04:
        return FAILED
    if kind < 0.06:
        return Verdict(status="refused", error="The model would not look at people.")
    if kind < 0.1:
        return Verdict(status="unsure", answer="a", confidence=confidence, swapped_answer="b")
    if kind < 0.12:
        return Verdict(status="not_measurable", reason="no number for it")
    answer = label if chance.random() < 0.4 + 0.4 * confidence else chance.choice("abc")
    return said(answer, confidence, f"a reason with {confidence}", evidence_a=(0,))  # type: ignore[arg-type]
