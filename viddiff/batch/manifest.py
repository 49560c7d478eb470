"""What a run of many comparisons is: everything that decides what comes out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from viddiff import build
from viddiff.api import Comparer
from viddiff.core.files import read_bytes
from viddiff.core.record import Record
from viddiff.core.settings import RecordedSettings
from viddiff.eval.manifest import prompts_hash, writer_versions
from viddiff.localizer.strategies import STRATEGIES

FILE = "batch.json"
#: Settings that change how fast, how dear or how far, never an answer; models are named apart.
_NOT_DECIDING = {
    *("lm", "text_lm", "vision_lm", "judge_lm", "reflection_lm", "price", "max_cost", "max_calls"),
    *("timeout_s", "retries", "provider_batch", "threads", "cache", "cache_max_gb"),
    *("max_video_mb", "max_video_s", "max_video_pixels", "max_sampled_frames"),
}


def with_current_names(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings in which a former name of a localizer is the one that it has now."""
    name = settings.get("localizer")
    return {**settings, "localizer": STRATEGIES.canonical(name)} if isinstance(name, str) else settings


class BatchManifest(Record):
    """The identity of a run; its pairs may become more."""

    schema_version: Literal[1] = 1
    """Version of the form of this document."""
    program: str
    """The program."""
    models: dict[str, str]
    """Role -> model string."""
    programs: dict[str, str]
    """Component -> compiled program."""
    plans: str
    """Hash of the measurement plans."""
    versions: dict[str, str]
    """Package -> version that it was made with."""
    prompts: str
    """Hash of all prompts."""
    settings: Annotated[RecordedSettings, AfterValidator(with_current_names)]
    """The settings that the answers depend on."""


def manifest_of(comparer: Comparer) -> BatchManifest:
    """What decides what a comparer answers."""
    settings, lms = comparer.settings, comparer.lms
    document = build.settings_record(settings)
    plans = settings.plans
    return BatchManifest(
        program=comparer.program,
        models={role: lms.lms[role].model for role in ("text", "vision")} if lms else {},
        programs=build.labels_of(comparer.compiled),
        plans=hashlib.sha256(read_bytes(plans)).hexdigest() if isinstance(plans, Path) else plans,
        versions=writer_versions(),
        prompts=prompts_hash("viddiff"),
        settings={name: value for name, value in document.items() if name not in _NOT_DECIDING},
    )
