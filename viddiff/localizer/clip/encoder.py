"""CLIP embeddings of frames and texts through open_clip.

The model is loaded at the first embedding that no cache holds: a comparison made again never imports torch.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from viddiff.core.errors import UsageError
from viddiff.core.extras import CLIP, are_installed
from viddiff.localizer.clip.precision import Precision, precision_of
from viddiff.localizer.clip.preprocess import Preprocess
from viddiff.localizer.clip.store import Embeddings
from viddiff.localizer.clip.weights import (
    ClipModel,
    cached_weights,
    load_model,
    pretrained_config,
    weights_options,
)

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

#: Fast on a CPU; the paper's is ViT-bigG-14/laion2b_s39b_b160k.
DEFAULT_CLIP = "ViT-B-32/laion2b_s34b_b79k"
#: Part of every cache key: raise it when the way a frame becomes a vector changes.
PREPROCESSING = "tensor-1"
#: Batches that are tried, each twice the last, until one is not faster.
FIRST_BATCH, MAX_BATCH = 8, {"cpu": 32, "cuda": 512}
_FASTER = 1.05


class ClipEncoder:
    """Frames and texts to unit vectors of one space.

    Args:
        spec: ``MODEL[/PRETRAINED]``: an open_clip architecture and a hub tag or a checkpoint file (safetensors, or a
            torch file that holds weights only); ``local-dir:FOLDER`` or ``hf-hub:ORG/NAME`` name a whole model.
        device: "cuda", "cpu"...; None takes the GPU where there is one.
        precision: of the weights; "auto": what is faster on the device.
        folder: where it is kept what is faster on this machine; None: it is measured in each process.
    """

    def __init__(
        self,
        spec: str = DEFAULT_CLIP,
        device: str | None = None,
        precision: Precision | Literal["auto"] = "auto",
        folder: Path | None = None,
    ) -> None:
        self.spec = spec
        self.architecture, _, self.pretrained = (spec, "", "") if ":" in spec.split("/")[0] else spec.partition("/")
        self.precision, self.folder = precision, folder
        self._device = device
        self._loaded: tuple[ClipModel, Preprocess] | None = None
        self._batches = BatchSize()
        # One batch at a time: each takes all cores, and comparisons made at once share the encoder.
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[ClipEncoder], tuple[str, str | None, str]]:
        # Saved with a program: the name of the model, not its weights.
        return ClipEncoder, (self.spec, self._device, self.precision)

    @property
    def key(self) -> str:
        """What the embeddings depend on: the model, its weights (for a file: name, size, time) and preprocessing."""
        path = Path(self.pretrained or self.spec.removeprefix("local-dir:"))
        stamp = f"{path.stat().st_size}-{path.stat().st_mtime_ns}" if path.exists() else ""
        forced = () if self.precision == "auto" else (self.precision,)
        return "|".join((self.spec, stamp, PREPROCESSING, *forced))

    @property
    def has_weights(self) -> bool:
        """Whether the model can be loaded without a download; UsageError where it is not known at all."""
        if not are_installed(CLIP):
            return False
        if ":" in self.architecture:
            return not self.architecture.startswith("hf-hub:")
        if Path(self.pretrained).is_file():
            return True
        return cached_weights(pretrained_config(self.architecture, self.pretrained)) is not None

    def fetch(self) -> None:
        """Get the weights onto this machine where they are published and not here; else nothing.

        Raises:
            UsageError: no such model. BackendError: they are not available, or a library is missing.
        """
        weights_options(self.architecture, self.pretrained)

    def embed_frames(
        self, frames: Iterable[NDArray[np.uint8]], on_progress: Callable[[int], None] | None = None
    ) -> Embeddings:
        """(N, D) float32 unit vectors of N >= 1 frames, each (h, w, 3) uint8; ``on_progress`` gets how many are done.

        The next batch is read and resized while one is embedded. The size of the batches is found on the way. What
        ``frames`` and ``on_progress`` raise ends the work.
        """
        loaded, preprocess = self._load()
        import torch

        weights = next(loaded.model.parameters())
        self._batches.largest = MAX_BATCH.get(weights.device.type, FIRST_BATCH)
        rows: list[Embeddings] = []
        n_done = 0
        # Closed at once when something is raised, so that no further frame is read.
        batched = prefetch_batches(map(preprocess, frames), self._batches)
        with torch.inference_mode(), contextlib.closing(batched) as batches:
            for batch in batches:
                with self._lock:
                    start = time.perf_counter()
                    vectors = unit_vectors(loaded.model.encode_image(preprocess.normalise(torch.stack(batch), weights)))
                    self._batches.update(len(batch), time.perf_counter() - start)
                rows.append(vectors)
                n_done += len(batch)
                if on_progress:
                    on_progress(n_done)
        return np.concatenate(rows)

    def embed_patches(self, frames: Sequence[NDArray[np.uint8]]) -> Embeddings:
        """(N, P, D) float32 of N frames: what the image transformer holds of each patch before it is pooled.

        Raises:
            UsageError: the model's images go through no transformer.
        """
        loaded, preprocess = self._load()
        import torch

        visual = loaded.model.visual
        if not hasattr(visual, "output_tokens"):
            raise UsageError(f"CLIP model {self.spec!r} has no patches: name a ViT.")
        weights = next(loaded.model.parameters())
        with torch.inference_mode(), self._lock:
            before, visual.output_tokens = visual.output_tokens, True
            try:
                _, tokens = visual(preprocess.normalise(torch.stack(list(map(preprocess, frames))), weights))
            finally:
                visual.output_tokens = before
        return cast(Embeddings, tokens.float().cpu().numpy())

    def embed_texts(self, texts: Sequence[str]) -> Embeddings:
        """(N, D) float32 unit vectors of N texts."""
        loaded, _ = self._load()
        import torch

        where = next(loaded.model.parameters()).device
        with torch.inference_mode(), self._lock:
            return unit_vectors(loaded.model.encode_text(loaded.tokenizer(list(texts)).to(where)))

    def _precision_on(self, device: str) -> Precision:
        return precision_of(device, self.folder) if self.precision == "auto" else self.precision

    def _load(self) -> tuple[ClipModel, Preprocess]:
        with self._lock:
            if self._loaded is None:
                loaded = load_model(self.architecture, self.pretrained, self._device, self._precision_on)
                config = getattr(loaded.model.visual, "preprocess_cfg", {})
                self._loaded = loaded, Preprocess(config, loaded.transform)
            return self._loaded


class BatchSize:
    """Finds the batch that gives the most frames a second, on the work itself: doubled while that is faster."""

    def __init__(self) -> None:
        self.size, self.largest = FIRST_BATCH, FIRST_BATCH
        self._best_rate, self._settled, self._warm = 0.0, False, False

    def update(self, n_frames: int, seconds: float) -> None:
        """Learn from one batch. The first of a process is slow whatever its size, and one not full is skipped."""
        if self._settled or n_frames < self.size:
            return
        if not self._warm:
            self._warm = True
            return
        rate = n_frames / max(seconds, 1e-9)
        if rate < _FASTER * self._best_rate:
            self.size, self._settled = max(FIRST_BATCH, self.size // 2), True
        elif 2 * self.size > self.largest:
            self._settled = True
        else:
            self._best_rate, self.size = rate, 2 * self.size


def prefetch_batches(items: Iterator[T], batches: BatchSize) -> Generator[list[T], None, None]:
    """Lists of ``batches.size`` items; the next one is made in a second thread at the same time."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: list(itertools.islice(items, batches.size)))
        while batch := waiting.result():
            waiting = pool.submit(lambda: list(itertools.islice(items, batches.size)))
            yield batch


def unit_vectors(vectors: torch.Tensor) -> Embeddings:
    """(N, D) float32 vectors of length 1."""
    long = vectors.float()
    return cast(Embeddings, (long / long.norm(dim=-1, keepdim=True)).cpu().numpy())


def text_key(texts: Sequence[str]) -> str:
    """A key for a list of texts."""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
