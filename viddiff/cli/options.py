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
COMPARISON_METHODS = ("two_looks", "viddiff", "measured")
METHODS = ("two_looks", "viddiff", "baseline", "measured", *STEP_METHODS)
COMPONENTS = (
    *("captioner", "verifier", "ranker", "comparer"),
    *("differencer", "proposer", "planner", "finder", "judge"),
)
OPTIMIZERS = ("gepa", "mipro", "bootstrap", "bootstrap-random", "simba", "copro", "labeled", "knn")
#: Who judges what is compared with labels by its meaning.
JUDGES = ("lm", "lexical", "none")
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


class PresetName(click.Choice):  # type: ignore[type-arg]  # as above
    """A preset, also by a name that it had before."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name of today."""
        return super().convert("default" if value == "viddiff" else value, param, ctx)


F = TypeVar("F", bound=Callable[..., Any])


class SettingOption(click.Option):
    """A flag that is a setting, under a heading of its group in ``--help``."""

    def __init__(self, *arguments: Any, section: str, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.section = section


class Command(click.Command):
    """A command whose ``--help`` has its own flags first, and then those that are settings by group."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and not isinstance(param, click.Argument):
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records)


MODEL_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--lm", {"metavar": "MODEL", "help": "Model for every role, e.g. openai/gpt-4o, ollama_chat/qwen2.5vl."}),
    ("--text-lm", {"metavar": "MODEL", "help": "Model that proposes differences and stages."}),
    ("--vision-lm", {"metavar": "MODEL", "help": "Model that looks at frames."}),
    ("--judge-lm", {"metavar": "MODEL", "help": "Model that matches statements to labels; default: the text model."}),
    ("--reflection-lm", {"metavar": "MODEL", "help": "Model that writes new instructions; default: the text model."}),
    ("--api-base", {"metavar": "URL", "help": "An OpenAI-compatible server (vLLM, llama.cpp, LM Studio, Ollama)."}),
    ("--adapter", {"type": click.Choice(["chat", "json"]), "help": "How requests are written and answers read."}),
    ("--timeout-s", {"type": float, "metavar": "S", "help": "Longest wait for one answer, in seconds.  [120]"}),
    ("--retries", {"type": int, "metavar": "N", "help": "Repeats after a rate limit or a server fault.  [3]"}),
    ("--attempts", {"type": int, "metavar": "N", "help": "Asks for one answer until it can be parsed.  [3]"}),
    ("--mlflow", {"metavar": "URL", "help": "MLflow server that gets traces, without images and keys."}),
    (
        "--max-cost",
        {"type": float, "metavar": "USD", "help": "Stop asking when so many US dollars are spent (exit code 5)."},
    ),
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
    (
        "--preset",
        {"type": PresetName(["default", "paper"]), "help": "paper: the method exactly as published.  [default]"},
    ),
    (
        "--method",
        {
            "type": NameIn(COMPARISON_METHODS, "viddiff.build:METHODS"),
            "help": "Comparison method; viddiff: the published one, which its own flags choose, too.",
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
    (
        "--weights",
        {
            "metavar": "FILE",
            "help": "Weights of two_looks from viddiff compile weights; default: those of the package.",
        },
    ),
    ("--n-differences", {"type": int, "metavar": "N", "help": "How many differences are proposed.  [10]"}),
    (
        "--localizer",
        {
            "metavar": "NAME",
            "help": f"{LOCALIZER_HELP}.  [viterbi; motion where CLIP's weights are not available]",
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
    ("--seed", {"type": int, "metavar": "N", "help": "Random seed of the localizer random.  [0]"}),
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
    (
        "--pose-model",
        {"metavar": "FILE", "help": "Weights of the pose estimator; default: those of viddiff weights get."},
    ),
    (
        "--person",
        {
            "type": click.Choice(["active", "largest", "moving", "centre"]),
            "help": "Which person is measured where several are seen.  [active]",
        },
    ),
    (
        "--plans",
        {"metavar": "WHO", "help": "Who says what is measured: grammar, model (--text-lm), FILE.  [grammar]"},
    ),
    ("--pose-fps", {"type": float, "metavar": "FPS", "help": "Most frames per second whose pose is estimated.  [15]"}),
)

VIDEO_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--fps", {"type": float, "metavar": "FPS", "help": "Frames sampled per second.  [4]"}),
    ("--start-a", {"type": float, "metavar": "S", "help": "Start of the part of A to compare, in seconds."}),
    ("--stop-a", {"type": float, "metavar": "S", "help": "End of the part of A to compare, in seconds."}),
    ("--start-b", {"type": float, "metavar": "S", "help": "Start of the part of B to compare, in seconds."}),
    ("--stop-b", {"type": float, "metavar": "S", "help": "End of the part of B to compare, in seconds."}),
    ("--max-side", {"type": int, "metavar": "PX", "help": "Long side of the frames that are shown, in pixels.  [512]"}),
    ("--folder-fps", {"type": float, "metavar": "FPS", "help": "Frame rate of a folder of images."}),
    ("--decoder", {"type": click.Choice(["pyav", "decord"]), "help": "Video decoder.  [pyav]"}),
    ("--max-video-mb", {"type": float, "metavar": "MB", "help": "Largest video file, in MB.  [4096]"}),
    ("--max-video-s", {"type": float, "metavar": "S", "help": "Longest video, in seconds.  [3600]"}),
    ("--max-video-pixels", {"type": int, "metavar": "N", "help": "Most pixels in a frame.  [35389440]"}),
    ("--max-sampled-frames", {"type": int, "metavar": "N", "help": "Most frames sampled from a video.  [5000]"}),
    ("--cache/--no-cache", {"default": None, "help": "Keep frames, embeddings and answers on disk.  [on]"}),
    ("--cache-max-gb", {"type": float, "metavar": "GB", "help": "Largest cache on disk, in GB.  [20]"}),
    ("--cache-dir", {"metavar": "DIR", "help": "Cache folder of frames, embeddings and answers."}),
    ("--store", {"metavar": "URL", "help": "Folder or s3://bucket/folder where several machines share their caches."}),
)


#: The flags that are settings, by heading in ``--help``.
SECTIONS = {
    "Models": MODEL_OPTIONS,
    "Method": METHOD_OPTIONS,
    "Pose": POSE_OPTIONS,
    "Videos and cache": VIDEO_OPTIONS,
}
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
        for section, options in reversed(SECTIONS.items()):
            for name, keywords in reversed(options):
                if name not in left_out:
                    function = click.option(name, cls=SettingOption, section=section, **keywords)(function)
        return function

    return decorate
