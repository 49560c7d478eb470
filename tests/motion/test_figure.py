"""The moving figure is found where it was drawn, and what cannot be believed says so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.motion.drawn_track import FEET, HEIGHT, TALL, WIDTH, draw, squats
from viddiff.motion.figure import tracking as figure
from viddiff.motion.figure.background import camera_noise, still_background, without_specks
from viddiff.motion.figure.tracking import FigureTrack, main_run, track_figure
from viddiff.video.loaded import GreyTrack


@pytest.mark.parametrize("noise", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("drift", [0.0, 25.0])
def test_the_top_follows_the_head(noise: float, drift: float) -> None:
    times_s, down = squats(2, 2.0)
    track = track_figure(draw(times_s, down, depth=0.3, noise=noise, drift=drift))
    true_top = (FEET - TALL * (1 - 0.3 * down)) / HEIGHT
    assert track.problems == ()
    assert track.is_seen.all()
    assert np.abs(track.top - true_top).max() < 2.5 / HEIGHT
    assert np.percentile(track.bottom, 95) == pytest.approx(FEET / HEIGHT, abs=2 / HEIGHT)


def test_a_body_that_stays_in_place_is_not_taken_for_the_background() -> None:
    times_s, down = squats(1, 2.0, rest_s=4.0)
    track = draw(times_s, down, noise=0.0)
    median = np.median(track.frames, axis=0)
    background = still_background(track.frames, 10.0)
    head = (slice(FEET - TALL + 2, FEET - TALL + 10), slice(WIDTH // 2 - 3, WIDTH // 2 + 3))
    assert np.abs(median[head] - 60).max() < 2
    assert np.abs(background[head] - 135).max() < 25


def test_the_figure_is_followed_across_the_picture_and_not_seen_where_it_is_not() -> None:
    times_s = np.arange(60) / 12
    down = np.where(times_s < 4, 0.0, np.nan)
    across = np.linspace(-50, 50, 60)
    track = track_figure(draw(times_s, down, across_px=across))
    there = times_s < 4
    assert (track.is_seen == there).all()
    middle_px = track.middle[there] * WIDTH
    assert np.abs(middle_px - (WIDTH / 2 + across[there])).max() < 3


def test_noise_is_told_and_makes_no_motion() -> None:
    times_s, down = squats(0, 1.0, rest_s=2.0)
    for noise in (0.0, 1.0, 3.0, 6.0):
        track = draw(times_s, down, noise=noise)
        assert camera_noise(track.frames) == pytest.approx(noise, rel=0.15, abs=0.1)
        assert track_figure(track).energy.max() < 1e-4


def test_energy_is_that_of_the_plain_definition() -> None:
    times_s, down = squats(1, 2.0)
    track = draw(times_s, down, noise=0.0)
    found = track_figure(track).energy
    frames = track.frames.astype(int)
    for i in range(1, len(frames)):
        change = np.abs(frames[i] - frames[i - 1])
        counted = without_specks((change > 10)[None], 3)[0] & (change > 10)
        plain = change[counted].sum() / (255 * HEIGHT * WIDTH) / (times_s[i] - times_s[i - 1])
        assert found[i] == pytest.approx(plain)
    assert found[0] == 0


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    track = draw(*squats(1, 2.0))
    whole = track_figure(track)
    monkeypatch.setattr(figure, "BLOCK_FRAMES", 7)
    parts = track_figure(track)
    for name in ("top", "bottom", "left", "right", "centre", "middle", "area", "energy", "pose"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_a_camera_that_moves_is_told() -> None:
    times_s, down = squats(1, 2.0)
    track = draw(times_s, down, noise=0.0)
    rng = np.random.default_rng(1)
    texture = np.kron(rng.integers(0, 60, (36, 54)), np.ones((3, 3)))[:HEIGHT, :WIDTH]
    shaken = np.stack(
        [np.roll(frame - texture, tuple(rng.integers(-4, 5, 2)), axis=(0, 1)) for frame in track.frames.astype(float)]
    )
    problems = track_figure(GreyTrack(times_s, np.clip(shaken, 0, 255).astype(np.uint8))).problems
    assert any("camera moves" in problem for problem in problems)


def test_a_cut_is_told() -> None:
    times_s, down = squats(1, 2.0)
    frames = draw(times_s, down).frames.copy()
    frames[20:] = frames[20:, ::-1] // 3
    problems = track_figure(GreyTrack(times_s, frames)).problems
    assert any("1.7 s" in problem for problem in problems)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_frames_are_a_problem_and_no_failure(n: int) -> None:
    times_s, down = squats(1, 2.0)
    track = track_figure(draw(times_s[:n], down[:n]))
    assert len(track) == n
    assert f"only {n} frames" in track.problems[0]


@pytest.mark.parametrize("shape", [(8, 1, 1), (8, 2, 90), (7, 40, 3)])
def test_odd_pictures_are_no_failure(shape: tuple[int, int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert isinstance(track_figure(GreyTrack(np.arange(shape[0]) / 12, frames)), FigureTrack)


def test_a_track_without_a_picture_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"\(0, 4, 4\)"):
        track_figure(GreyTrack(np.zeros(0), np.zeros((0, 4, 4), np.uint8)))


def plain_run(values: list[float], least: float, gap: int) -> tuple[int, int]:
    on = [i for i, value in enumerate(values) if value >= least]
    found: list[list[int]] = []
    for i in on:
        if found and i - found[-1][1] <= gap:
            found[-1][1] = i + 1
        else:
            found.append([i, i + 1])
    best, most = (0, 0), 0.0
    for start, stop in found:
        mass = sum(values[start:stop])
        if mass > most:
            best, most = (start, stop), mass
    return best


@settings(max_examples=150, deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(1, 3), st.integers(1, 14)), elements=st.integers(0, 4)), st.integers(0, 3)
)
def test_main_run_is_that_of_a_plain_search(profile: NDArray[np.int64], gap: int) -> None:
    found = main_run(profile.astype(float), 2, gap)
    assert [tuple(run) for run in found.tolist()] == [plain_run(row, 2, gap) for row in profile.astype(float).tolist()]


@settings(max_examples=50, deadline=None)
@given(arrays(np.bool_, st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))))
def test_specks_are_those_of_a_plain_count(mask: NDArray[np.bool_]) -> None:
    padded = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    plain = [
        [[padded[n, y : y + 3, x : x + 3].sum() >= 5 for x in range(mask.shape[2])] for y in range(mask.shape[1])]
        for n in range(len(mask))
    ]
    assert (without_specks(mask) == np.array(plain)).all()
