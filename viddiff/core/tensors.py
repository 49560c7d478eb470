"""Tensors on disk in safetensors, whole or not at all; nothing is unpickled. The state of a training among them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from viddiff.core.errors import InputError
from viddiff.core.files import MAX_TABLE_BYTES, document, read_bytes

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

_MODEL, _MOMENTS = "model.", "adam."


def save_tensors(path: Path, tensors: dict[str, Tensor]) -> str:
    """Write tensors, whole or not at all, and return the SHA-256 of the file.

    Raises:
        UsageError: the file cannot be written there.
    """
    from safetensors.torch import save

    data = save({name: tensor.detach().contiguous() for name, tensor in tensors.items()})
    with document(path) as temporary:
        temporary.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


class TensorFile(NamedTuple):
    """The tensors of a file, and its SHA-256."""

    tensors: dict[str, Tensor]
    digest: str


def load_tensors(path: Path) -> TensorFile:
    """Read a file of tensors.

    Raises:
        InputError: it cannot be read, or is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        data = read_bytes(path, MAX_TABLE_BYTES)
        return TensorFile(load(data), hashlib.sha256(data).hexdigest())
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error.strerror}): train the model again.") from None
    except (SafetensorError, ValueError, KeyError):
        raise InputError(f"{str(path)!r} is damaged: remove it, and train the model again.") from None


def load_weights(folder: Path, weights: str, card: str, digest: str) -> dict[str, Tensor]:
    """The tensors of the model in a folder.

    Args:
        folder, weights, card: where they are: the file of tensors and that of what the model was made of.
        digest: of the tensors, as the card tells it.

    Raises:
        InputError: they cannot be read, are damaged, or are those of another model.
    """
    file = load_tensors(folder / weights)
    if file.digest != digest:
        raise InputError(f"{weights!r} in {str(folder)!r} is not that of {card!r}: they belong to different models.")
    return file.tensors


def state_of(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """The weights of a model and the moments of its Adam, from which ``restore`` continues."""
    tensors = {f"{_MODEL}{name}": value for name, value in model.state_dict().items()}
    for number, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"{_MOMENTS}{number}.{name}": value for name, value in moments.items()}
    return tensors


def restore(model: nn.Module, optimizer: Optimizer, state: dict[str, Tensor]) -> None:
    """Set what ``state_of`` gave.

    Raises:
        KeyError, RuntimeError: it is that of another model.
    """
    model.load_state_dict(
        {name.removeprefix(_MODEL): value for name, value in state.items() if name.startswith(_MODEL)}
    )
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in state.items():
        if name.startswith(_MOMENTS):
            _, number, moment = name.split(".")
            moments.setdefault(int(number), {})[moment] = value
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
