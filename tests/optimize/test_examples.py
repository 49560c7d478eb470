"""Labelled pairs as examples: what is shown, what stands beside it, and what is left out."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.eval.runs import STATEMENTS, make_pairs
from tests.support.models import STAGES, proposer_reply
from tests.support.poses import KnownPoses
from tests.support.scripted import scripted_lm
from viddiff.core.errors import InputError
from viddiff.core.settings import Settings
from viddiff.core.texts import MARKER
from viddiff.core.types import Difference
from viddiff.eval.viddiffbench.data import load_data
from viddiff.eval.viddiffbench.data.videos import locate_clip
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.lms import LMs
from viddiff.optimize.examples import (
    ReadPair,
    action_clips,
    differencer_examples,
    labelled_samples,
    localized_questions,
    oracle_questions,
    pair_reader,
    proposer_examples,
)
from viddiff.synthetic.bench import ROWS, TRUTH, PairTruth, render_bench
from viddiff.synthetic.pairs import plan_pair
from viddiff.video import FrameStore, sample

SETTINGS = Settings(fps=8, localizer="uniform", measurements=False)
INPUTS = {"action", "video_a", "video_b", "statement", "measurements"}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(tmp_path_factory.mktemp("pairs"), 3)


@pytest.fixture(scope="module")
def samples(pairs: Path) -> tuple[Sample, ...]:
    return load_data(str(pairs)).samples


@pytest.fixture(scope="module")
def store() -> FrameStore:
    return FrameStore(None)


@pytest.fixture(scope="module")
def read(pairs: Path, store: FrameStore, samples: tuple[Sample, ...]) -> ReadPair:
    """Reads the pairs as they stand in the data; decoded once for all tests."""
    footage = {sample.key: reader(pairs, store)(sample) for sample in samples}
    return lambda sample: footage[sample.key]


def reader(pairs: Path, store: FrameStore, settings: Settings = SETTINGS) -> ReadPair:
    return pair_reader(settings, functools.partial(locate_clip, pairs.parent), store)


def times(clip: Any) -> list[float]:
    return [round(frame.time_s, 3) for frame in clip.frames]


def test_with_the_oracle_an_example_shows_the_frames_at_its_key_times(
    samples: tuple[Sample, ...], read: ReadPair, store: FrameStore
) -> None:
    heard: list[tuple[str, int, int]] = []
    examples = differencer_examples(samples, read, oracle_questions(SETTINGS), "abc", lambda *told: heard.append(told))
    assert [(e.sample_key, e.difference_key) for e in examples] == [
        (f"pair{i}", str(k)) for i in range(3) for k in range(4)
    ]
    for example in examples:
        assert set(example.inputs().keys()) == INPUTS
        assert (times(example.video_a), times(example.video_b)) == ([0.5], [1.0])
        assert (example.frames_wanted_a_s, example.frames_wanted_b_s) == ((0.5,), (1.0,))
        assert all(store.read(frame.ref) for frame in (*example.video_a.frames, *example.video_b.frames))
    by_key = {sample.key: sample for sample in samples}
    assert [e.answer for e in examples] == [by_key[e.sample_key].labels[e.difference_key] for e in examples]
    assert [e.statement for e in examples] == list(STATEMENTS) * 3
    assert {(e.action, e.action_key) for e in examples} == {(s.action, s.action_key) for s in samples}
    assert heard == [("reading pairs", done, 3) for done in range(4)]


def test_no_visible_difference_is_taught_only_where_it_is_wanted(samples: tuple[Sample, ...], read: ReadPair) -> None:
    questions = oracle_questions(SETTINGS)
    whole = differencer_examples(samples, read, questions, "abc")
    plain = differencer_examples(samples, read, questions)
    assert {e.answer for e in whole} == {"a", "b", "c"}
    assert [dict(e.items()) for e in plain] == [dict(e.items()) for e in whole if e.answer != "c"]


def test_without_key_times_frames_are_spread_over_the_clip(samples: tuple[Sample, ...], read: ReadPair) -> None:
    bare = samples[0].model_copy(update={"key_times_a": {}})
    (first, *_) = differencer_examples([bare], read, oracle_questions(SETTINGS))
    assert first.frames_wanted_a_s == ()
    assert len(first.video_a.frames) == 6
    assert (times(first.video_a)[0], times(first.video_a)[-1]) == (0.0, 1.375)


def test_key_times_of_a_clip_within_a_longer_file_are_moved_to_the_time_of_the_file(
    pairs: Path, samples: tuple[Sample, ...], store: FrameStore
) -> None:
    trimmed = samples[0].video_a.model_copy(update={"fps_original": 8.0, "frames_trim": (4, 12, None)})
    sample = samples[0].model_copy(update={"video_a": trimmed})
    (first, *_) = differencer_examples([sample], reader(pairs, store), oracle_questions(SETTINGS))
    assert (first.frames_wanted_a_s, first.frames_wanted_b_s) == ((1.0,), (1.0,))
    assert (times(first.video_a), times(first.video_b)) == ([1.0], [1.0])
    assert first.measurements == []


def test_localized_examples_show_the_frames_of_their_stages_and_ask_the_text_model_once_for_an_action(
    samples: tuple[Sample, ...], read: ReadPair
) -> None:
    lm = scripted_lm(lambda asked: proposer_reply(asked, 4))
    blind = scripted_lm(lambda asked: pytest.fail("the vision model was asked"))
    questions = localized_questions(SETTINGS, LMs(lm, blind), samples)
    examples = differencer_examples(samples, read, questions, "abc")
    assert len(lm.engine.asked) == 3 * len({sample.action_key for sample in samples})
    assert not any(asked.images for asked in lm.engine.asked)
    # Twelve frames, four stages of equal length, the n-th difference in the n-th stage, and the frames beside it.
    for example in examples:
        stage = int(example.difference_key) % len(STAGES)
        assert times(example.video_a) == [i / 8 for i in range(max(0, 3 * stage - 1), min(12, 3 * stage + 4))]
        assert example.frames_wanted_a_s == (0.5,)


@pytest.mark.parametrize("statement", [f"the squat {MARKER}START", "the squat\x07 is deeper", "deeper in video A", " "])
def test_what_must_not_reach_a_prompt_is_left_out_with_a_notice(
    samples: tuple[Sample, ...], read: ReadPair, statement: str
) -> None:
    hostile = Difference(key="1", name="x", statement=statement)
    differences = (samples[0].differences[0], hostile, *samples[0].differences[2:])
    marked = samples[0].model_copy(update={"differences": differences})
    lm = scripted_lm(lambda asked: proposer_reply(asked, 4))
    questions = localized_questions(SETTINGS, LMs(lm), [marked])
    examples = differencer_examples([marked], read, questions, "abc")
    assert [e.difference_key for e in examples] == ["0", "2", "3"]
    assert not any(statement in asked.prompt for asked in lm.engine.asked if statement.strip())
    assert "1" not in proposer_examples([marked])[0].taxonomy
    (notice,) = labelled_samples([marked], "ab")[1]
    assert notice.startswith("Difference '1' of pair 'pair0' was left out:")


def test_an_action_that_must_not_reach_a_prompt_costs_its_pair(samples: tuple[Sample, ...]) -> None:
    marked = samples[0].model_copy(update={"action": f"squat {MARKER}"})
    kept, notices = labelled_samples([marked, samples[1]], "ab")
    assert [sample.key for sample in kept] == ["pair1"]
    assert "Pair 'pair0' was left out" in notices[0]


def test_a_proposer_example_is_an_action_with_all_that_its_pairs_ask(samples: tuple[Sample, ...]) -> None:
    extra = Difference(key="9", name="x", statement="the feet are closer")
    more = samples[2].model_copy(
        update={
            "differences": (*samples[2].differences, extra),
            "labels": {**samples[2].labels, "9": "c"},
            "n_differences_open": 17,
        }
    )
    first, second = proposer_examples([samples[0], samples[1], more])
    assert set(first.inputs().keys()) == {"action", "n_differences"}
    assert (first.action, first.n_differences) == (samples[0].action, 17)
    assert first.taxonomy == {**{str(i): text for i, text in enumerate(STATEMENTS)}, "9": extra.statement}
    assert second.n_differences == samples[1].n_differences_open
    # Whatever saves or prints it meets plain values only.
    assert json.loads(json.dumps(first.toDict())) == first.toDict()


def test_a_pair_is_decoded_once_and_a_missing_video_is_said(
    pairs: Path, samples: tuple[Sample, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reader(pairs, FrameStore(tmp_path / "cache"))
    before = read(samples[0])
    monkeypatch.setattr(sample, "_read", lambda *_: pytest.fail("a video was decoded again"))
    clips = action_clips(samples[:1], read)
    assert {key: [c.refs for c in found] for key, found in clips.items()} == {
        samples[0].action_key: [footage.sequence.refs for footage in before]
    }
    gone = samples[0].model_copy(update={"video_b": samples[0].video_b.model_copy(update={"path": "gone.mp4"})})
    with pytest.raises(InputError, match=r"gone\.mp4"):
        read(gone)


def test_only_the_first_pairs_of_an_action_are_read_for_cues(samples: tuple[Sample, ...], read: ReadPair) -> None:
    clips = action_clips(samples, read)
    assert {key: len(found) for key, found in clips.items()} == {samples[0].action_key: 2, samples[1].action_key: 2}


def test_examples_of_a_rendered_pair_show_its_key_moments_and_its_measurements(
    tmp_path: Path, store: FrameStore
) -> None:
    rows = render_bench(tmp_path, 1, seed=3, workers=1)
    assert rows.name == ROWS
    settings = Settings(fps=12)
    dataset = load_data(str(rows))
    pair, sample = plan_pair(0, 3), dataset.samples[0]
    poses = KnownPoses.of_clips({Path(sample.video_a.path).name: pair.a, Path(sample.video_b.path).name: pair.b})
    examples = differencer_examples(
        dataset.samples, reader(rows, store, settings), oracle_questions(settings, poses), "abc"
    )
    truth = PairTruth.model_validate_json((tmp_path / TRUTH).read_text().splitlines()[0])
    assert [e.answer for e in examples] == [labelled.label for labelled in truth.differences]
    for example, labelled in zip(examples, truth.differences, strict=True):
        for clip, wanted_s in ((example.video_a, labelled.key_times_a_s), (example.video_b, labelled.key_times_b_s)):
            shown_s = np.array([frame.time_s for frame in clip.frames])
            assert all(np.abs(shown_s - time_s).min() < 0.1 for time_s in wanted_s)
    told = [told for example in examples for told in example.measurements]
    assert told
    assert all(" ± " in one and ": video A " in one and ", video B " in one for one in told)
    assert all(len(example.measurements) <= 1 for example in examples)
