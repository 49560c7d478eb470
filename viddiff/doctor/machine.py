"""What works on this machine: one check a function, each with a way to mend it. Used by ``viddiff doctor``."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from viddiff import build
from viddiff.core.errors import VidDiffError
from viddiff.core.extras import CLIP, are_installed
from viddiff.core.settings import Settings
from viddiff.doctor.check import Check

LIBRARIES = ("dspy", "litellm", "av", "numpy", "numba", "mediapipe")
#: Module -> its distribution and the extra that it comes with.
EXTRAS = {
    "torch": ("torch", "clip"),
    "open_clip": ("open_clip_torch", "clip"),
    "transformers": ("transformers", "local"),
    "decord": ("decord", "decord"),
    "rtmlib": ("rtmlib", "rtmpose"),
    "ray": ("ray", "ray"),
}
#: Environment variables in which providers look for their keys.
KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "GROQ_API_KEY",
    "OPENROUTER_API_KEY",
    "DEEPSEEK_API_KEY",
    "XAI_API_KEY",
    "VIDDIFF_API_KEY",
)


def examine(settings: Settings, call: bool = False) -> list[Check]:
    """All checks; with ``call`` also a few tiny calls to the configured models."""
    checks = [python(), *libraries(), decoder(settings), device(), weights(settings), pose(settings)]
    checks += [cache(settings), *keys()]
    checks.append(models(settings))
    if call and settings.has_lm:
        from viddiff.doctor.models import call_checks

        checks.extend(call_checks(settings))
    return checks


def python() -> Check:
    """The interpreter."""
    good = (3, 10) <= sys.version_info[:2] <= (3, 13)
    return Check(
        name="python",
        ok=good,
        found=f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        fix="" if good else "use Python 3.10 to 3.13",
        exit_code=0 if good else 1,
    )


def libraries() -> Iterator[Check]:
    """Versions of what the work rests on, and the extras."""
    for name in LIBRARIES:
        try:
            yield Check(name=name, ok=True, found=metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name=name, ok=False, found="not installed", fix="pip install viddiff", exit_code=1)
    for module, (name, extra) in EXTRAS.items():
        missing = Check(name=name, ok=None, found=f"not installed (optional: pip install 'viddiff[{extra}]')")
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield missing
        else:
            yield Check(name=name, ok=True, found=version) if importlib.util.find_spec(module) else missing


def decoder(settings: Settings) -> Check:
    """Renders a clip of ten frames and reads it back."""
    import numpy as np

    from viddiff.video import FrameStore, Sampling, load
    from viddiff.video.encode import write_video

    try:
        with tempfile.TemporaryDirectory() as folder:
            frames = [np.full((48, 64, 3), 25 * i, dtype=np.uint8) for i in range(10)]
            path = write_video(Path(folder) / "clip.mp4", frames, 10, 64, 48)
            video = load(path, Sampling(fps=10, decoder=settings.decoder), FrameStore(None))
    except (VidDiffError, ImportError) as error:
        return Check(name="decoder", ok=False, found=str(error), fix="pip install --force-reinstall av", exit_code=1)
    good = len(video.sequence) == 10
    return Check(
        name="decoder",
        ok=good,
        found=f"{settings.decoder}: {len(video.sequence)} of 10 frames of a rendered clip",
        fix="" if good else "choose another --decoder",
        exit_code=0 if good else 1,
    )


def device() -> Check:
    """What CLIP and local models run on."""
    if not are_installed(("torch",)):
        return Check(name="device", ok=None, found="CLIP and local models need torch: pip install 'viddiff[clip]'")
    import torch

    if torch.cuda.is_available():
        return Check(name="device", ok=True, found=torch.cuda.get_device_name(0))
    return Check(name="device", ok=True, found=f"CPU, {torch.get_num_threads()} threads")


def weights(settings: Settings) -> Check:
    """Whether CLIP's weights are on this machine."""
    spec = build.clip_model(settings)
    if not are_installed(CLIP):
        return Check(name="CLIP weights", ok=None, found="not needed without CLIP: pip install 'viddiff[clip]'")
    try:
        has_weights = build.clip_encoder(settings).has_weights
    except VidDiffError as error:
        return Check(name="CLIP weights", ok=False, found=str(error), fix="correct --clip", exit_code=error.exit_code)
    if has_weights:
        return Check(name="CLIP weights", ok=True, found=f"{spec} is on this machine")
    return Check(
        name="CLIP weights",
        ok=None,
        found=f"{spec} is not on this machine; it is fetched when first needed. "
        "Where that fails, stages are found by motion; --clip MODEL/FILE takes a checkpoint file",
    )


def pose(settings: Settings) -> Check:
    """Opens the estimator of pose and shows it a blank picture."""
    import numpy as np

    from viddiff.motion.pose.choice import choice_of
    from viddiff.motion.pose.kinds import estimator_kind

    if settings.pose == "none":
        return Check(name="pose", ok=None, found="switched off (--pose none)")
    choice = choice_of(settings)
    try:
        kind = estimator_kind(choice.estimator)
        estimator = kind(choice)
        estimator.people(np.zeros((64, 64, 3), np.uint8), 0.0)
        estimator.close()
    except VidDiffError as error:
        # Without it everything else works; a file that the user named must.
        needed = choice.model is not None
        return Check(name="pose", ok=False if needed else None, found=str(error), exit_code=4 if needed else 0)
    return Check(name="pose", ok=True, found=f"{kind.identity(choice)} works")


def cache(settings: Settings) -> Check:
    """Whether the cache folder can be written."""
    if not settings.cache:
        return Check(name="cache", ok=None, found="switched off")
    folder = settings.cache_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = os.strerror(error.errno or 0)
        fix = "set VIDDIFF_CACHE_DIR to a folder that can be written"
        return Check(name="cache", ok=False, found=f"{folder} cannot be written ({why})", fix=fix, exit_code=1)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Check(name="cache", ok=True, found=f"{folder}, {size / 2**20:.0f} MB")


def keys() -> Iterator[Check]:
    """Which keys are set; never their values."""
    for name in KEYS:
        is_set = bool(os.environ.get(name))
        yield Check(name=name, ok=True if is_set else None, found="set" if is_set else "not set")


def models(settings: Settings) -> Check:
    """Which models are configured."""
    if not settings.has_lm:
        message = "none configured: the measured program answers (set --lm or VIDDIFF_LM)"
        return Check(name="models", ok=None, found=message)
    text, vision = settings.text_lm or settings.lm, settings.vision_lm or settings.lm
    return Check(name="models", ok=True, found=f"text {text}, vision {vision}")
