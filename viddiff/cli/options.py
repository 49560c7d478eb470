"""The flags that are settings: one for each field of ``viddiff.core.settings.Settings``, under the same name.

A flag that is not given is None, so that environment, viddiff.toml and defaults decide.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

#: Names for ``--help``: importing their registries takes up to a second. Held to the registries by a test.
LOCALIZERS = ("viterbi", "argmax", "uniform", "random", "motion", "alignment", "pose", "finder", "agreement")
STEP_METHODS = (
    *("contrast", "direct", "interleaved", "vclm", "socratic", "vlembed", "vlembed-reference"),
    *("vlembed-candidate", "vlembed-difference", "projector", "text-only", "random"),
)
METHODS = ("two_looks", "viddiff", "baseline", "measured", *STEP_METHODS)
OPTIMIZERS = ("gepa", "mipro", "bootstrap", "bootstrap-random", "simba", "copro", "labeled", "knn")
POSE_ESTIMATORS = ("blazepose", "rtmpose", "none")
#: What ``--localizer`` says everywhere.
LOCALIZER_HELP = f"How stages are found: {', '.join(LOCALIZERS)}"


class NameIn(click.ParamType):  # type: ignore[type-arg]  # older versions of click have no argument to give
    """A name of one of some registries, which are imported when a command needs it; ``--help`` does not.

    Args:
        shown: the names for help.
        registries: module and attribute of each, e.g. "viddiff.localizer.strategies:STRATEGIES".
    """

    name = "name"

    def __init__(self, shown: Sequence[str], *registries: str) -> None:
        self.shown, self.registries = tuple(shown), registries

    def names(self) -> tuple[str, ...]:
        """All names, in the order in which they were added."""
        return tuple(name for registry in self.registries for name in pkgutil.resolve_name(registry))

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The names, for help."""
        return f"[{'|'.join(self.shown)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, or click's message that says which there are."""
        return str(click.Choice(self.names()).convert(value, param, ctx))


F = TypeVar("F", bound=Callable[..., Any])

MODEL_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--lm", {"metavar": "MODEL", "help": "Model for every role, e.g. openai/gpt-4o, ollama_chat/qwen2.5vl."}),
    ("--text-lm", {"metavar": "MODEL", "help": "Model that proposes differences and stages."}),
    ("--vision-lm", {"metavar": "MODEL", "help": "Model that looks at frames."}),
    ("--judge-lm", {"metavar": "MODEL", "help": "Model that matches statements to labels; default: the text model."}),
    ("--reflection-lm", {"metavar": "MODEL", "help": "Model that writes new instructions; default: the text model."}),
    ("--api-base", {"metavar": "URL", "help": "An OpenAI-compatible server (vLLM, llama.cpp, LM Studio, Ollama)."}),
    ("--adapter", {"type": click.Choice(["chat", "json"]), "help": "How requests are written and answers read."}),
    ("--timeout-s", {"type": float, "metavar": "S", "help": "Longest wait for one answer.  [120]"}),
    ("--retries", {"type": int, "metavar": "N", "help": "Repeats after a rate limit or a server fault.  [3]"}),
    ("--attempts", {"type": int, "metavar": "N", "help": "Asks for one answer until it can be parsed.  [3]"}),
    ("--mlflow", {"metavar": "URL", "help": "MLflow server that gets traces, without images and keys."}),
    ("--max-cost", {"type": float, "metavar": "USD", "help": "Stop asking when this much is spent (exit code 5)."}),
    ("--max-calls", {"type": int, "metavar": "N", "help": "Stop asking after so many calls (exit code 5)."}),
    ("--price", {"metavar": "IN,OUT", "help": "US dollars per million tokens, instead of the list of prices."}),
    (
        "--provider-batch/--no-provider-batch",
        {"default": None, "help": "Ask through the provider's batches: half the price, answers hours later.  [off]"},
    ),
    ("--threads", {"type": int, "metavar": "N", "help": "Questions in flight at once.  [8]"}),
)

METHOD_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--program", {"multiple": True, "metavar": "FILE", "help": "A compiled program; one for each component at most."}),
    ("--preset", {"type": click.Choice(["viddiff", "paper"]), "help": "paper: the method exactly as published."}),
    (
        "--method",
        {
            "type": click.Choice(["two_looks", "viddiff", "measured"]),
            "help": "Program that asks the models; viddiff: the published one, which its own flags choose, too.",
        },
    ),
    (
        "--effort",
        {"type": click.Choice(["low", "medium", "high"]), "help": "How many frames and calls are spent.  [medium]"},
    ),
    (
        "--without",
        {
            "multiple": True,
            "type": click.Choice(["finder", "close_frames", "other_order", "second_look", "zoom", "impression"]),
            "help": "Leave out a part of two_looks, to see what it is worth.",
        },
    ),
    (
        "--proposer",
        {
            "type": click.Choice(["overview", "text", "both"]),
            "help": "Who names differences for two_looks: a look at both videos, --text-lm, both.  [overview]",
        },
    ),
    ("--weights", {"metavar": "FILE", "help": "Weights of two_looks, see viddiff compile weights; default: its own."}),
    ("--n-differences", {"type": int, "metavar": "N", "help": "How many differences are proposed.  [10]"}),
    (
        "--localizer",
        {
            "metavar": "NAME",
            "help": f"{LOCALIZER_HELP}.  [viterbi; motion where CLIP's weights cannot be had]",
        },
    ),
    ("--clip", {"metavar": "MODEL[/PRETRAINED]", "help": "CLIP model: a hub tag or a checkpoint file."}),
    (
        "--clip-dtype",
        {
            "type": click.Choice(["auto", "float32", "bfloat16"]),
            "help": "Precision of CLIP; auto: what is faster here, by a short measurement that is kept.  [auto]",
        },
    ),
    (
        "--skip-similar/--no-skip-similar",
        {"default": None, "help": "Embed frames that hardly differ only once.  [off]"},
    ),
    (
        "--frames",
        {
            "type": click.Choice(["span", "paper", "aligned"]),
            "help": "Which frames are looked at; span, paper: of a stage or a whole clip; aligned: in B, or the "
            "candidate, the same moments as in A.  [span]",
        },
    ),
    ("--measurements/--no-measurements", {"default": None, "help": "Give the model what was measured.  [on]"}),
    ("--swap/--no-swap", {"default": None, "help": "Ask in both orders; answer where they agree.  [off]"}),
    (
        "--batch-questions/--no-batch-questions",
        {"default": None, "help": "Judge all statements on the same frames in one call.  [off]"},
    ),
    ("--seed", {"type": int, "metavar": "N", "help": "Of the random localizer.  [0]"}),
)

POSE_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--pose",
        {
            "type": NameIn(
                POSE_ESTIMATORS, "viddiff.motion.pose.kinds:KINDS", "viddiff.motion.pose.kinds:NO_ESTIMATOR"
            ),
            "help": "Pose estimator; none: pose is not estimated.  [blazepose]",
        },
    ),
    ("--pose-model", {"metavar": "FILE", "help": "Its weights; default: those of viddiff weights get."}),
    (
        "--person",
        {
            "type": click.Choice(["active", "largest", "moving", "centre"]),
            "help": "Who is measured, of several.  [active]",
        },
    ),
    (
        "--plans",
        {"metavar": "WHO", "help": "Who says what is measured: grammar, model (--text-lm), FILE.  [grammar]"},
    ),
    ("--pose-fps", {"type": float, "metavar": "FPS", "help": "Most frames a second whose pose is estimated.  [15]"}),
)

VIDEO_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--fps", {"type": float, "metavar": "FPS", "help": "Frames sampled in a second.  [4]"}),
    ("--start-a", {"type": float, "metavar": "S", "help": "Where the part of A to compare starts."}),
    ("--stop-a", {"type": float, "metavar": "S", "help": "Where it stops."}),
    ("--start-b", {"type": float, "metavar": "S", "help": "Where the part of B to compare starts."}),
    ("--stop-b", {"type": float, "metavar": "S", "help": "Where it stops."}),
    ("--max-side", {"type": int, "metavar": "PX", "help": "Long side of the frames that are shown.  [512]"}),
    ("--folder-fps", {"type": float, "metavar": "FPS", "help": "Frame rate of a folder of images."}),
    ("--decoder", {"type": click.Choice(["pyav", "decord"]), "help": "What decodes videos.  [pyav]"}),
    ("--max-video-mb", {"type": float, "metavar": "MB", "help": "Largest video file.  [4096]"}),
    ("--max-video-s", {"type": float, "metavar": "S", "help": "Longest video.  [3600]"}),
    ("--max-video-pixels", {"type": int, "metavar": "N", "help": "Most pixels in a frame.  [35389440]"}),
    ("--max-sampled-frames", {"type": int, "metavar": "N", "help": "Most frames sampled from a video.  [5000]"}),
    ("--cache/--no-cache", {"default": None, "help": "Keep frames, embeddings and answers on disk.  [on]"}),
    ("--cache-max-gb", {"type": float, "metavar": "GB", "help": "Largest cache on disk.  [20]"}),
    ("--cache-dir", {"metavar": "DIR", "help": "Where they are kept."}),
    ("--store", {"metavar": "URL", "help": "Folder or s3://bucket/folder where several machines share them."}),
)


#: Flags of work that goes over labelled pairs; comparing two videos has no use for them.
OF_LABELLED_PAIRS = ("--judge-lm", "--reflection-lm")
#: Flags that choose the method and belong to one of them.
OF_TWO_LOOKS = ("--method", "--effort", "--without", "--proposer", "--weights")
#: Flags of two given videos; a data set says such things itself.
OF_ONE_PAIR = ("--start-a", "--stop-a", "--start-b", "--stop-b", "--n-differences", "--folder-fps")


def settings_options(function: F) -> F:
    """All flags that are settings."""
    return settings_options_without()(function)


def settings_options_without(*left_out: str) -> Callable[[F], F]:
    """All flags that are settings but some, for commands where those make no sense."""

    def decorate(function: F) -> F:
        for name, keywords in reversed((*MODEL_OPTIONS, *METHOD_OPTIONS, *POSE_OPTIONS, *VIDEO_OPTIONS)):
            if name not in left_out:
                function = click.option(name, **keywords)(function)
        return function

    return decorate
