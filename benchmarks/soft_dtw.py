"""Soft-DTW against a plain loop, and its gradient against torch's: ``python -m benchmarks.soft_dtw``.

If tslearn and pysdtw are installed, they are compared, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks import plain
from benchmarks.timing import Row, median_s, print_rows
from viddiff.core.extras import are_installed
from viddiff.localizer.alignment.soft_dtw import GAMMA, cells_of, soft_dtw, squared_distances
from viddiff.localizer.alignment.soft_dtw_kernels import log_into

#: (frames, repetitions of the plain loop); the other clip is 7 frames longer.
SHAPES = ((64, 5), (256, 3), (1024, 1))
WIDTH, BATCH = 64, 8


def rows() -> list[Row]:
    """Value and alignment for each shape, then loss and gradient of a batch."""
    rng = np.random.default_rng(0)
    table = []
    for n_frames, repetitions in SHAPES:
        distances = squared_distances(unit(rng, n_frames), unit(rng, n_frames + 7))
        first, stop = cells_of(distances.shape)
        value, alignment = soft_dtw(distances)
        other = np.zeros_like(alignment)
        assert abs(log_into(distances, GAMMA, first, stop, False, other) - value) < 1e-9 * abs(value)
        assert np.abs(other - alignment).max() < 1e-9
        ours_s = median_s(partial(soft_dtw, distances), 50)

        def in_logarithms(distances: NDArray[np.float64] = distances) -> None:
            log_into(distances, GAMMA, *cells_of(distances.shape), False, np.zeros_like(distances))

        what = f"{n_frames} x {n_frames + 7} frames"
        for name, work, n in (
            ("Python loop, value alone", partial(plain.soft_dtw_totals, distances, GAMMA), repetitions),
            ("our kernel in logarithms", in_logarithms, 20),
        ):
            table.append(Row("soft-DTW, value and alignment", what, ours_s, median_s(work, n), name))
    return [*table, *tslearn_rows(rng), *gradient_rows(rng)]


def tslearn_rows(rng: np.random.Generator) -> Iterator[Row]:
    """Value and alignment from features, which must be equal."""
    if not are_installed(("tslearn", "sklearn")):
        return
    from tslearn.metrics import soft_dtw_alignment

    x, y = unit(rng, 256), unit(rng, 263)
    theirs, value = soft_dtw_alignment(x, y, gamma=GAMMA)
    ours_value, ours = soft_dtw(squared_distances(x, y))
    assert abs(value - ours_value) < 1e-8 * max(1.0, abs(value))
    assert np.abs(theirs - ours).max() < 1e-8
    ours_s = median_s(lambda: soft_dtw(squared_distances(x, y)), 20)
    theirs_s = median_s(lambda: soft_dtw_alignment(x, y, gamma=GAMMA), 5)
    yield Row("soft-DTW of features, value and alignment", "256 x 263 frames", ours_s, theirs_s, "tslearn, NumPy")


def gradient_rows(rng: np.random.Generator) -> Iterator[Row]:
    """Loss and gradients for both clips' features, of a batch, in float32 and on one thread of torch."""
    import torch

    from viddiff.localizer.alignment.soft_dtw_torch import soft_dtw_diagonals, soft_dtw_loss

    torch.set_num_threads(1)
    x, y = (
        torch.tensor(np.stack([unit(rng, n) for _ in range(BATCH)]), dtype=torch.float32, requires_grad=True)
        for n in (256, 263)
    )

    def learn(loss: Callable[[torch.Tensor], torch.Tensor]) -> None:
        x.grad = y.grad = None
        loss(2 - 2 * x @ y.transpose(1, 2)).sum().backward()  # type: ignore[no-untyped-call]

    what, size = "soft-DTW, loss and gradient", f"{BATCH} x 256 x 263"
    ours_s = median_s(partial(learn, soft_dtw_loss), 20)
    yield Row(what, size, ours_s, median_s(partial(learn, soft_dtw_diagonals), 5), "torch, by anti-diagonals")
    if are_installed(("pysdtw",)):
        import pysdtw

        theirs = pysdtw.SoftDTW(gamma=GAMMA, dist_func=lambda a, b: 2 - 2 * a @ b.transpose(1, 2), use_cuda=False)
        close = torch.isclose(theirs(x, y), soft_dtw_loss(2 - 2 * x @ y.transpose(1, 2)), rtol=1e-3, atol=1e-3)
        assert close.all()

        def learn_theirs() -> None:
            x.grad = y.grad = None
            theirs(x, y).sum().backward()

        yield Row(what, size, ours_s, median_s(learn_theirs, 5), "pysdtw")
    if are_installed(("tslearn", "sklearn")):
        from tslearn.metrics import SoftDTWLossPyTorch

        loss = SoftDTWLossPyTorch(gamma=GAMMA)

        def learn_in_tslearn() -> None:
            x.grad = y.grad = None
            loss(x, y).sum().backward()

        yield Row(what, size, ours_s, median_s(learn_in_tslearn, 1), "tslearn, torch")


def unit(rng: np.random.Generator, n_frames: int) -> NDArray[np.float64]:
    """Unit vectors by chance."""
    vectors = rng.standard_normal((n_frames, WIDTH))
    scaled: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


if __name__ == "__main__":
    print_rows(rows())
