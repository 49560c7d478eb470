"""How a differencer answered a statement, and how a proposer an action, by the labels of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dspy

from viddiff.core.errors import BackendError
from viddiff.core.notices import WithNotices, with_code
from viddiff.core.types import Answer, Difference, Proposal
from viddiff.eval.viddiffbench.matchers import LexicalMatcher, StatementMatcher, StatementMatches, overlap, words_of
from viddiff.lms import failure_of
from viddiff.optimize.feedback import Feedback, Metric, join_sentences
from viddiff.optimize.viddiff.cue_words import on_stages, word_feedback
from viddiff.optimize.viddiff.cues import CueMeter, CueQuality
from viddiff.programs.answers import as_share
from viddiff.programs.statements import LEFT_OUT
from viddiff.programs.viddiff.repair import NO_STAGE
from viddiff.signatures.clip import Clip

#: Shares of a proposer's score; without a measure of its cues, recall is all of it.
RECALL_WEIGHT, CUES_WEIGHT = 0.7, 0.3
#: A wrong answer given with this confidence or more is too sure.
TOO_SURE = 0.8
#: A frame within this of a key moment shows it.
NEAR_S = 0.25
#: Two proposed statements say nearly the same from this overlap of their words on (Jaccard).
NEARLY_SAME = 0.6
#: Words that say that something differs but not what is seen.
_VAGUE = frozenset({"better", "worse", "good", "bad", "different", "form", "technique", "quality", "style", "overall"})

MEANING: Mapping[Answer, str] = {
    "a": "the statement is more true of video A",
    "b": "the statement is more true of video B",
    "c": "there is no visible difference",
}


def judge_feedback(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
    """How a differencer answered one question.

    The score is the share of the orders asked in which the answer was right; one that failed is not.

    Args:
        gold: an example of ``differencer_examples``.
        pred: the prediction of ``BothOrders``, or of a Differencer.
    """
    label: Answer = gold.answer
    answer, swapped = getattr(pred, "answer", None), getattr(pred, "swapped_answer", None)
    error, swapped_error = getattr(pred, "error", None), getattr(pred, "swapped_error", None)
    orders = [answer] if swapped is None and swapped_error is None else [answer, swapped]
    right = f"The right answer to {gold.statement!r} is {label!r}: {MEANING[label]}."
    if answer is None:
        lines = [f"There was no answer that could be used. {error or ''}", "Answer in the form that is asked for."]
    else:
        confidence = as_share(getattr(pred, "confidence", None))
        lines = [*on_answer(label, answer, confidence), *on_order(answer, swapped, swapped_error)]
    return Feedback(
        score=sum(each == label for each in orders) / len(orders), text=join_sentences(right, *lines, *on_frames(gold))
    )


def on_answer(label: Answer, answer: Answer, confidence: float | None) -> list[str]:
    """What is to be said of an answer to the videos as they are."""
    if answer == label:
        return ["It was answered so."]
    lines = [f"The answer was {answer!r}: {MEANING[answer]}."]
    if answer == "c":
        lines.append("The difference can be seen: compare the same moment in both videos more closely.")
    elif label == "c":
        lines.append("What differs is too little to count, or is not what the statement speaks of.")
    else:
        lines.append("It is the other way round: check which video shows more of exactly what the statement says.")
    if confidence is not None and confidence >= TOO_SURE:
        lines.append(f"A confidence of {confidence:.2f} was too sure.")
    return lines


def on_order(answer: Answer, swapped: Answer | None, swapped_error: str | None) -> list[str]:
    """Feedback on the answer with the videos swapped; ``swapped`` is in terms of the true A and B."""
    if swapped_error is not None:
        return [f"With the videos exchanged there was no answer that could be used. {swapped_error}"]
    if swapped is None or swapped == answer:
        return []
    lines = f"With the videos exchanged the answer, for the same videos, was {swapped!r}:"
    if "c" in (answer, swapped):
        return [f"{lines} the difference was seen in one order only."]
    return [f"{lines} it followed the order in which they were shown, not what is seen in them."]


def on_frames(gold: dspy.Example) -> list[str]:
    """How the frames that were shown relate to the moments where the difference is best seen."""
    lines: list[str] = []
    for clip, name in ((gold.video_a, "frames_wanted_a_s"), (gold.video_b, "frames_wanted_b_s")):
        lines.extend(on_moment(clip, time_s) for time_s in gold.get(name, ()))
    return lines


def on_moment(clip: Clip, time_s: float) -> str:
    """Where a moment, in seconds of the file, is among the frames of a clip."""
    where = f"The moment where it is seen best ({time_s:.2f} s in {clip.label})"
    if not clip.frames:
        return f"{where} could not be seen: no frame was shown."
    times_s = [frame.time_s for frame in clip.frames]
    nearest = min(range(len(times_s)), key=lambda i: abs(times_s[i] - time_s))
    if abs(times_s[nearest] - time_s) <= NEAR_S:
        return f"{where} is frame {nearest + 1} of {len(times_s)}."
    return f"{where} was not among the frames shown ({times_s[0]:.2f} ... {times_s[-1]:.2f} s)."


def propose_feedback(
    gold: dspy.Example, pred: dspy.Prediction, judge: StatementMatcher, cue_quality: CueQuality | None
) -> Feedback:
    """How much of what is labelled for an action a proposer found, and how well its cues tell the stages apart.

    Args:
        gold: an example of ``proposer_examples``.
        pred: a prediction with ``proposal``, see ``students.ask_proposer``.
        judge: maps labelled statements to proposed ones; each proposed one counts once.
        cue_quality: of the proposed stages; None where it cannot be measured.

    Raises:
        BudgetError: the budget is spent. BackendError: a fault that every further call of the judge would meet.
    """
    proposal: Proposal | None = getattr(pred, "proposal", None)
    if proposal is None or not proposal.differences:
        why = getattr(pred, "error", None) or "No difference was proposed that can be asked."
        left_out = proposal.notices if proposal is not None else ()
        return Feedback(score=0.0, text=join_sentences("Nothing could be used.", why, *left_out))
    proposed = proposal.differences[: gold.n_differences]
    matched, notices = match_proposal(judge, gold.action, gold.taxonomy, proposed)
    recall = len(matched) / len(gold.taxonomy)
    differences = join_sentences(
        *on_differences(gold.taxonomy, proposed, matched), *left_out_notices(proposal), *notices
    )
    words = word_feedback(proposal.stages)
    cues = join_sentences(on_cues(cue_quality), *words)
    split = join_sentences(on_cues(cue_quality), *on_stages(proposal), *words)
    score = recall if cue_quality is None else RECALL_WEIGHT * recall + CUES_WEIGHT * cue_quality.score
    links = join_sentences(*with_code(proposal.notices, NO_STAGE)) or "Every difference has its stages."
    parts = {"propose": differences, "split": split, "refine": cues, "link": links}
    return Feedback(score=score, text=join_sentences(differences, split), parts=parts)


def match_proposal(
    judge: StatementMatcher, action: str, taxonomy: Mapping[str, str], proposed: Sequence[Difference]
) -> WithNotices[dict[str, str]]:
    """Labelled key -> proposed key, each proposed one at most once.

    Where an answer of the judge cannot be used, shared words decide: a 0 would blame the proposer.
    """
    statements = {difference.key: difference.statement for difference in proposed}
    notices: tuple[str, ...] = ()
    try:
        judged = judge(action, taxonomy, statements)
    except (dspy.AdapterParseError, dspy.utils.exceptions.LMError) as error:
        fault = failure_of(error)
        if fault is None:
            raise
        if fault.fatal:
            raise BackendError(fault.message) from error
        notices = ("The judge gave no answer; statements were matched by their common words.",)
        judged = LexicalMatcher()(action, taxonomy, statements)
    return WithNotices(unique_matches(judged, taxonomy, statements), notices)


def unique_matches(
    judged: StatementMatches, taxonomy: Mapping[str, str], statements: Mapping[str, str]
) -> dict[str, str]:
    """The first labelled key for each proposed one, in the order of the data; invented keys are dropped."""
    matched: dict[str, str] = {}
    for key in taxonomy:
        other = judged.assigned.get(key)
        if other is not None and other in statements and other not in matched.values():
            matched[key] = other
    return matched


def on_differences(
    taxonomy: Mapping[str, str], proposed: Sequence[Difference], matched: Mapping[str, str]
) -> list[str]:
    """What was found, what was missed, and which proposals were of no use."""
    lines = [f"{len(matched)} of the {len(taxonomy)} differences that experts look for were proposed."]
    missed = [repr(statement) for key, statement in taxonomy.items() if key not in matched]
    if missed:
        lines.append(f"Missed: {', '.join(missed)}.")
    used = [difference for difference in proposed if difference.key in matched.values()]
    lines.extend(
        f"{difference.statement!r} matches none of them{flaw_of(difference, proposed[:number], used)}."
        for number, difference in enumerate(proposed)
        if difference not in used
    )
    return lines


def flaw_of(difference: Difference, before: Sequence[Difference], used: Sequence[Difference]) -> str:
    """What is wrong with a proposal that matched nothing, as the end of a sentence; empty where nothing is seen."""
    words = words_of(difference.statement)
    for other in (*used, *before):
        if overlap(words, words_of(other.statement)) >= NEARLY_SAME:
            return f": it says nearly the same as {other.statement!r}"
    if words & _VAGUE:
        return ": it is vague; say what is seen, of which part of the body and when"
    return ""


def left_out_notices(proposal: Proposal) -> list[str]:
    """The notices of proposed differences that could not be asked (they name a video, are empty, come twice)."""
    return with_code(proposal.notices, LEFT_OUT)


def on_cues(cue_quality: CueQuality | None) -> str:
    """What is to be said of the cues."""
    if cue_quality is None:
        return "How well the cues tell frames of the stages apart was not measured; what follows is of their words."
    lines = (
        f"The cues tell the stages apart with a score of {cue_quality.score:.2f} of 1 on {cue_quality.n_clips} clips."
    )
    if cue_quality.confused is None:
        return lines
    stage, looks = cue_quality.confused
    return join_sentences(
        lines,
        f"Frames of stage {stage!r} look, by the cues, most like stage {looks!r}: "
        "describe for each what a single frame of it shows and the other's frames do not.",
    )


def propose_metric(judge: StatementMatcher, meter: CueMeter | None) -> Metric:
    """``propose_feedback`` with its judge and its measure of cues."""

    def judge_prediction(gold: dspy.Example, pred: dspy.Prediction) -> Feedback:
        proposal: Proposal | None = getattr(pred, "proposal", None)
        cues = meter(gold.action_key, proposal.stages) if meter is not None and proposal is not None else None
        return propose_feedback(gold, pred, judge, cues)

    return judge_prediction
