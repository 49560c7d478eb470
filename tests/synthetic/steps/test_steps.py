"""Rendered step pairs: what their rows say follows from the truth, and the files are those of the benchmark."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from viddiff.core.errors import UsageError
from viddiff.eval.stepdiff.check import check_items
from viddiff.eval.stepdiff.controls import swap_clips
from viddiff.eval.stepdiff.items import CaptionItem, ChoiceItem, RankItem
from viddiff.eval.stepdiff.load import load_items
from viddiff.eval.stepdiff.scores import score_predictions
from viddiff.synthetic.pairs import ACTIONS
from viddiff.synthetic.steps import bench
from viddiff.synthetic.steps.attempts import COLOURS, Attempt, Group, plan_group
from viddiff.synthetic.steps.bench import rows_of
from viddiff.synthetic.steps.contrasts import CATEGORIES, margins, similarity
from viddiff.synthetic.steps.rows import Row
from viddiff.synthetic.steps.words import CONTRASTS, VISUALS

N_GROUPS = 12


@pytest.fixture(scope="module")
def groups() -> list[Group]:
    return [plan_group(index, 0) for index in range(N_GROUPS)]


@pytest.fixture(scope="module")
def clips(groups: list[Group]) -> dict[str, Attempt]:
    return {attempt.id: attempt for group in groups for attempt in group.attempts}


def rows(groups: list[Group], name: str) -> list[Row]:
    return [row for index, group in enumerate(groups) for row in rows_of(group, index, 0)[name]]


def holds(caption: str, reference: Attempt, candidate: Attempt) -> bool:
    """Whether a caption in words is true, read back from the words alone."""
    for thing in COLOURS:
        seen, before = (one.colours[thing] for one in (candidate, reference))
        if seen != before and f"shows a {seen} {thing} " in caption and caption.endswith(f" {before} one"):
            return True
    for aspect in reference.action.aspects:
        contrast, apart = CONTRASTS[reference.action.key, aspect.key], margins(aspect, reference, candidate)
        told = [contrast.caption(apart > 0, link) for link in ("instead of", "rather than")]
        here, there = (one.numbers[aspect.key] for one in (candidate, reference))
        told.append(f"The candidate shows a {aspect.name} of {here:.2f} instead of {there:.2f} {aspect.unit}")
        if abs(apart) >= 1.15 and caption in told:
            return True
    return False


def test_every_aspect_has_words() -> None:
    assert {(action.key, aspect.key) for action in ACTIONS for aspect in action.aspects} == CONTRASTS.keys()


def test_captions_are_true_and_false_of_the_exchanged_pair(groups: list[Group], clips: dict[str, Attempt]) -> None:
    found = rows(groups, bench.CAPTIONS)
    assert {row["category"] for row in found} == set(CATEGORIES)
    for row in found:
        reference, candidate = clips[row["reference"]], clips[row["candidate"]]
        assert reference.action is candidate.action
        for text in row["text"]:
            assert holds(text, reference, candidate), text
            assert not holds(text, candidate, reference), text


@pytest.mark.parametrize("name", [bench.CHOICES, bench.EXCHANGED])
def test_a_choice_is_true_of_one_pair_only(groups: list[Group], clips: dict[str, Attempt], name: str) -> None:
    found = rows(groups, name)
    assert len(found) > 3 * N_GROUPS
    for row in found:
        true = [pair for pair in row["options"] if holds(row["difference"], *(clips[clip] for clip in pair))]
        assert true == [row["answer"]]
        assert (row["answer"][::-1] in row["options"]) == (name == bench.EXCHANGED)
    places = Counter(row["options"].index(row["answer"]) for row in found)
    assert min(places.values()) > len(found) / 8
    # The place in its group, which a name ends with, gives nothing away.
    first = Counter(row["answer"][0].split("_")[1] for row in found)
    assert max(first.values()) < len(found) / 2


@pytest.mark.parametrize(("turned", "expected"), [(False, 1.0), (True, 0.0)])
def test_an_oracle_is_right_until_the_clips_are_exchanged(
    groups: list[Group], clips: dict[str, Attempt], tmp_path: Path, turned: bool, expected: float
) -> None:
    """Who sees the truth of the clips as they are shown chooses the exchanged pair once they are exchanged."""
    path = tmp_path / bench.EXCHANGED
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows(groups, bench.EXCHANGED)))
    data = load_items(path)
    shown = [swap_clips(item) if turned else item for item in data.items]
    answers = [
        tuple(
            float(holds(item.difference, clips[pair.reference.id], clips[pair.candidate.id])) for pair in item.options
        )
        for item in shown
        if isinstance(item, ChoiceItem)
    ]
    assert score_predictions(data, answers, n_resamples=50).scores[0].strict == expected


def test_ranks_are_graded_and_hold_one_tie_at_most(groups: list[Group], clips: dict[str, Attempt]) -> None:
    found = rows(groups, bench.RANKS)
    assert len({row["category"] for row in found}) >= 3
    for row in found:
        assert len(set(row["scores"])) >= 3
        reference = clips[row["reference"]]
        assert [similarity(reference, clips[clip], row["category"]) for clip in row["targets"]] == row["scores"]
        if row["category"] == VISUALS:
            same = [sum(clips[clip].colours[thing] == reference.colours[thing] for thing in COLOURS)
                    for clip in row["targets"]]  # fmt: skip
            assert sorted(same) == [0, 1, 2, 3]
            assert np.argsort(same).tolist() == np.argsort(row["scores"]).tolist()


def test_the_files_are_those_of_the_benchmark(steps: Path) -> None:
    kinds = {bench.CAPTIONS: CaptionItem, bench.CHOICES: ChoiceItem, bench.EXCHANGED: ChoiceItem, bench.RANKS: RankItem}
    for name, kind in kinds.items():
        assert {type(item) for item in load_items(steps / name).items} == {kind}
        report = check_items(steps / name, steps / bench.VIDEOS)
        assert (report.n_missing_videos, report.bad_rows) == (0, ())
    truth = [json.loads(line) for line in (steps / bench.TRUTH).read_text().splitlines()]
    assert len(truth) == 10
    assert truth[0]["numbers"]["depth"]["unit"] == "of body height"


def test_a_clip_is_as_long_as_its_name_says(steps: Path) -> None:
    for item in load_items(steps / bench.RANKS).items:
        for clip in item.clips:
            path = clip.file(steps / bench.VIDEOS)
            assert path is not None
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                assert stream.frames / stream.average_rate == pytest.approx(clip.stop_s, abs=1e-3)


def test_the_pixels_bear_the_colours_out(steps: Path) -> None:
    """The wall beside the figure is nearest to the colour that the truth names."""
    for line in (steps / bench.TRUTH).read_text().splitlines():
        truth = json.loads(line)
        with av.open(str(steps / bench.VIDEOS / f"{truth['clip'].rsplit('_', 2)[0]}.mp4")) as container:
            frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
        # Light falls off toward the edges: the hue decides, not the brightness.
        seen = np.median(frame[20:120, 290:310].reshape(-1, 3), axis=0)
        shades = {name: np.array(colour) / np.mean(colour) for name, colour in COLOURS["wall"].items()}
        nearest = min(shades, key=lambda name: float(np.abs(seen / seen.mean() - shades[name]).sum()))
        assert nearest == truth["colours"]["wall"]


def test_no_pairs_is_a_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        bench.render_steps(tmp_path, 0)
