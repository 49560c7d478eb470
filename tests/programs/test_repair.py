"""Repairs of stages and links."""

from __future__ import annotations

from viddiff.core.notices import with_code
from viddiff.core.types import Difference, Stage
from viddiff.programs.viddiff.repair import NO_STAGE, closest_name, refine_stages, repair_links, repair_stages
from viddiff.signatures.viddiff.stages import LinkedDifference, ProposedStage

STAGES = tuple(Stage(name=name) for name in ("stand", "descend", "bottom", "ascend"))
DIFFERENCES = tuple(
    Difference(key=str(i), name=name, statement=f"the {name} is greater") for i, name in enumerate(("depth", "stance"))
)
CUES = [f"A photo of a person, cue {i}" for i in range(5)]


def linked(*links: tuple[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return repair_links([LinkedDifference(key=key, stages=names) for key, names in links], DIFFERENCES, STAGES)[0]


def test_right_links_stay_and_come_in_stage_order() -> None:
    assert linked(("0", ["bottom", "descend"]), ("1", ["stand"])) == {"0": ("descend", "bottom"), "1": ("stand",)}


def test_misspelt_stages_are_corrected_and_invented_ones_dropped() -> None:
    assert linked(("0", ["Botom ", "flying"]), ("1", ["STAND"])) == {"0": ("bottom",), "1": ("stand",)}


def test_a_difference_left_over_goes_to_the_middle_stage_and_is_told() -> None:
    links, notices = repair_links([LinkedDifference(key="7", stages=["stand"])], DIFFERENCES, STAGES)
    assert links == {"0": ("bottom",), "1": ("bottom",)}
    assert "2 differences had no stage" in notices[0]
    assert with_code(notices, NO_STAGE) == list(notices)


def test_keys_may_be_given_as_names_or_statements() -> None:
    assert linked(("depth", ["bottom"]), ("the stance is greater", ["stand"])) == {"0": ("bottom",), "1": ("stand",)}


def test_two_entries_of_one_difference_are_joined() -> None:
    assert linked(("0", ["bottom"]), ("0", ["stand"]), ("1", ["stand"]))["0"] == ("stand", "bottom")


def test_stages_are_unique_at_most_five_and_thin_ones_told() -> None:
    proposed = [ProposedStage(name=f"stage {i}", cues=CUES) for i in range(7)]
    proposed.insert(1, ProposedStage(name="stage  0", cues=CUES))
    proposed[2] = ProposedStage(name="stage 1", cues=["A photo of a knee", " ", "A photo of a knee", "<<CUSTOM-TYPE-x"])
    stages, notices = repair_stages(proposed, "squat")
    assert [stage.name for stage in stages] == [f"stage {i}" for i in range(5)]
    assert stages[1].cues == ("A photo of a knee",)
    assert any("has 1 retrieval cues" in notice for notice in notices)
    assert any("the first 5 are kept" in notice for notice in notices)


def test_without_stages_the_whole_clip_is_one() -> None:
    stages, notices = repair_stages([], "squat")
    assert [stage.name for stage in stages] == ["whole action"]
    assert notices


def test_refining_keeps_names_and_never_leaves_a_stage_without_cues() -> None:
    before = (Stage(name="stand", cues=("a", "b")), Stage(name="bottom", cues=("c",)), Stage(name="end", cues=("d",)))
    refined = [ProposedStage(name="Stand", cues=["b"]), ProposedStage(name="bottom", cues=[])]
    after = refine_stages(before, refined)
    assert [stage.name for stage in after] == ["stand", "bottom", "end"]
    assert [stage.cues for stage in after] == [("b",), ("c",), ("d",)]


def test_closest_prefers_the_same_name_and_gives_up_on_strangers() -> None:
    assert closest_name("ascend", ["ascend", "descend"]) == "ascend"
    assert closest_name("decend", ["ascend", "descend"]) == "descend"
    assert closest_name("zzz", ["ascend", "descend"]) is None
