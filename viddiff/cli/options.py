"""The flags that are settings: one for each field of ``viddiff.core.settings.Settings``, under the same name.

A flag that is not given is None, so that environment, viddiff.toml and defaults decide.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
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
        former: a name that one had before, which help does not show -> its name of today.
    """

    name = "name"

    def __init__(self, shown: Sequence[str], *registries: str, former: Mapping[str, str] | None = None) -> None:
        self.shown, self.registries, self.former = tuple(shown), registries, former or {}

    def names(self) -> tuple[str, ...]:
        """All names, in the order in which they were added."""
        return tuple(name for registry in self.registries for name in pkgutil.resolve_name(registry))

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """The names, for help."""
        return f"[{'|'.join(self.shown)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, or click's message that says which there are."""
        return str(click.Choice(self.names()).convert(self.former.get(value, value), param, ctx))


class PresetName(click.Choice):  # type: ignore[type-arg]  # as above
    """A preset, also by a name that it had before."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name of today."""
        return super().convert("default" if value == "viddiff" else value, param, ctx)


F = TypeVar("F", bound=Callable[..., Any])


class RenamedOption(click.Option):
    """A flag that is also accepted under former names, which neither help nor messages show."""

    def __init__(self, *arguments: Any, former: Sequence[str] = (), **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.former = list(former)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Add all names to the parser of the command line."""
        shown, self.opts = self.opts, [*self.opts, *self.former]
        super().add_to_parser(parser, ctx)
        self.opts = shown


class SettingOption(RenamedOption):
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
    (
        "--text-lm",
        {
            "metavar": "MODEL",
            "help": "Model for steps without images (proposing, planning, matching, advice); default: --lm.",
        },
    ),
    ("--vision-lm", {"metavar": "MODEL", "help": "Model that looks at frames; default: --lm."}),
    ("--judge-lm", {"metavar": "MODEL", "help": "Model that matches statements to labels; default: the text model."}),
    ("--reflection-lm", {"metavar": "MODEL", "help": "Model that writes new instructions; default: the text model."}),
    ("--api-base", {"metavar": "URL", "help": "An OpenAI-compatible server (vLLM, llama.cpp, LM Studio, Ollama)."}),
    ("--adapter", {"type": click.Choice(["chat", "json"]), "help": "Format of requests and answers.  [chat]"}),
    ("--timeout-s", {"type": float, "metavar": "S", "help": "Timeout of a request, in seconds.  [120]"}),
    (
        "--retries",
        {
            "type": int,
            "metavar": "N",
            "help": "How often a request is repeated after a rate limit or a server error.  [3]",
        },
    ),
    (
        "--attempts",
        {
            "type": int,
            "metavar": "N",
            "help": "Maximum number of times a question is asked until the answer can be parsed.  [3]",
        },
    ),
    ("--mlflow", {"metavar": "URL", "help": "MLflow server that gets traces, without images and keys."}),
    (
        "--max-cost",
        {"type": float, "metavar": "USD", "help": "Stop once this many US dollars have been spent (exit code 5)."},
    ),
    ("--max-calls", {"type": int, "metavar": "N", "help": "Stop after this many calls (exit code 5)."}),
    ("--price", {"metavar": "IN,OUT", "help": "Price in US dollars per million tokens, instead of the price list."}),
    (
        "--provider-batch/--no-provider-batch",
        {"default": None, "help": "Use the provider's batch API: half the price, answers hours later.  [off]"},
    ),
    ("--threads", {"type": int, "metavar": "N", "help": "Number of questions in flight at once.  [8]"}),
)

METHOD_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--program",
        {
            "multiple": True,
            "metavar": "FILE",
            "help": "File of compiled programs, at most one for each component; may be repeated.",
        },
    ),
    (
        "--preset",
        {"type": PresetName(["default", "paper"]), "help": "paper: the method exactly as published.  [default]"},
    ),
    (
        "--method",
        {
            "type": NameIn(COMPARISON_METHODS, "viddiff.build:METHODS"),
            "help": "Comparison method; viddiff: the published method (also selected by its own flags, e.g. "
            "--localizer).",
        },
    ),
    (
        "--effort",
        {"type": click.Choice(["low", "medium", "high"]), "help": "How many frames and calls are used.  [medium]"},
    ),
    (
        "--without",
        {
            "multiple": True,
            "type": click.Choice(["finder", "close_frames", "other_order", "second_look", "zoom", "impression"]),
            "help": "Leave out a part of two_looks, to measure what it contributes; may be repeated.",
        },
    ),
    (
        "--proposer",
        {
            "type": click.Choice(["overview", "text", "both"]),
            "help": "What proposes differences for two_looks: an overview of both videos, --text-lm, or both."
            "  [overview]",
        },
    ),
    (
        "--opinion-weights",
        {
            "former": ("--weights",),
            "metavar": "FILE",
            "help": "File of opinion weights for two_looks, written by viddiff compile opinion-weights; default: the "
            "built-in ones.",
        },
    ),
    ("--n-differences", {"type": int, "metavar": "N", "help": "Number of differences to propose.  [10]"}),
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
            "help": "Precision of CLIP; auto: the faster one on this machine, measured once.  [auto]",
        },
    ),
    (
        "--skip-similar/--no-skip-similar",
        {"default": None, "help": "Embed a frame only if it differs enough from the one before.  [off]"},
    ),
    (
        "--frames",
        {
            "type": click.Choice(["span", "paper", "aligned"]),
            "help": "span: evenly spaced over the linked stages (or the clip); paper: 3 frames 0.35 s apart around the "
            "middle; aligned: in B the same moments as in A.  [span]",
        },
    ),
    ("--measurements/--no-measurements", {"default": None, "help": "Show the model the measurements.  [on]"}),
    (
        "--swap/--no-swap",
        {"default": None, "help": "Ask in both orders of the videos; answer only if both agree.  [off]"},
    ),
    (
        "--batch-questions/--no-batch-questions",
        {"default": None, "help": "Judge all statements on the same frames in one call.  [off]"},
    ),
    (
        "--seed",
        {"type": int, "metavar": "N", "help": "Seed of the localizer and the method random, and of data splits.  [0]"},
    ),
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
            "help": "Which person is measured if several are visible.  [active]",
        },
    ),
    (
        "--plans",
        {
            "metavar": "grammar|model|FILE",
            "help": "Source of the measurement plans: the statement grammar, the text model, or a file of viddiff plan."
            "  [grammar]",
        },
    ),
    ("--pose-fps", {"type": float, "metavar": "FPS", "help": "Maximum frames per second for pose estimation.  [15]"}),
)

VIDEO_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--fps", {"type": float, "metavar": "FPS", "help": "Frames sampled per second.  [4]"}),
    ("--start-a", {"type": float, "metavar": "S", "help": "Start of the part of A to compare, in seconds."}),
    ("--stop-a", {"type": float, "metavar": "S", "help": "End of the part of A to compare, in seconds."}),
    ("--start-b", {"type": float, "metavar": "S", "help": "Start of the part of B to compare, in seconds."}),
    ("--stop-b", {"type": float, "metavar": "S", "help": "End of the part of B to compare, in seconds."}),
    (
        "--max-side",
        {
            "type": int,
            "metavar": "PX",
            "help": "Long side of the frames that models see and pages show, in pixels.  [512]",
        },
    ),
    ("--folder-fps", {"type": float, "metavar": "FPS", "help": "Frame rate of a folder of images."}),
    ("--decoder", {"type": click.Choice(["pyav", "decord"]), "help": "Video decoder.  [pyav]"}),
    ("--max-video-mb", {"type": float, "metavar": "MB", "help": "Maximum size of a video file, in MB.  [4096]"}),
    ("--max-video-s", {"type": float, "metavar": "S", "help": "Maximum length of a video, in seconds.  [3600]"}),
    ("--max-video-pixels", {"type": int, "metavar": "N", "help": "Maximum number of pixels in a frame.  [35389440]"}),
    (
        "--max-sampled-frames",
        {"type": int, "metavar": "N", "help": "Maximum number of frames sampled from a video.  [5000]"},
    ),
    ("--cache/--no-cache", {"default": None, "help": "Keep frames, embeddings and answers on disk.  [on]"}),
    ("--cache-max-gb", {"type": float, "metavar": "GB", "help": "Maximum size of the cache, in GB.  [20]"}),
    ("--cache-dir", {"metavar": "DIR", "help": "Cache folder of frames, embeddings and answers."}),
    (
        "--store",
        {"metavar": "URL", "help": "Folder or s3://bucket/folder through which several machines share their caches."},
    ),
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
OF_TWO_LOOKS = ("--method", "--effort", "--without", "--proposer", "--opinion-weights")
#: Flags of two given videos; a data set says such things itself.
OF_ONE_PAIR = ("--start-a", "--stop-a", "--start-b", "--stop-b", "--n-differences", "--folder-fps")


def settings_options(function: F) -> F:
    """All flags that are settings."""
    return settings_options_without()(function)


def settings_options_without(*left_out: str, hidden: Sequence[str] = ()) -> Callable[[F], F]:
    """All flags that are settings but some, for commands where those make no sense.

    Args:
        left_out: flags that the command does not have.
        hidden: flags that have no effect; they are accepted, because they once were, and not shown.
    """

    def decorate(function: F) -> F:
        for section, options in reversed(SECTIONS.items()):
            for name, keywords in reversed(options):
                if name not in left_out:
                    shown = {**keywords, "hidden": name in hidden}
                    function = click.option(name, cls=SettingOption, section=section, **shown)(function)
        return function

    return decorate
