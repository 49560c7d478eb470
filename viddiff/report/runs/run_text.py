"""The words of a run's page: what was run, what came of it in plain language, and what a reader has to know."""

from __future__ import annotations

from viddiff.core.formatting import FIXED_PERCENT, NO_VALUE, percent_interval
from viddiff.eval.session import RunUsage
from viddiff.eval.statistics import Interval
from viddiff.eval.viddiffbench.manifest import Control, Manifest
from viddiff.eval.viddiffbench.methods import METHODS
from viddiff.eval.viddiffbench.metrics import Average, Score
from viddiff.eval.viddiffbench.official import Official
from viddiff.eval.viddiffbench.results import RunResult, effort_of
from viddiff.report.formatting import exact_percent
from viddiff.report.runs.charts import comparable

CHANCE = 0.5
_RELEASES = {"549": " (release of 549 pairs)", "557": " (release of 557 pairs)", "synthetic": " (rendered)"}
_CONTROLS: dict[Control, str] = {
    "none": "",
    "swap-videos": "The videos are swapped: video A is what the data call B, and the labels are swapped with them.",
    "same-video": "Video A is shown twice, so that every difference that is seen is a false alarm.",
    "first-frame": "Only the first frame of each video is shown: what is right is not seen in movement.",
}


def interval_text(interval: Interval | None) -> str:
    """An interval as ``55.1 to 67.0 %``, "–" where there is none."""
    return percent_interval(interval, sign=FIXED_PERCENT)


def p_value(value: float | None) -> str:
    """A p-value to three decimals, "< 0.001" below, "–" where there is none."""
    if value is None:
        return NO_VALUE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def count(n: int, singular: str, plural: str = "") -> str:
    """A number with its noun, ``1 row``, ``1,204 rows``."""
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def method(manifest: Manifest) -> str:
    """The method as a heading calls it."""
    return METHODS[manifest.method].title if manifest.method in METHODS else manifest.method


def metric(manifest: Manifest) -> str:
    """The name of the score."""
    return "closed accuracy" if manifest.mode == "closed" else "open recall@N_diff"


def facts(result: RunResult) -> list[tuple[str, str]]:
    """What was run on what: (name, value)."""
    manifest = result.manifest
    models = [f"{model} ({role})" for role, model in manifest.models.items()]
    one_model = len(set(manifest.models.values())) == 1
    rows = [
        ("localizer", manifest.localizer or ""),
        ("model", next(iter(manifest.models.values())) if one_model else ", ".join(models) or "none"),
        ("mode", "closed: differences given" if manifest.mode == "closed" else "open: differences found by the method"),
        ("judge", manifest.judge or ""),
        ("data", f"{manifest.data}{_RELEASES.get(manifest.release, '')}"),
        ("pairs", f"{count(result.n_samples, 'pair')} {_part(manifest)}".strip()),
        ("control", "" if manifest.control == "none" else manifest.control),
    ]
    return [(name, value) for name, value in rows if value]


def _part(manifest: Manifest) -> str:
    parts = [
        f"split {manifest.split}" if manifest.split else "",
        f"the first {manifest.limit}" if manifest.limit else "",
        f"the first {manifest.per_action} of each action" if manifest.per_action else "",
        f"shard {manifest.shard[0]} of {manifest.shard[1]}" if manifest.shard else "",
    ]
    text = ", ".join(part for part in parts if part)
    return f"({text})" if text else ""


def summary_text(result: RunResult) -> str:
    """What came of the run, in two or three sentences."""
    scores, alarms = result.scores, result.false_alarms
    if alarms is not None:
        if alarms.share is None:
            return "Both videos are the same, and no question has an answer, so false alarms cannot be counted."
        return (
            f"Between a video and itself a difference was seen in {exact_percent(alarms.share)} of "
            f"{count(alarms.n, 'answer')}. Every one is a false alarm."
        )
    if not scores.micro.n:
        return "No labelled difference counts here (none has label a or b), so there is no score."
    several = len(scores.splits) > 1
    score: Score | Average = scores.macro if several else scores.micro
    text = "It is right on" if scores.mode == "closed" else "It finds, with the right video,"
    over = f" in the mean of {len(scores.splits)} splits" if several else ""
    rows = f"{scores.micro.n_correct:,} of {scores.micro.n:,} in all"
    share = f"{exact_percent(score.score)} of the labelled differences"
    return f"{text} {share}{over} ({rows}). {_certainty(score, scores.mode)}"


def _certainty(score: Score | Average, mode: str) -> str:
    interval = score.interval
    if interval is None:
        return "There is no interval: a split has a single pair."
    text = f"The 95\N{NO-BREAK SPACE}% interval is {interval_text(interval)}"
    if mode == "open":
        return f"{text}."
    if interval.low > CHANCE:
        return f"{text}, above the 50\N{NO-BREAK SPACE}% that guessing gives."
    if interval.high < CHANCE:
        return f"{text}, below the 50\N{NO-BREAK SPACE}% that guessing gives."
    return f"{text}: it holds the 50\N{NO-BREAK SPACE}% that guessing gives, so it is not shown to beat guessing."


def notices(result: RunResult) -> list[str]:
    """What a reader has to know to take the numbers for what they are."""
    manifest, scores, n_open = result.manifest, result.scores, len(result.scores.failures)
    texts = [_CONTROLS[manifest.control]]
    if n_open:
        texts.append(
            f"{count(n_open, 'row')} of {scores.micro.n:,} {'has' if n_open == 1 else 'have'} no answer, or an unsure "
            "one, and count as not right. Had all been right, the score over all rows would be "
            f"{exact_percent(scores.micro.best_case)}."
        )
    if result.missing:
        texts.append(f"The videos of {count(len(result.missing), 'pair')} could not be read; their rows are missing.")
    if scores.mode == "open":
        texts.append(f"{count(scores.n_cut, 'statement')} beyond N_diff did not count." if scores.n_cut else "")
        texts.append(
            f"{count(scores.n_unanswered, 'statement')} of {scores.n_predictions:,} could not be used; each could "
            "have found one more difference."
            if scores.n_unanswered
            else ""
        )
        texts += [f"The judge failed on pair {pair}: {error}" for pair, error in scores.errors.items()]
    texts.append(_published_text(result))
    return [notice for notice in texts if notice]


def _published_text(result: RunResult) -> str:
    manifest = result.manifest
    if manifest.release not in ("549", "557"):
        return "The published figures are of VidDiffBench; this is other data, so they do not stand beside it."
    if not comparable(manifest, result.scores):
        return ""
    parts = []
    if manifest.release == "557":
        parts.append("The published figures are of the 549-pair release; this is the 557-pair one.")
    if manifest.limit or manifest.per_action or manifest.shard:
        parts.append("This run covers a part of each split; the published figures cover all of it.")
    return " ".join(parts)


def official_text(official: Official, micro: Score) -> str:
    """How the score changes when it is counted as the official evaluator counts."""
    if official.micro is None:
        return ""
    if not official.differs:
        return f"The official evaluator would count the same: {exact_percent(official.micro)} over all rows."
    n = sum(official.differs.values())
    return (
        f"The official evaluator would count {exact_percent(official.micro)} over all rows, instead of "
        f"{exact_percent(micro.score)}: it counts {count(n, 'row')} differently."
    )


def effort_per_pair(usage: RunUsage, n_pairs: int) -> str:
    """What a pair asked on average."""
    return f"On average a pair took {effort_of(usage, n_pairs)}."
