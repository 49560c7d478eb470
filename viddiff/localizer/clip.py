"""CLIP embeddings of frames and texts through open_clip; the only module that imports torch and open_clip.

The model is loaded at the first embedding that no cache holds: a comparison made again never imports torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from viddiff.errors import BackendError, UsageError
from viddiff.hub import ENDPOINT, reachable

if TYPE_CHECKING:
    import torch

#: Fast on a CPU; the paper's is ViT-bigG-14/laion2b_s39b_b160k.
DEFAULT_CLIP = "ViT-B-32/laion2b_s34b_b79k"
BATCH = 8
#: Part of every cache key: raise it when the way a frame becomes a tensor changes.
PREPROCESSING = "open_clip-val-1"

Embeddings = NDArray[np.float32]


class ClipEncoder:
    """Frames and texts to unit vectors of one space.

    Args:
        spec: ``MODEL[/PRETRAINED]``: an open_clip architecture and a hub tag or a checkpoint file (safetensors, or a
            torch file that holds weights only); ``local-dir:FOLDER`` or ``hf-hub:ORG/NAME`` name a whole model.
        device: "cuda", "cpu"...; None takes the GPU where there is one.
    """

    def __init__(self, spec: str = DEFAULT_CLIP, device: str | None = None) -> None:
        self.spec = spec
        self.architecture, _, self.pretrained = (spec, "", "") if ":" in spec.split("/")[0] else spec.partition("/")
        self._device = device
        self._loaded: tuple[Any, Any, Any] | None = None

    @property
    def key(self) -> str:
        """What the embeddings depend on: the model, its weights (for a file: name, size, time) and preprocessing."""
        path = Path(self.pretrained or self.spec.removeprefix("local-dir:"))
        stamp = f"{path.stat().st_size}-{path.stat().st_mtime_ns}" if path.exists() else ""
        return "|".join((self.spec, stamp, PREPROCESSING))

    @property
    def at_hand(self) -> bool:
        """Whether the weights are on this machine; UsageError where the model is not known at all."""
        if ":" in self.architecture:
            return not self.architecture.startswith("hf-hub:")
        if Path(self.pretrained).is_file():
            return True
        return cached_weights(known_config(self.architecture, self.pretrained)) is not None

    def embed_frames(
        self, frames: Iterable[NDArray[np.uint8]], on_progress: Callable[[int], None] | None = None
    ) -> Embeddings:
        """(N, D) float32 unit vectors of N frames, each (h, w, 3) uint8; ``on_progress`` hears how many are done."""
        import torch
        from PIL import Image

        model, preprocess, _ = self._load()
        rows: list[Embeddings] = []
        batch: list[torch.Tensor] = []
        done = 0

        def flush() -> None:
            nonlocal done
            rows.append(self._unit(model.encode_image(torch.stack(batch).to(self._where(model)))))
            done += len(batch)
            batch.clear()
            if on_progress:
                on_progress(done)

        with torch.inference_mode():
            for frame in frames:
                batch.append(preprocess(Image.fromarray(frame)))
                if len(batch) == BATCH:
                    flush()
            if batch:
                flush()
        return np.concatenate(rows)

    def embed_texts(self, texts: Sequence[str]) -> Embeddings:
        """(N, D) float32 unit vectors of N texts."""
        import torch

        model, _, tokenizer = self._load()
        with torch.inference_mode():
            return self._unit(model.encode_text(tokenizer(list(texts)).to(self._where(model))))

    @staticmethod
    def _where(model: Any) -> torch.device:
        return cast("torch.device", next(model.parameters()).device)

    @staticmethod
    def _unit(vectors: torch.Tensor) -> Embeddings:
        unit = vectors.float() / vectors.float().norm(dim=-1, keepdim=True)
        return cast(Embeddings, unit.cpu().numpy())

    def _load(self) -> tuple[Any, Any, Any]:
        if self._loaded is None:
            self._loaded = load_model(self.architecture, self.pretrained, self._device)
        return self._loaded


def load_model(architecture: str, pretrained: str, device: str | None) -> tuple[Any, Any, Any]:
    """(model in eval mode, validation transform, tokenizer).

    Raises:
        UsageError: no such architecture, tag or file.
        BackendError: the weights cannot be had or do not fit.
    """
    import open_clip
    import torch
    from safetensors import SafetensorError

    options = weights_options(architecture, pretrained)
    try:
        model, _, preprocess = open_clip.create_model_and_transforms(
            architecture, device=device or ("cuda" if torch.cuda.is_available() else "cpu"), **options
        )
        tokenizer = open_clip.get_tokenizer(architecture)
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError, UnpicklingError) as error:
        raise BackendError(
            f"CLIP model {architecture + '/' + pretrained!r} could not be loaded: {first_line(error)}. "
            "Check --clip, or use --localizer motion, which reads no text."
        ) from error
    return model.eval(), preprocess, tokenizer


def weights_options(architecture: str, pretrained: str) -> dict[str, Any]:
    """The arguments that make open_clip load exactly these weights, fetched from the hub where they are not at hand."""
    if ":" in architecture:
        return {}
    if Path(pretrained).is_file():
        known_architecture(architecture)
        return {"pretrained": str(Path(pretrained).resolve())}
    config = known_config(architecture, pretrained)
    renamed = {"mean": "image_mean", "std": "image_std", "interpolation": "image_interpolation"}
    options = {new: config[old] for old, new in renamed.items() if config.get(old)}
    return {**options, "pretrained": fetch_weights(config, f"{architecture}/{pretrained}")}


def known_architecture(architecture: str) -> None:
    """Raise UsageError unless open_clip knows the architecture."""
    import open_clip

    if architecture not in open_clip.list_models():
        raise UsageError(f"--clip: open_clip has no model {architecture!r}; open_clip.list_models() names them.")


def known_config(architecture: str, pretrained: str) -> dict[str, Any]:
    """open_clip's entry for published weights; UsageError where there is none."""
    import open_clip

    known_architecture(architecture)
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if pretrained not in tags:
        known = ", ".join(tags) or "none"
        raise UsageError(f"--clip: {pretrained!r} is neither a file nor a tag of {architecture}; its tags: {known}.")
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

    found = cached_weights(config)
    if found is not None:
        return found
    # Asked first, because the hub's own retries take most of a minute where there is no network.
    if not reachable(ENDPOINT):
        raise BackendError(
            f"The weights of CLIP model {name!r} are not on this machine and the hub cannot be reached. "
            "Give a checkpoint file (--clip MODEL/FILE), run once with a network, or use --localizer motion."
        )
    try:
        return cast(str, pretrained.download_pretrained(config))
    except (OSError, RuntimeError) as error:
        raise BackendError(f"The weights of CLIP model {name!r} could not be fetched: {first_line(error)}.") from error


def first_line(error: BaseException) -> str:
    """The first line of an error's text, for one sentence."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def text_key(texts: Sequence[str]) -> str:
    """A key for a list of texts."""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
