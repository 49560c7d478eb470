"""A trained projector with its encoder and its language model: what is asked about loaded videos."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from viddiff.core.errors import InputError
from viddiff.core.usage import Usage
from viddiff.programs.stepdiff.projector.checkpoint import ProjectorCard, load_projector
from viddiff.programs.stepdiff.projector.features import VideoFeatures
from viddiff.programs.stepdiff.projector.language import Language
from viddiff.programs.stepdiff.projector.training import FeaturesOf, PairedModel

if TYPE_CHECKING:
    from viddiff.video.loaded import LoadedVideo


class TrainedProjector:
    """A trained projector. One question at a time, from all threads.

    Args:
        folder: that of ``viddiff steps train``.
        described: features of videos, by the encoder of the card; None: it was trained on features from files.

    Attributes:
        card: what it was made of.

    Raises:
        InputError: no projector, a damaged one, or another language model than it was trained with.
        LocalModelError: the language model is not available.
    """

    def __init__(self, folder: Path, described: VideoFeatures | None) -> None:
        self.card, projector = load_projector(folder)
        self.language = Language(self.card.language_source, dtype=self.card.options.precision)
        check_language(self.card, self.language)
        self._projector = projector.to(self.language.device)
        self._described, self._lock, self.n_asked = described, threading.Lock(), 0

    def __deepcopy__(self, memo: dict[int, object]) -> TrainedProjector:
        """Shared by all copies of a program: the weights are large."""
        return self

    @property
    def usage(self) -> tuple[Usage, ...]:
        """What it was asked; empty: nothing. The name has its weights and those of the language model."""
        name = f"local/projector@{self.card.weights_hash[:12]} with {self.card.language}"
        usage = Usage(
            role="vision", model=name, calls=self.n_asked, cached_calls=0, failed_calls=0, images=0, input_tokens=0,
            output_tokens=0, cost_usd=None,
        )  # fmt: skip
        return (usage,) if self.n_asked else ()

    @contextmanager
    def asking(self, features: FeaturesOf) -> Iterator[PairedModel]:
        """The model within this context, for one question; clips are known by the names that have features."""
        with self._lock, self.language.report_out_of_memory():
            self.n_asked += 1
            yield PairedModel(self._projector, self.language, features)

    def features_of(self, videos: Mapping[str, LoadedVideo]) -> FeaturesOf:
        """The features of videos by name.

        Raises:
            InputError: it was trained on features from files.
        """
        described = self._described
        if described is None:
            raise InputError(
                "The projector was trained on features from files and cannot read videos: give the features of the "
                "clips with viddiff eval --features DIR."
            )
        return lambda name: described(videos[name])


def check_language(card: ProjectorCard, language: Language) -> None:
    """Raise InputError unless a projector was trained with this language model."""
    if language.name != card.language or language.width != card.n_words:
        raise InputError(
            f"The projector was trained with {card.language!r}, but {language.source!r} is {language.name!r}: give the "
            "model that it was trained with."
        )
