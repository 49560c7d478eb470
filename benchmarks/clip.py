"""CLIP image towers with random weights: frames per second, and their share of the measured matrix product rate.

``python -m benchmarks.clip``: the encoder as VidDiff uses it, with resizing, against open_clip in the plain way
(float32, Pillow, a batch of 32). ``python -m benchmarks.clip ViT-bigG-14`` measures one model, on a GPU if there is
one.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dspy
import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Row, median_s, print_rows
from tests.support.loaded import noise_footage
from tests.support.models import judge_reply, proposer_reply
from tests.support.scripted import Asked, scripted_lm
from viddiff.lms import LMs, adapter_of
from viddiff.localizer.clip.encoder import ClipEncoder
from viddiff.localizer.clip.precision import Precision, precision_of
from viddiff.localizer.clip.prefetch import Prefetch
from viddiff.localizer.clip.preprocess import Preprocess
from viddiff.localizer.clip.weights import ClipModel
from viddiff.localizer.localizer import Localizer
from viddiff.programs.viddiff.program import VidDiff
from viddiff.video.loaded import LoadedVideo

MODELS = ("ViT-B-32", "ViT-B-16")
N_FRAMES = {"cpu": 24, "cuda": 2048}
PLAIN_BATCH = 32
N_PREFETCHED, PROPOSER_S = 32, 2.0


class RandomEncoder(ClipEncoder):
    """An encoder whose model has random weights."""

    has_weights = True

    def __init__(self, name: str, precision: Precision) -> None:
        import open_clip
        import torch

        super().__init__(name, precision=precision)
        logging.disable(logging.WARNING)
        device = where()
        with torch.device(device):
            model, _, transform = open_clip.create_model_and_transforms(name)
        dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
        model = model.to(device, dtype).eval()
        tokenizer = open_clip.get_tokenizer(name)
        self._loaded = ClipModel(model, transform, tokenizer), Preprocess(model.visual.preprocess_cfg, transform)

    @property
    def model(self) -> Any:
        """The model."""
        return self._load()[0].model


def where() -> str:
    """The device that is measured."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def embed_one_by_one(encoder: RandomEncoder, frames: list[NDArray[np.uint8]]) -> None:
    """The plain way: Pillow frame by frame, float32, a fixed batch, one thing after the other."""
    import torch
    from PIL import Image

    loaded, _ = encoder._load()
    with torch.inference_mode():
        for start in range(0, len(frames), PLAIN_BATCH):
            batch = [loaded.transform(Image.fromarray(frame)) for frame in frames[start : start + PLAIN_BATCH]]
            loaded.model.encode_image(torch.stack(batch).to(where())).float().cpu()


def product_rate(precision: Precision, n: int) -> float:
    """GFLOP/s of square matrix products in a dtype: the best of several."""
    import torch

    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    one = torch.randn(n, n, device=where()).to(dtype)
    seconds = []
    for _ in range(6):
        wait()
        start = time.perf_counter()
        one @ one
        wait()
        seconds.append(time.perf_counter() - start)
    return 2 * n**3 / min(seconds) / 1e9


def wait() -> None:
    """Until the device has done what it was given."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def gflop_per_frame(encoder: RandomEncoder) -> float:
    """Arithmetic of one frame, counted by torch."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    weights = next(encoder.model.parameters())
    height, width = encoder.model.visual.image_size
    frame = torch.zeros(1, 3, height, width, device=weights.device, dtype=weights.dtype)
    # With gradients, because the fused attention that runs without them is not counted.
    with FlopCounterMode(display=False) as counter, torch.enable_grad():
        encoder.model.encode_image(frame)
    return float(counter.get_total_flops()) / 1e9


class OneByOne(Localizer):
    """The localizer, but nothing is embedded before it is needed."""

    def prefetch(self, *videos: LoadedVideo) -> contextlib.AbstractContextManager[Prefetch | None]:
        """Nothing."""
        return contextlib.nullcontext()


def prefetch_row(encoder: RandomEncoder) -> Row:
    """A comparison whose frames are embedded while its proposer is waited for, against one step after the other."""
    videos = [noise_footage(N_PREFETCHED // 2, seed=seed, size=(288, 512)) for seed in range(2)]

    def reply(request: Asked) -> str:
        if request.asks_for("answer"):
            return judge_reply()
        # The proposer asks four times.
        time.sleep(PROPOSER_S / 4)
        return proposer_reply(request)

    def compare(localizer: Localizer) -> float:
        program = VidDiff(LMs(scripted_lm(reply)), localizer=localizer, measure=False)
        start = time.perf_counter()
        with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
            program(action="squat", video_a=videos[0], video_b=videos[1], n_differences=3)
        return time.perf_counter() - start

    # In turn, and the least of each, because others may be at work on the same cores. Both in a second thread: beside
    # other processes embedding took twice the processor time in the first one, which only one of the ways would pay.
    with ThreadPoolExecutor(1) as pool:
        ways = Localizer("viterbi", encoder), OneByOne("viterbi", encoder)
        rounds = [[pool.submit(compare, way).result() for way in ways] for _ in range(2)]
    ours_s, plain_s = (min(seconds) for seconds in zip(*rounds, strict=True))
    what = f"{N_PREFETCHED} frames, a proposer that takes {PROPOSER_S:g} s"
    return Row("comparison, scripted model", what, ours_s, plain_s, "one step after the other")


def rows(models: tuple[str, ...]) -> list[Row]:
    """Times against the plain way, and shares of the machine's limit."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 255, (N_FRAMES[where()], 18, 32, 3), dtype=np.uint8)
    frames = [frame.repeat(16, 0).repeat(16, 1) for frame in blocks]
    fast = precision_of(where(), None)
    limit = product_rate(fast, 8192 if where() == "cuda" else 2048)
    table = []
    for name in models:
        plain = RandomEncoder(name, "float32")
        plain_s = median_s(lambda encoder=plain: embed_one_by_one(encoder, frames), 1)  # type: ignore[misc]
        del plain
        ours = RandomEncoder(name, fast)
        ours_s = median_s(lambda encoder=ours: encoder.embed_frames(frames), 2)  # type: ignore[misc]
        share = gflop_per_frame(ours) * len(frames) / ours_s / limit
        what = f"{len(frames)} frames, {fast}"
        table.append(Row(name, what, ours_s, plain_s, "float32, Pillow, batch 32", share, "matrix product"))
        if name == models[0]:
            table.append(prefetch_row(ours))
    return table


if __name__ == "__main__":
    names = tuple(name for name in sys.argv[1:] if name.startswith(("ViT", "RN")))
    print_rows(rows(names or ((*MODELS, "ViT-bigG-14") if where() == "cuda" else MODELS)))
