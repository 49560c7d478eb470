"""The file of opinion weights that ``viddiff compile opinion-weights`` writes and ``--opinion-weights`` reads."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from viddiff.core.errors import InputError
from viddiff.core.files import read_bytes, write_document
from viddiff.core.record import Record, Share, first_invalid_field
from viddiff.core.settings import EffortName
from viddiff.programs.viddiff.calibration import OpinionWeights

MAX_WEIGHTS_BYTES = 2**16


class WeightsScore(Record):
    """How well weights decide labelled statements."""

    n: int
    """Statements."""
    accuracy: Share
    """Share of right answers."""
    log_loss: float = Field(ge=0)
    """Mean of minus the logarithm of the probability that the label was given."""
    calibration_error: Share
    """Mean gap of confidence and accuracy, in ten bins of confidence."""


class WeightsCard(Record):
    """Where weights come from; each score is that of the default and that of the learned weights."""

    model: str
    """The model string of the looks."""
    data: str
    """What the user named."""
    data_hash: str
    """SHA-256 over the samples."""
    split: str
    """Name of the split."""
    effort: EffortName
    """How much the looks showed."""
    n_train: int
    """Statements that they were learned from."""
    val: tuple[WeightsScore, WeightsScore]
    """On the part that decides which of both is kept."""
    test: tuple[WeightsScore, WeightsScore]
    """On the part that decides nothing."""
    kept: bool
    """Whether the learned weights are in the file, or the default ones, because on val they were no better."""


class WeightsFile(Record):
    """OpinionWeights, and where they come from; weights that somebody wrote by hand have no card."""

    weights: OpinionWeights
    """One for each opinion."""
    card: WeightsCard | None = None
    """Where they come from."""


def read_weights(path: Path) -> OpinionWeights:
    """The weights of a file.

    Raises:
        InputError: it cannot be read, or holds no weights.
    """
    try:
        return WeightsFile.model_validate_json(read_bytes(path, MAX_WEIGHTS_BYTES)).weights
    except OSError as error:
        raise InputError(f"The opinion weights {str(path)!r} cannot be read: {error.strerror or error}.") from None
    except ValidationError as error:
        where, message, _ = first_invalid_field(error)
        raise InputError(
            f"{str(path)!r} is not a file of opinion weights: at {(where or 'the file')[:80]!r}: {message}. "
            "Write one with `viddiff compile opinion-weights`."
        ) from None


def write_weights(file: WeightsFile, path: Path) -> Path:
    """Write the file and return ``path``.

    Raises:
        UsageError: it cannot be written there.
    """
    return write_document(path, file.model_dump_json(indent=2, exclude_none=True))
