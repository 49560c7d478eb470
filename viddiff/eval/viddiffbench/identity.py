"""What decides the result of a run on labelled pairs, as its manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from viddiff import build
from viddiff.core.files import read_bytes
from viddiff.core.settings import Settings
from viddiff.eval.manifest import prompts_hash, writer_versions
from viddiff.eval.viddiffbench.dataset import DataSet
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.methods import Method
from viddiff.eval.viddiffbench.options import EvalOptions
from viddiff.lms import LMs
from viddiff.programs.viddiff.weights import read_weights

#: Settings that can change an answer; they are part of what a run is.
DECIDING = {
    *("adapter", "attempts", "preset", "clip", "skip_similar", "frames", "measurements", "pose", "person", "pose_fps"),
    *("plans", "swap", "batch_questions", "effort", "without", "proposer", "seed", "max_side", "decoder", "models"),
}


def manifest_of(
    dataset: DataSet, options: EvalOptions, settings: Settings, method: Method, lms: LMs | None = None
) -> Manifest:
    """What decides the result."""
    model_of_role: dict[str, str] = {}
    if method.asks_models:
        names = (lms.lms["text"].model, lms.lms["vision"].model) if lms is not None else settings.model_names
        model_of_role = dict(zip(("text", "vision"), names, strict=True))
    elif settings.plans == "model":
        model_of_role = {"text": lms.lms["text"].model if lms is not None else settings.model_names[0]}
    deciding = {name: value for name, value in settings.model_dump(mode="json").items() if name in DECIDING}
    # The sampling rate of the data's domain holds unless the user set one.
    deciding["fps"] = settings.fps if "fps" in settings.model_fields_set else None
    build.check_weights(method.name, settings)
    if settings.opinion_weights is not None:
        deciding["weights"] = read_weights(settings.opinion_weights).model_dump(by_alias=True)
    if isinstance(settings.plans, Path):
        deciding["plans"] = hashlib.sha256(read_bytes(settings.plans)).hexdigest()
    return Manifest(
        data=dataset.name,
        data_hash=dataset.content_hash,
        release=dataset.release,
        mode=options.mode,
        split=options.split,
        method=method.name,
        localizer=method.localizer(options.localizer, settings),
        control=options.control,
        models=model_of_role,
        programs=digests_of(method, settings),
        prompts=prompts_hash("viddiff"),
        versions=writer_versions(),
        settings=deciding,
        limit=options.limit,
        per_action=options.per_action,
        shard=options.shard,
        allow_missing=options.allow_missing,
        judge=options.judge if options.mode == "open" else None,
    )


def digests_of(method: Method, settings: Settings) -> dict[str, str]:
    """Component -> digest of the compiled program; they are read and checked here, before anything else.

    Raises:
        UsageError: a method that does not run them. InputError: a file that cannot be used.
    """
    from viddiff.programs.compiled.program_loading import artifacts_of

    programs = build.programs_of_method(method.name, settings, build.compiled_programs(settings, has_lm=True))
    return {artifact.component: artifact.digest for artifact in artifacts_of(*programs)}
