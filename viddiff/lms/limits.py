"""What models take: images in a request, their size, whether they see at all, response schemas, temperatures.

A small table holds what is in no list of models; whether a hosted model sees and takes a temperature comes from the
list bundled with dspy. ``[models."PATTERN"]`` in viddiff.toml adds to both and wins over both.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import numpy as np

from viddiff.core.errors import UsageError
from viddiff.core.settings import ModelLimits, Settings

T = TypeVar("T")

#: From how many images on ``max_side_over_20`` holds.
MANY_IMAGES = 20

#: (pattern of the model string, what it takes, who says so); later rows win over earlier ones.
TABLE: tuple[tuple[str, ModelLimits, str], ...] = (
    # platform.claude.com/docs/en/build-with-claude/vision, "General limits": 100 images for models with a context of
    # 200k tokens, 8000 pixels a side, 2000 in requests with more than 20 images.
    ("anthropic/*", ModelLimits(max_images=100, max_side=8000, max_side_over_20=2000), "Anthropic, Vision"),
    # docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html: 20 images a message.
    ("bedrock/*", ModelLimits(max_images=20, max_side=8000), "Amazon Bedrock, Message"),
    # console.groq.com/docs/vision: 5 images a request.
    ("groq/*", ModelLimits(max_images=5), "Groq, Images and Vision"),
    # docs.mistral.ai/capabilities/vision, questions and answers: 8 images a request.
    ("mistral/*", ModelLimits(max_images=8), "Mistral, Vision"),
    # ai.google.dev/gemini-api/docs/image-understanding, "Limitations": 3600 images a request.
    ("gemini/*", ModelLimits(max_images=3600), "Gemini, Image understanding"),
    # developers.openai.com/api/docs/guides/images-vision, "Image input requirements": 500 images a request.
    ("openai/*", ModelLimits(max_images=500), "OpenAI, Images and vision"),
    # The price list does not say whether these see images, and their makers' model pages say text only.
    ("openai/gpt-3.5-*", ModelLimits(vision=False), "OpenAI, Models"),
    ("openai/gpt-4", ModelLimits(vision=False), "OpenAI, Models"),
    ("openai/gpt-4-0[0-9]*", ModelLimits(vision=False), "OpenAI, Models"),
    ("openai/o1-mini*", ModelLimits(vision=False), "OpenAI, Models"),
    ("deepseek/deepseek-chat", ModelLimits(vision=False), "DeepSeek, Models"),
    ("deepseek/deepseek-reasoner", ModelLimits(vision=False), "DeepSeek, Models"),
    ("groq/openai/gpt-oss-*", ModelLimits(vision=False), "OpenAI, gpt-oss"),
    # "Only the default (1) value is supported" (status 400); the -chat models take one.
    ("openai/o[0-9]*", ModelLimits(temperature=False), "OpenAI, Reasoning"),
    ("openai/gpt-5*", ModelLimits(temperature=False), "OpenAI, Reasoning"),
    ("openai/gpt-5*-chat*", ModelLimits(temperature=True), "OpenAI, Reasoning"),
    ("azure/o[0-9]*", ModelLimits(temperature=False), "OpenAI, Reasoning"),
    ("azure/gpt-5*", ModelLimits(temperature=False), "OpenAI, Reasoning"),
    ("azure/gpt-5*-chat*", ModelLimits(temperature=True), "OpenAI, Reasoning"),
)


def limits_of(model: str, table: Mapping[str, ModelLimits] | None = None, hosted: bool = True) -> ModelLimits:
    """What is known of a model.

    Args:
        model: ``provider/name``.
        table: the user's own rows, by pattern (``fnmatch``, upper and lower case differ); of two that match and say
            different things the longer pattern wins.
        hosted: False for a server of the user's, whose models may bear any name: then only ``table`` counts.
    """
    own = sorted((row for row in (table or {}).items() if fnmatchcase(model, row[0])), key=lambda row: len(row[0]))
    rows = [limits for _, limits in own]
    if hosted:
        from_table = [limits for pattern, limits, _ in TABLE if fnmatchcase(model, pattern)]
        rows = [limits_from_list(model), *from_table, *rows]
    values: dict[str, Any] = {}
    for limits in rows:
        values |= limits.model_dump(exclude_none=True)
    return ModelLimits(**values)


@functools.cache
def limits_from_list(model: str) -> ModelLimits:
    """What the list bundled with dspy says of a hosted model (``dspy.clients.model_metadata``)."""
    from dspy.clients.model_metadata import model_info

    provider, _, name = model.partition("/")
    info = model_info(provider, name)
    vision, temperature = info.get("supports_vision"), info.get("supports_sampling_params")
    return ModelLimits(
        vision=vision if isinstance(vision, bool) else None,
        temperature=temperature if isinstance(temperature, bool) else None,
    )


def check_vision(model: str, limits: ModelLimits | None = None) -> None:
    """Refuse a model that is known not to see two videos, before anything is paid for; what is not known may be asked.

    Raises:
        UsageError: it sees no images, or only one in a request.
    """
    limits = limits_of(model) if limits is None else limits
    row = f'[models."{model}"] of viddiff.toml'
    if limits.vision is False:
        raise UsageError(
            f"Model {model!r} takes no images: name one that does (--vision-lm), or write vision = true under {row}."
        )
    if limits.max_images is not None and limits.max_images < 2:
        raise UsageError(
            f"Model {model!r} takes {limits.max_images} image in a request, and a comparison needs at least two: "
            f"name another (--vision-lm), or correct max_images under {row}."
        )


def side_of(limits: ModelLimits, max_side: int, n_images: int) -> int:
    """The long side of frames, in pixels, when ``max_side`` is wanted and a request holds up to ``n_images``."""
    sides = [max_side, limits.max_side, limits.max_side_over_20 if n_images > MANY_IMAGES else None]
    return min(side for side in sides if side is not None)


def fit_settings(settings: Settings, limits: ModelLimits, n_images: int) -> Settings:
    """The settings with frames no larger than the model takes where a request holds up to ``n_images``."""
    side = side_of(limits, settings.max_side, min(n_images, limits.max_images or n_images))
    return settings if side == settings.max_side else settings.model_copy(update={"max_side": side})


def subsample(frames: Sequence[T], most: int) -> tuple[T, ...]:
    """At most ``most`` (at least 1) of the frames, evenly, the first and the last among them; of one the middle."""
    if len(frames) <= most:
        return tuple(frames)
    if most == 1:
        return (frames[(len(frames) - 1) // 2],)
    return tuple(frames[i] for i in np.linspace(0, len(frames) - 1, most).round().astype(int).tolist())
