"""What every task needs: limits, stores, models, the localizer, pose, and the context in which programs ask."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from viddiff.core.cache_folder import prune_daily
from viddiff.core.errors import UsageError
from viddiff.core.extras import check_clip_installed
from viddiff.core.settings import Settings
from viddiff.core.shared_store import of_settings
from viddiff.video import FrameStore, Limits

if TYPE_CHECKING:
    import dspy

    from viddiff.lms import LMs
    from viddiff.localizer.clip.encoder import ClipEncoder
    from viddiff.localizer.clip.store import EmbeddingStore
    from viddiff.localizer.localizer import Localizer
    from viddiff.motion.pose.reader import PoseReader

logger = logging.getLogger(__name__)


def video_limits(settings: Settings) -> Limits:
    """What the settings refuse of a video."""
    return Limits(
        max_bytes=int(settings.max_video_mb * 2**20),
        max_duration_s=settings.max_video_s,
        max_pixels=settings.max_video_pixels,
        max_frames=settings.max_sampled_frames,
    )


def frame_store(settings: Settings) -> FrameStore:
    """Where frames and readings of videos are kept.

    Raises:
        UsageError, StoreError: the store that machines share cannot be used.
    """
    return FrameStore(settings.cache_dir if settings.cache else None, of_settings(settings.store))


def embedding_store(settings: Settings) -> EmbeddingStore:
    """Where embeddings of frames and texts are kept.

    Raises:
        UsageError, StoreError: the store that machines share cannot be used.
    """
    from viddiff.localizer.clip.store import EmbeddingStore

    return EmbeddingStore(settings.cache_dir / "embeddings" if settings.cache else None, of_settings(settings.store))


def clip_encoder(settings: Settings) -> ClipEncoder:
    """The CLIP model of the settings, at the precision of the settings; its weights are loaded when they are used."""
    from viddiff.localizer.clip.encoder import ClipEncoder

    folder = settings.cache_dir if settings.cache else None
    return ClipEncoder(clip_model(settings), precision=settings.clip_dtype, folder=folder)


@contextmanager
def answer_cache(settings: Settings, is_asked: bool = True) -> Iterator[None]:
    """Within this context the answers of models are kept where the settings say; several threads may have their own.

    Once a day the cache is brought back to the size that the settings allow.

    Args:
        is_asked: whether a model of the settings is asked; else dspy's cache stays as it is.

    Raises:
        UsageError, StoreError: the store that machines share cannot be used.
    """
    if settings.cache:
        prune_daily(settings.cache_dir, int(settings.cache_max_gb * 2**30))
    if not is_asked:
        yield
        return
    from viddiff.lms.cache import folder_of, use_cache_folder

    folder = folder_of(settings.cache_dir, settings.api_base) if settings.cache else None
    with use_cache_folder(folder, of_settings(settings.store)) as notice:
        if notice:
            logger.warning("viddiff: %s", notice)
        yield


def is_asked_by_settings(lm: object, settings: Settings) -> bool:
    """Whether models are made from the settings: models that a caller hands in come with the cache of the caller."""
    return isinstance(lm, str) or (lm is None and settings.has_lm)


def models(lm: str | dspy.LM | LMs | None, settings: Settings) -> LMs:
    """The models by role: those handed in, else those of the settings.

    Raises:
        BackendError, UsageError: a model string that cannot be.
    """
    from viddiff.lms import LMs

    if isinstance(lm, LMs):
        return lm
    if lm is not None and not isinstance(lm, str):
        return LMs(
            lm,
            budget_usd=settings.max_cost,
            max_calls=settings.max_calls,
            price=settings.price,
            table=settings.models,
        )
    text, vision = (lm, lm) if lm is not None else settings.model_names
    return LMs(
        text,
        vision,
        settings.judge_lm,
        settings.reflection_lm,
        budget_usd=settings.max_cost,
        max_calls=settings.max_calls,
        price=settings.price,
        table=settings.models,
        api_base=settings.api_base,
        timeout_s=settings.timeout_s,
        retries=settings.retries,
        cache=settings.cache,
        batches=settings.cache_dir / "answers" / "batches" if settings.provider_batch else None,
    )


def fit_to_model(settings: Settings, lms: LMs | None, n_images: int) -> Settings:
    """The settings with frames that fit the vision model where a request holds up to ``n_images``.

    Raises:
        UsageError: the model is known not to see.
    """
    if lms is None:
        return settings
    from viddiff.lms.limits import check_vision, fit_settings

    limits = lms.limits["vision"]
    check_vision(lms.lms["vision"].model, limits)
    return fit_settings(settings, limits, n_images)


def check_localizer(settings: Settings) -> None:
    """Whether there is a localizer of that name, and what it needs, before a video is read.

    Without a name it is the default, which gives way to one that needs no CLIP unless a CLIP model was chosen.

    Raises:
        UsageError: there is none, or it needs a pose and that is switched off.
        BackendError: it needs CLIP or an estimator of pose, and their libraries or weights are not there.
    """
    from viddiff.localizer.strategies import STRATEGIES

    strategy = None if settings.localizer is None else STRATEGIES[settings.localizer]
    if strategy.reads_text if strategy else settings.clip is not None:
        check_clip_installed()
    if strategy is not None and strategy.reads_pose:
        check_pose(settings)


def localizer(settings: Settings, poses: PoseReader | None = None) -> Localizer:
    """The localizer of the settings. What the user chose must work; the default gives way to motion.

    Args:
        poses: what the strategy pose reads.
    """
    from viddiff.localizer.localizer import Localizer
    from viddiff.localizer.strategies import DEFAULT_STRATEGY

    is_set = settings.localizer is not None or settings.clip is not None
    return Localizer(
        settings.localizer or DEFAULT_STRATEGY,
        clip_encoder(settings),
        embedding_store(settings),
        seed=settings.seed,
        fallback=None if is_set else Localizer("motion"),
        skip_similar=settings.skip_similar,
        poses=poses,
    )


def clip_model(settings: Settings) -> str:
    """The CLIP model of the settings."""
    from viddiff.localizer.clip.encoder import DEFAULT_CLIP

    return settings.clip or DEFAULT_CLIP


def poses(settings: Settings) -> PoseReader:
    """What estimates pose and knows what was estimated; nothing is opened before a video is read."""
    from viddiff.motion.pose.choice import choice_of
    from viddiff.motion.pose.reader import PoseReader

    return PoseReader(choice_of(settings))


def check_pose(settings: Settings) -> None:
    """Whether pose can be estimated.

    Raises:
        UsageError: it is switched off. BackendError: its library or its weights are not there.
    """
    from viddiff.motion.pose.choice import choice_of
    from viddiff.motion.pose.kinds import estimator_kind

    if settings.pose == "none":
        raise UsageError("Pose is needed but switched off (--pose none): name an estimator.")
    estimator_kind(settings.pose).identity(choice_of(settings))


@contextmanager
def asking_context(settings: Settings, *stores: FrameStore) -> Iterator[None]:
    """Within this context programs ask as the settings say; dspy's histories, which would hold images, stay empty.

    Requests find frames in ``stores`` and in those of the videos that a program is given.
    """
    import dspy

    from viddiff.lms import adapter_of
    from viddiff.lms.tracing import tracers
    from viddiff.signatures.clip import open_stores

    callbacks = [*(dspy.settings.callbacks or []), *tracers(settings.mlflow)]
    context = dspy.context(adapter=adapter_of(settings.adapter), callbacks=callbacks, trace=[], disable_history=True)
    with context, open_stores(*stores):
        yield


def settings_record(settings: Settings) -> dict[str, Any]:
    """Settings for a document: without paths of this machine."""
    paths = {"cache_dir", "api_base", "program", "mlflow", "pose_model", "plans", "opinion_weights", "store"}
    return settings.model_dump(mode="json", exclude=paths)
