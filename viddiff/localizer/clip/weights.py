"""CLIP weights through open_clip: an architecture with a hub tag, a checkpoint file, or a whole model by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, cast

from viddiff.core.errors import BackendError, UsageError, first_line
from viddiff.core.extras import check_clip_installed
from viddiff.core.hub import ENDPOINT, is_reachable
from viddiff.localizer.clip.precision import Precision


@dataclass(frozen=True)
class ClipModel:
    """A model in eval mode on its device, open_clip's own transform of a PIL image, and the tokenizer."""

    model: Any
    transform: Any
    tokenizer: Any


def load_model(
    architecture: str, pretrained: str, device: str | None, precision: Callable[[str], Precision]
) -> ClipModel:
    """Load a model; ``precision`` gets the device.

    Raises:
        UsageError: no such architecture, tag or file.
        BackendError: the weights are not available or do not fit, or a library is missing.
    """
    check_clip_installed()
    import open_clip
    import torch
    from safetensors import SafetensorError

    options = weights_options(architecture, pretrained)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        model, _, transform = open_clip.create_model_and_transforms(architecture, device=device, **options)
        tokenizer = open_clip.get_tokenizer(architecture)
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError, UnpicklingError) as error:
        raise BackendError(
            f"CLIP model {architecture + '/' + pretrained!r} could not be loaded: {first_line(error)}. "
            "Check --clip, or use --localizer motion, which needs no CLIP."
        ) from error
    if precision(device) == "bfloat16":
        # The weights themselves, not autocast: that converts them again at each call and is slower than float32.
        model = model.bfloat16()
    return ClipModel(model.eval(), transform, tokenizer)


def weights_options(architecture: str, pretrained: str) -> dict[str, Any]:
    """The arguments that make open_clip load exactly these weights, fetched from the hub where they are not at hand."""
    check_clip_installed()
    if ":" in architecture:
        return {}
    if Path(pretrained).is_file():
        check_architecture(architecture)
        return {"pretrained": str(Path(pretrained).resolve())}
    config = pretrained_config(architecture, pretrained)
    renamed = {"mean": "image_mean", "std": "image_std", "interpolation": "image_interpolation"}
    options = {new: config[old] for old, new in renamed.items() if config.get(old)}
    return {**options, "pretrained": fetch_weights(config, f"{architecture}/{pretrained}")}


def check_architecture(architecture: str) -> None:
    """Raise UsageError unless open_clip knows the architecture."""
    import open_clip

    if architecture not in open_clip.list_models():
        raise UsageError(f"--clip: open_clip has no model {architecture!r}; open_clip.list_models() names them.")


def pretrained_config(architecture: str, pretrained: str) -> dict[str, Any]:
    """open_clip's entry for published weights; UsageError where there is none."""
    import open_clip

    check_architecture(architecture)
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if pretrained not in tags:
        tag_names = ", ".join(tags) or "none"
        raise UsageError(
            f"--clip: {pretrained!r} is neither a file nor a tag of {architecture}; its tags: {tag_names}."
        )
    return cast("dict[str, Any]", open_clip.get_pretrained_cfg(architecture, pretrained))


def cached_weights(config: dict[str, Any]) -> str | None:
    """The file with published weights in the hub's cache, or None."""
    from huggingface_hub import try_to_load_from_cache

    repository, _, filename = config.get("hf_hub", "").rpartition("/")
    if not repository:
        return None
    filename = filename or "open_clip_pytorch_model.bin"
    for candidate in ("open_clip_model.safetensors", str(Path(filename).with_suffix(".safetensors")), filename):
        path = try_to_load_from_cache(repository, candidate)
        if isinstance(path, str):
            return path
    return None


def fetch_weights(config: dict[str, Any], name: str) -> str:
    """The file with published weights: from the hub's cache, else downloaded once."""
    import open_clip.pretrained as pretrained

    path = cached_weights(config)
    if path is not None:
        return path
    # Asked first, because the hub's own retries take most of a minute where there is no network.
    if not is_reachable(ENDPOINT):
        raise BackendError(
            f"The weights of CLIP model {name!r} are not on this machine and the hub cannot be reached. "
            "Give a checkpoint file (--clip MODEL/FILE), run once with a network, or use --localizer motion."
        )
    try:
        return cast(str, pretrained.download_pretrained(config))
    except (OSError, RuntimeError) as error:
        raise BackendError(
            f"The weights of CLIP model {name!r} could not be downloaded: {first_line(error)}."
        ) from error
