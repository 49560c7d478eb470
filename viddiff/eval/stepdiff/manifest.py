"""What decides the answers of a run on a file of StepDiff."""

from __future__ import annotations

from viddiff import build
from viddiff.core.settings import Settings
from viddiff.eval.manifest import RunManifest, prompts_hash, writer_versions
from viddiff.eval.stepdiff.items import StepData, Task
from viddiff.eval.stepdiff.methods.registry import StepMethod
from viddiff.eval.stepdiff.options import Control, RunOptions
from viddiff.lms import LMs

#: Settings that can change an answer; they are part of what a run is.
_DECIDING = ("adapter", "attempts", "effort", "fps", "frames", "max_side", "decoder", "models", "seed")


class StepManifest(RunManifest):
    """The identity of a run."""

    task: Task
    """The task of StepDiff."""
    control: Control
    """The control that was applied, or none."""


def manifest_of(
    data: StepData, method: StepMethod, options: RunOptions, settings: Settings, lms: LMs | None
) -> StepManifest:
    """What decides the answers."""
    dumped = settings.model_dump(mode="json")
    models = {role: lms.lms[role].model for role in method.roles} if lms else {}
    return StepManifest(
        task=data.task,
        data=data.name,
        data_hash=data.content_hash,
        method=method.name,
        control=options.control,
        models=models | ({"clip": build.clip_model(settings)} if method.embeds else {}) | trained_models(options),
        versions=writer_versions(),
        prompts=prompts_hash("stepdiff"),
        settings={name: dumped[name] for name in _DECIDING},
        limit=options.limit,
        shard=options.shard,
        allow_missing=options.allow_missing,
        programs=build.labels_of(build.step_programs(settings)) if lms else {},
    )


def trained_models(options: RunOptions) -> dict[str, str]:
    """The weights of a trained projector, and its language model."""
    card = options.card
    return {"projector": card.weights_hash, "language": card.language} if card else {}
