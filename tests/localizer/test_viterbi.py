"""The fused kernel is held to a plain dynamic program and, where that is small enough, to every path there is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import ArrayLike, NDArray

from benchmarks import plain
from viddiff.localizer.alignment.kernels import quick_into
from viddiff.localizer.alignment.viterbi import FLOOR, segment, segment_batch, segment_tensor, spread


def path_cost(costs: list[list[float]], path: list[int]) -> float:
    return sum(costs[stage][t] for t, stage in enumerate(path))


def every_path(n_stages: int, n_frames: int) -> list[list[int]]:
    """All paths from stage 0 to the last that stay or go on by one."""
    paths = []
    for cuts in itertools.combinations(range(1, n_frames), n_stages - 1):
        edges = [0, *cuts, n_frames]
        paths.append([s for s in range(n_stages) for _ in range(edges[s + 1] - edges[s])])
    return paths


@st.composite
def similarities(draw: st.DrawFn, max_stages: int = 6, max_frames: int = 24) -> NDArray[np.float64]:
    """Matrices with at least as many frames as stages: smooth, or full of ties, or with NaN."""
    n_stages = draw(st.integers(1, max_stages))
    n_frames = draw(st.integers(n_stages, max_frames))
    smooth = st.floats(-1, 1, width=32)
    tied = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    holed = st.one_of(smooth, st.just(math.nan))
    return draw(arrays(np.float64, (n_stages, n_frames), elements=draw(st.sampled_from([smooth, tied, holed]))))


def adversarial(n: int) -> Iterator[NDArray[np.float64]]:
    """Matrices of many kinds: random, tied, with holes, constant rows, huge and tiny numbers, close to impossible."""
    rng = np.random.default_rng(0)
    for i in range(n):
        n_stages = int(rng.integers(1, 8))
        matrix = rng.random((n_stages, int(rng.integers(n_stages, 40))))
        if i % 3 == 0:
            matrix = np.round(4 * matrix) / 4
        if i % 4 == 0:
            matrix[rng.random(matrix.shape) < 0.2] = np.nan
        if i % 5 == 0:
            matrix[rng.integers(n_stages)] = rng.choice([0.0, 1.0, np.nan])
        if i % 7 == 0:
            matrix = matrix ** int(rng.choice([40, 300]))
        if i % 11 == 0:
            matrix *= rng.choice([1e-300, 1e300, -1.0])
        yield matrix


def cost_of(similarity: NDArray[np.float64], path: list[int]) -> float:
    return path_cost([[-math.log(value) for value in row] for row in plain.likelihoods(similarity)], path)


def test_paths_equal_those_of_the_plain_dynamic_program_on_thousands_of_adversarial_inputs() -> None:
    matrices = list(adversarial(4000))
    paths = [plain.segment(matrix) for matrix in matrices]
    assert [segment(matrix).tolist() for matrix in matrices] == paths
    assert [path.tolist() for path in segment_batch(matrices)] == paths


def test_the_textbook_algorithm_with_logarithms_finds_paths_of_the_same_cost() -> None:
    for i, matrix in enumerate(adversarial(150)):
        twin = plain.segment_textbook if i % 2 else plain.segment_published
        expected = cost_of(matrix, twin(matrix))
        assert cost_of(matrix, segment(matrix).tolist()) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_tensors_give_paths_of_the_same_cost_and_where_no_two_are_alike_the_same_path() -> None:
    for matrix in adversarial(400):
        path = segment_tensor(torch.from_numpy(matrix)).tolist()
        assert set(np.diff([0, *path, len(matrix) - 1]).tolist()) <= {0, 1}
        assert cost_of(matrix, path) == pytest.approx(cost_of(matrix, segment(matrix).tolist()), rel=1e-9, abs=1e-9)
    several = np.random.default_rng(1).random((3, 4, 5, 60))
    paths = segment_tensor(torch.from_numpy(several))
    assert paths.shape == (3, 4, 60)
    assert paths.dtype == torch.int64
    assert paths[2, 1].tolist() == segment(several[2, 1]).tolist()


def test_a_batch_takes_clips_of_any_shape_and_none_at_all() -> None:
    shapes = [(5, 3), (1, 1), (3, 300), (2, 2), (6, 1)]
    matrices = [np.random.default_rng(i).random(shape) for i, shape in enumerate(shapes)]
    assert [path.tolist() for path in segment_batch(matrices)] == [segment(matrix).tolist() for matrix in matrices]
    assert segment_batch([]) == []
    with pytest.raises(ValueError, match="finite"):
        segment_batch([matrices[2], np.full((2, 3), -np.inf)])


def test_a_long_clip_does_not_underflow() -> None:
    similarity = np.random.default_rng(0).random((4, 20_000)) ** 100
    assert segment(similarity).tolist() == plain.segment(similarity)


def far_behind(n: int) -> Iterator[NDArray[np.float64]]:
    """Matrices whose best path long looks impossible beside others that end too early, or starts that way."""
    rng = np.random.default_rng(1)
    for i in range(n):
        n_stages = int(rng.integers(2, 70))
        n_frames = n_stages + int(rng.choice([0, 1, 3, 20, 90]))
        matrix = rng.random((n_stages, n_frames)) ** int(rng.choice([1, 8]))
        matrix[rng.random(matrix.shape) < rng.choice([0.5, 0.95])] = 0.0
        matrix[rng.integers(n_stages), : n_frames - 1] = 1.0
        if i % 2:
            matrix[0] = 1.0
            matrix[0, -1] = 0.0
        yield matrix


def test_a_path_that_long_falls_far_behind_others_is_found() -> None:
    matrices = list(far_behind(60))
    needed = [not quick_into(matrix, FLOOR, np.empty(matrix.shape[1], dtype=np.int64)) for matrix in matrices]
    assert 5 < sum(needed) < 55
    assert [path.tolist() for path in segment_batch(matrices)] == [plain.segment(matrix) for matrix in matrices]


def test_the_quick_kernel_itself_does_usual_clips() -> None:
    for shape in [(1, 1), (1, 40), (2, 2), (4, 17), (5, 300), (6, 33), (9, 2000)]:
        matrix, path = np.random.default_rng(0).random(shape), np.empty(shape[1], dtype=np.int64)
        assert quick_into(matrix, FLOOR, path)
        assert path.tolist() == plain.segment(matrix)


def test_a_batch_takes_any_strides_number_types_and_alignment() -> None:
    rng = np.random.default_rng(4)
    whole = rng.random((8, 60))
    fixed = rng.random((3, 50))
    fixed.setflags(write=False)
    odd = np.frombuffer(b"x" + rng.random(90).tobytes(), dtype=np.float64, offset=1).reshape(3, 30)
    inputs: list[ArrayLike] = [
        whole[::2, ::3],
        np.asfortranarray(whole),
        whole.astype(np.float32),
        rng.integers(0, 9, (3, 20)),
        whole.tolist(),
        whole.astype(">f8"),
        fixed,
        odd,
        np.ma.masked_less(whole, 0.0),
    ]
    expected = [plain.segment(np.array(similarity, dtype=np.float64)) for similarity in inputs]
    assert [path.tolist() for path in segment_batch(inputs)] == expected


@given(similarities())
@settings(max_examples=200, deadline=None)
def test_paths_equal_those_of_the_plain_dynamic_program(similarity: NDArray[np.float64]) -> None:
    assert segment(similarity).tolist() == plain.segment(similarity)


@given(similarities(max_stages=4, max_frames=9))
@settings(max_examples=300, deadline=None)
def test_no_path_is_cheaper(similarity: NDArray[np.float64]) -> None:
    costs = [[-math.log(value) for value in row] for row in plain.likelihoods(similarity)]
    cheapest = min(path_cost(costs, path) for path in every_path(*similarity.shape))
    assert path_cost(costs, segment(similarity).tolist()) == pytest.approx(cheapest, abs=1e-9)


@given(similarities())
@settings(max_examples=200, deadline=None)
def test_a_path_never_goes_back_and_visits_every_stage(similarity: NDArray[np.float64]) -> None:
    path = segment(similarity)
    assert path.dtype == np.int64
    assert path[0] == 0
    assert path[-1] == len(similarity) - 1
    assert set(np.diff(path).tolist()) <= {0, 1}


def test_staying_wins_ties() -> None:
    # All paths cost the same; traced back from the end, the last stage is stayed in as long as it can be.
    assert segment(np.zeros((3, 6))).tolist() == [0, 1, 2, 2, 2, 2]


def test_a_clear_block_structure_is_found() -> None:
    similarity = np.kron(np.eye(4), np.ones((1, 25))) + np.random.default_rng(0).normal(0, 0.05, (4, 100))
    assert segment(similarity).tolist() == [t // 25 for t in range(100)]


@pytest.mark.parametrize(("n_stages", "n_frames"), [(5, 1), (5, 3), (2, 1), (7, 6)])
def test_more_stages_than_frames_are_spread(n_stages: int, n_frames: int) -> None:
    path = segment(np.random.default_rng(1).random((n_stages, n_frames)))
    assert path.tolist() == spread(n_stages, n_frames).tolist()
    assert len(path) == n_frames
    assert path[0] == 0
    assert n_frames == 1 or path[-1] == n_stages - 1


def test_strides_and_number_types_do_not_matter() -> None:
    whole = np.random.default_rng(2).random((8, 60))
    assert segment(whole[::2, ::3]).tolist() == segment(whole[::2, ::3].copy()).tolist()
    assert segment(np.asfortranarray(whole)).tolist() == segment(whole).tolist()
    integers = np.random.default_rng(3).integers(0, 9, (3, 20))
    assert segment(integers).tolist() == plain.segment(integers.astype(float))


def test_one_stage_and_one_frame() -> None:
    assert segment(np.ones((1, 4))).tolist() == [0, 0, 0, 0]
    assert segment(np.ones((1, 1))).tolist() == [0]


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((0, 3)), np.zeros((3, 0)), np.full((2, 3), np.inf)])
def test_what_is_no_similarity_is_refused(bad: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="similarity must be"):
        segment(bad)


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((0, 3)), np.zeros((4, 3)), np.full((2, 3), np.inf)])
def test_what_is_no_tensor_of_similarities_is_refused(bad: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="similarity must be"):
        segment_tensor(torch.from_numpy(bad))
