"""One settings model: flag > environment (``VIDDIFF_*``) > ``viddiff.toml`` > default.

Keys of model providers are no settings: they stay in the environment variables that the providers name, and are never
read into an object that could be written down.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from viddiff.core.errors import BackendError, UsageError
from viddiff.core.files import open_regular
from viddiff.core.record import Record, first_invalid_field

CONFIG_FILE = "viddiff.toml"
#: Settings that had another name before -> the name of today. The former one is still accepted.
FORMER_NAMES = {"weights": "opinion_weights"}
_MAX_CONFIG_BYTES = 2**20

EffortName = Literal["low", "medium", "high"]
#: What can be left out of the method two_looks: the finder (clips are then shown evenly), frames at the videos' own
#: rate, the other order of the first look, the second look, its frames of the person alone, the opinion that the
#: overview gives.
Ablation = Literal["finder", "close_frames", "other_order", "second_look", "zoom", "impression"]
#: Who names the differences that two_looks judges in open mode: an overview of both videos; a text model, which sees
#: nothing and knows what may differ; both: an overview that is told what the text model named.
ProposerName = Literal["overview", "text", "both"]
#: The comparison method where nothing chooses one, and the one that runs where no model looks at frames.
DEFAULT_METHOD, MODEL_FREE_METHOD = "two_looks", "measured"
#: Settings of the published method alone; one that is set chooses it.
OF_VIDDIFF = frozenset({"localizer", "clip", "clip_dtype", "skip_similar", "frames", "swap", "batch_questions"})

#: What ``--preset paper`` sets where the user set nothing: the paper, section 4, and its published code.
PAPER_PRESET: dict[str, Any] = {
    "method": "viddiff",
    "localizer": "viterbi",
    "clip": "ViT-bigG-14/laion2b_s39b_b160k",
    "fps": 8.0,  # the paper's rate for fitness; give --fps 5 (ballsports), 6 (diving) or 1 (music, surgery)
    "frames": "paper",
    "measurements": False,
    "swap": False,
}


#: Questions in flight where they travel in batches: what waits costs nothing, and a batch should be large.
BATCH_THREADS = 256


class ModelLimits(Record):
    """What a model takes in one request; None: not known, or no limit. See ``viddiff.lms.limits``."""

    max_images: int | None = Field(None, ge=1)
    """Images in a request."""
    max_side: int | None = Field(None, ge=32)
    """Long side of an image in pixels."""
    max_side_over_20: int | None = Field(None, ge=32)
    """The same where a request holds more than 20 images."""
    vision: bool | None = None
    """Whether it sees images."""
    structured: bool | None = None
    """Whether it takes a response schema, which the JSON adapter then sends."""
    temperature: bool | None = None
    """Whether a temperature may be set."""
    logprobs: bool | None = None
    """Whether it tells log-probabilities of its words."""


def as_tuple(value: Any) -> Any:
    """One value or several as several; an environment variable holds one, or a JSON list."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        return json.loads(value)
    return (value,) if isinstance(value, (str, os.PathLike)) else value


def current_preset(name: Any) -> Any:
    """The name of a preset; the first was called "viddiff", like a method, and is found so in older files."""
    return "default" if name == "viddiff" else name


def current_settings(recorded: dict[str, Any]) -> dict[str, Any]:
    """Recorded settings with the names that they have now."""
    return {name: current_preset(value) if name == "preset" else value for name, value in recorded.items()}


#: The settings that a manifest records, to be compared with those of today.
RecordedSettings = Annotated[dict[str, Any], AfterValidator(current_settings)]


class Price(Record):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    """For a million tokens of input."""
    output: float = Field(ge=0)
    """For a million tokens of output."""

    @model_validator(mode="before")
    @classmethod
    def _parse_text(cls, value: Any) -> Any:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)):
            return value
        if len(parts) != 2:
            raise ValueError("write two numbers, IN,OUT, e.g. 2.5,10")
        return {"input": parts[0], "output": parts[1]}


def default_cache_dir() -> Path:
    """The cache folder where no file and no flag says another: ``$VIDDIFF_CACHE_DIR``, or that of the user."""
    return Path(os.environ.get("VIDDIFF_CACHE_DIR") or platformdirs.user_cache_dir("viddiff"))


def with_current_names(values: dict[str, Any]) -> dict[str, Any]:
    """Settings with the names of today, of which some may have former ones."""
    return {FORMER_NAMES.get(name, name): value for name, value in values.items()}


class TomlSource(TomlConfigSettingsSource):
    """``viddiff.toml``, which may hold former names."""

    def __call__(self) -> dict[str, Any]:
        """The settings in the file."""
        return with_current_names(super().__call__())


class Settings(BaseSettings):
    """Everything a user can choose; a field is a flag, an environment variable and a line of ``viddiff.toml``.

    >>> settings = Settings(lm="openai/gpt-4o", fps=8)
    >>> settings.chosen_method, settings.model_names
    ('two_looks', ('openai/gpt-4o', 'openai/gpt-4o'))
    """

    model_config = SettingsConfigDict(env_prefix="VIDDIFF_", toml_file=CONFIG_FILE, extra="forbid", frozen=True)

    # Models
    lm: str | None = Field(None, description="Model for every role, e.g. openai/gpt-4o.")
    text_lm: str | None = Field(
        None, description="Model for steps without images (proposing, planning, matching, advice); default: --lm."
    )
    vision_lm: str | None = Field(None, description="Model that looks at frames; default: --lm.")
    judge_lm: str | None = Field(None, description="Model that matches statements; default: the text model.")
    reflection_lm: str | None = Field(None, description="Model that writes instructions; default: the text model.")
    api_base: str | None = Field(None, description="URL of an OpenAI-compatible server.")
    adapter: Literal["chat", "json"] = Field("chat", description="Format of requests and answers.")
    timeout_s: float = Field(120.0, gt=0, description="Timeout of a request, in seconds.")
    retries: int = Field(
        3, ge=0, le=20, description="How often a request is repeated after a rate limit, a 5xx or a broken connection."
    )
    attempts: int = Field(
        3, ge=1, le=10, description="Maximum number of times a question is asked until the answer can be parsed."
    )
    max_cost: float | None = Field(None, gt=0, description="Stop once this many US dollars have been spent.")
    max_calls: int | None = Field(None, ge=1, description="Stop after this many calls that no cache answers.")
    price: Annotated[Price | None, NoDecode] = Field(None, description="US dollars per million tokens: IN,OUT.")
    provider_batch: bool = Field(False, description="Use the provider's batch API: half the price, hours later.")
    models: dict[str, ModelLimits] = Field({}, description="Limits of models, by pattern of their strings.")
    mlflow: str | None = Field(None, description="URL of an MLflow server that gets traces.")

    # Method
    preset: Annotated[Literal["default", "paper"], BeforeValidator(current_preset)] = Field(
        "default", description="Which defaults hold; paper: those of the published method."
    )
    method: str | None = Field(None, description="Comparison method; default: two_looks, or viddiff by its own flags.")
    effort: EffortName = Field("medium", description="How many frames and calls two_looks uses.")
    without: Annotated[tuple[Ablation, ...], NoDecode, BeforeValidator(as_tuple)] = Field(
        (), description="Parts that two_looks leaves out, to measure what each contributes."
    )
    proposer: ProposerName = Field("overview", description="What proposes differences for two_looks if none are given.")
    opinion_weights: Path | None = Field(
        None,
        description="File of opinion weights for two_looks, written by viddiff compile opinion-weights; default: the "
        "built-in ones.",
    )
    program: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(as_tuple)] = Field(
        (), description="Compiled programs (viddiff compile), one for each component at most."
    )
    n_differences: int = Field(10, ge=1, le=100, description="Number of differences to propose.")
    localizer: str | None = Field(None, description="How stages are found; default: viterbi, or motion.")
    clip: str | None = Field(None, description="CLIP model: MODEL[/PRETRAINED], a hub tag or a checkpoint file.")
    clip_dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Precision of CLIP; auto: the faster one on this machine, measured once."
    )
    skip_similar: bool = Field(False, description="Embed a frame only if it differs enough from the one before.")
    frames: Literal["span", "paper", "aligned"] = Field(
        "span",
        description="span: evenly spaced over the linked stages (or the clip); paper: 3 frames 0.35 s apart around the "
        "middle; aligned: in B the same moments as in A.",
    )
    measurements: bool = Field(True, description="Show the model the measurements.")
    swap: bool = Field(False, description="Ask in both orders of the videos; answer only if both agree.")
    batch_questions: bool = Field(False, description="Judge all statements on the same frames in one call.")
    seed: int = Field(0, ge=0, description="Seed of the localizer and the method random, and of data splits.")

    # Pose
    pose: str = Field("blazepose", description="Name of the pose estimator; none: pose is not estimated.")
    pose_model: Path | None = Field(
        None, description="Weights of the pose estimator; default: those of `viddiff weights get`."
    )
    person: Literal["active", "largest", "moving", "centre"] = Field(
        "active", description="Which person is measured if several are visible: see `viddiff.motion.pose.choice`."
    )
    pose_fps: float = Field(15.0, gt=0, le=240, description="Maximum frames per second for pose estimation.")

    plans: Path | Literal["grammar", "model"] = Field(
        "grammar",
        description="Source of the measurement plans: the statement grammar, the text model, or a file of viddiff "
        "plan.",
    )

    # Videos
    fps: float = Field(4.0, gt=0, le=240, description="Frames sampled per second.")
    start_a: float | None = Field(None, ge=0, description="Start of the part of video A to compare, in seconds.")
    stop_a: float | None = Field(None, gt=0, description="End of the part of video A to compare, in seconds.")
    start_b: float | None = Field(None, ge=0, description="Start of the part of video B to compare, in seconds.")
    stop_b: float | None = Field(None, gt=0, description="End of the part of video B to compare, in seconds.")
    max_side: int = Field(512, ge=32, le=8192, description="Long side of a frame, in pixels.")
    folder_fps: float | None = Field(None, gt=0, description="Frame rate of a folder of images.")
    decoder: Literal["pyav", "decord"] = Field("pyav", description="Video decoder.")
    max_video_mb: float = Field(4096, gt=0, description="Maximum size of a video file, in MB.")
    max_video_s: float = Field(3600, gt=0, description="Maximum length of a video, in seconds.")
    max_video_pixels: int = Field(8192 * 4320, gt=0, description="Maximum number of pixels in a frame.")
    max_sampled_frames: int = Field(5000, gt=1, description="Maximum number of frames sampled from a video.")

    # Machine
    threads: int = Field(8, ge=1, le=256, description="Number of questions in flight at once.")
    cache: bool = Field(True, description="Keep frames, embeddings and answers on disk.")
    cache_max_gb: float = Field(
        20.0, gt=0, description="Maximum size of the cache, in GB; the least recently used files are removed daily."
    )
    store: str | None = Field(
        None, description="Folder or s3://bucket/folder through which several machines share their caches."
    )
    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="Cache folder of frames, embeddings and answers.",
    )

    @property
    def model_names(self) -> tuple[str, str]:
        """The model strings of the text and the vision role.

        Raises:
            BackendError: none is configured.
        """
        text, vision = self.text_lm or self.lm, self.vision_lm or self.lm
        if vision is None and self.plans == "model":
            # Nobody looks at frames: the text model plans what is measured.
            vision = text
        if text is None or vision is None:
            raise BackendError("No model is configured: give --lm, e.g. --lm openai/gpt-4o.")
        return text, vision

    @property
    def chosen_method(self) -> str:
        """The method that is set; else viddiff where one of the settings of that method alone is; else two_looks."""
        if self.method is not None:
            return self.method
        return "viddiff" if self.model_fields_set & OF_VIDDIFF else DEFAULT_METHOD

    @property
    def has_vision(self) -> bool:
        """Whether a model is configured that looks at frames; without one the measured program runs."""
        return any((self.lm, self.vision_lm))

    @property
    def has_lm(self) -> bool:
        """Whether any model is configured."""
        return any((self.lm, self.text_lm, self.vision_lm))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then environment, then viddiff.toml; no .env and no secrets folder."""
        variables = {former: os.environ.get(f"VIDDIFF_{former.upper()}") for former in FORMER_NAMES}
        former_variables = with_current_names({former: value for former, value in variables.items() if value})
        return (
            InitSettingsSource(settings_cls, with_current_names(init_settings())),
            env_settings,
            InitSettingsSource(settings_cls, former_variables),
            TomlSource(settings_cls),
        )


def load_settings(**flags: Any) -> Settings:
    """The settings in force: flags win over environment variables, these over ``viddiff.toml``.

    >>> from viddiff import load_settings
    >>> load_settings(fps=8, effort="low").fps
    8.0

    Args:
        flags: settings by name; one that is None or empty counts as not given.

    Raises:
        UsageError: a value that cannot be, naming the field and where to correct it.
    """
    # A flag that may be repeated is an empty tuple when it was not given.
    values = {name: value for name, value in flags.items() if value is not None and value != ()}
    try:
        if os.path.lexists(CONFIG_FILE):
            # Checked here, because the library that reads it passes over what is not a file, and knows no limit.
            with open_regular(Path(CONFIG_FILE), _MAX_CONFIG_BYTES):
                pass
        settings = Settings(**values)
        explicit = settings.model_dump(exclude_unset=True)
        if settings.preset == "paper":
            settings = Settings(**{**PAPER_PRESET, **explicit})
        if settings.provider_batch and settings.cache and "threads" not in explicit:
            settings = settings.model_copy(update={"threads": BATCH_THREADS})
    except ValidationError as error:
        name, message, value = first_invalid_field(error)
        raise UsageError(
            f"Setting {name!r} cannot be {value!r}: {message}. "
            f"Correct it in the flag, in VIDDIFF_{name.partition('.')[0].upper()} or in {CONFIG_FILE}."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{CONFIG_FILE} cannot be read: {reason}. Correct or remove it.") from None
    check_pairs(settings)
    return settings


def check_pairs(settings: Settings) -> None:
    """Settings that only make sense together."""
    for side in ("a", "b"):
        start, stop = getattr(settings, f"start_{side}"), getattr(settings, f"stop_{side}")
        if start is not None and stop is not None and start >= stop:
            raise UsageError(f"--start-{side} {start:g} is not before --stop-{side} {stop:g}: swap them.")
    if settings.store and not settings.cache:
        raise UsageError("--store shares the cache, and --no-cache keeps nothing: leave one of them out.")
    if settings.provider_batch and not settings.cache:
        raise UsageError(
            "--provider-batch records its requests in the cache, and --no-cache keeps nothing: leave one of them out."
        )
    if settings.text_lm and not settings.has_vision and settings.plans != "model":
        raise UsageError(
            "--text-lm is set but no model looks at frames: give --vision-lm or --lm, or --plans model to measure."
        )
    if settings.vision_lm and not (settings.text_lm or settings.lm):
        raise UsageError("--vision-lm is set but no model proposes: give --text-lm or --lm.")
