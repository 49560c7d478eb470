"""Repairs of what a proposer answers: stages and links that are misspelt, missing, doubled or invented."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from viddiff.core.notices import Notice, WithNotices
from viddiff.core.types import Difference, Stage
from viddiff.programs.statements import unfit_reason
from viddiff.signatures.viddiff.stages import MAX_STAGES, MIN_CUES, LinkedDifference, ProposedStage

#: Code of the notice of differences that were linked to no stage.
NO_STAGE = "no_stage"
#: Two names are the same, misspelt, from this similarity on (difflib's ratio).
_SAME_NAME = 0.75


def repair_stages(proposed: Sequence[ProposedStage], action: str) -> WithNotices[tuple[Stage, ...]]:
    """(stages, notices): at most five, names unique, cues clean; one stage over the whole clip where there is none."""
    stages: dict[str, Stage] = {}
    notices: list[str] = []
    for stage in proposed:
        name = " ".join(stage.name.split())[:60]
        if not name or name in stages:
            continue
        cues = tuple(dict.fromkeys(cue.strip() for cue in stage.cues if not unfit_reason(cue)))
        if len(cues) < MIN_CUES:
            notices.append(f"Stage {name!r} has {len(cues)} retrieval cues; {MIN_CUES} were asked for.")
        stages[name] = Stage(name=name, description=stage.description.strip()[:500], cues=cues)
    if len(stages) > MAX_STAGES:
        notices.append(f"{len(stages)} stages were proposed; the first {MAX_STAGES} are kept.")
    if not stages:
        notices.append("No stage was proposed; the whole clip is one stage.")
        stages[action] = Stage(name="whole action", description=action)
    return WithNotices(tuple(stages.values())[:MAX_STAGES], tuple(notices))


def refine_stages(stages: Sequence[Stage], refined: Sequence[ProposedStage]) -> tuple[Stage, ...]:
    """The stages with their refined cues; a stage that lost all of them, or is missing, keeps the cues it had."""
    by_name = {stage.name: stage for stage in refined}
    repaired: list[Stage] = []
    for stage in stages:
        name = closest_name(stage.name, list(by_name))
        cues = tuple(dict.fromkeys(cue.strip() for cue in by_name[name].cues if not unfit_reason(cue))) if name else ()
        repaired.append(stage.model_copy(update={"cues": cues}) if cues else stage)
    return tuple(repaired)


def repair_links(
    links: Sequence[LinkedDifference], differences: Sequence[Difference], stages: Sequence[Stage]
) -> WithNotices[dict[str, tuple[str, ...]]]:
    """(difference key -> stage names in stage order, notices).

    Misspelt stage names are corrected, invented ones dropped, keys matched also by name or statement; a difference
    that is left without a stage goes to the middle stage, as in the paper.
    """
    order = [stage.name for stage in stages]
    keys = _keys_by_text(differences)
    found: dict[str, set[str]] = {}
    for link in links:
        key = closest_name(link.key, list(keys))
        names = (closest_name(name, order) for name in link.stages)
        if key is not None:
            found.setdefault(keys[key], set()).update(name for name in names if name is not None)
    missing = [difference.key for difference in differences if not found.get(difference.key)]
    middle = order[len(order) // 2]
    linked = {
        difference.key: tuple(name for name in order if name in found.get(difference.key, ())) or (middle,)
        for difference in differences
    }
    notices = (
        (Notice(NO_STAGE, f"{len(missing)} differences had no stage and are judged on {middle!r}."),) if missing else ()
    )
    return WithNotices(linked, notices)


def _keys_by_text(differences: Sequence[Difference]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for difference in differences:
        for text in (difference.statement, difference.name, difference.key):
            texts[text] = difference.key
    return texts


def closest_name(name: str, known: Sequence[str]) -> str | None:
    """The known name that is meant: the same, the same but for case and spaces, or a close misspelling."""
    if name in known:
        return name
    plain = {" ".join(other.casefold().split()): other for other in known}
    matches = difflib.get_close_matches(" ".join(name.casefold().split()), list(plain), n=1, cutoff=_SAME_NAME)
    return plain[matches[0]] if matches else None
