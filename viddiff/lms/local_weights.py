"""Which weights a local model is: a folder or a commit of a Hugging Face repository, named by what they hold.

dspy's cache knows a model by its name alone, so the name must change when the weights do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dspy.utils.exceptions import LMConfigurationError

from viddiff.core.errors import BackendError
from viddiff.core.files import parse_json

_REPOSITORY = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
#: What a model needs; weights in any other format (pickles run code) are never fetched.
_FILES = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
_HUB_TIMEOUT_S = 10.0
_ID_CHARS = 12


class LocalModelError(BackendError, LMConfigurationError):  # type: ignore[misc]  # dspy ships no types
    """A local model that is not available; also an LM error, which dspy passes on as it is."""


@dataclass(frozen=True)
class ModelWeights:
    """The weights of one model.

    Attributes:
        name: of the repository or the folder (without its path).
        id: of their content.
        path: the folder; None: still on the hub, at ``commit``.
    """

    name: str
    id: str
    path: Path | None = None
    commit: str | None = None

    def folder(self) -> Path:
        """The folder that holds them, after fetching them where needed.

        Raises:
            LocalModelError: they cannot be fetched, or are not a model in safetensors.
        """
        return self.path or check_folder(fetch(self.name, self.commit), self.name)


def find_weights(source: str) -> ModelWeights:
    """The weights that a folder or a repository (``owner/name``, ``owner/name@revision``) holds.

    Raises:
        LocalModelError: there is no such folder or repository, or it holds no model in safetensors.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        name = folder.resolve().name
        return ModelWeights(name, fingerprint(check_folder(folder, name)), path=folder)
    repository = _REPOSITORY.fullmatch(source)
    if repository is None:
        raise LocalModelError(
            f"Local model {source!r} is neither a folder nor a Hugging Face repository: "
            "check the path, or write local/owner/name."
        )
    name = repository["name"]
    commit = commit_of(name, repository["revision"])
    return ModelWeights(name, commit[:_ID_CHARS], commit=commit)


def check_folder(folder: Path, name: str) -> Path:
    """``folder``, if it holds a model in safetensors.

    Raises:
        LocalModelError: it does not.
    """
    if (folder / "projector.json").is_file():
        raise LocalModelError(
            f"Local model {name!r} is a projector, which answers viddiff steps compare --step, ask and rank, and "
            "viddiff eval on rows of StepDiff: name another model here."
        )
    if not (folder / "config.json").is_file():
        raise LocalModelError(f"Local model {name!r} has no config.json: give the folder that save_pretrained wrote.")
    if not any(folder.glob("*.safetensors")):
        raise LocalModelError(
            f"Local model {name!r} has no safetensors weights, and other formats are not read because they can "
            "run code: convert it, or use another model."
        )
    return folder


def commit_of(repository: str, revision: str | None) -> str:
    """The commit of a revision: from the hub or, without a network, from the local cache.

    Raises:
        LocalModelError: neither knows it.
    """
    import huggingface_hub

    try:
        info = huggingface_hub.HfApi().model_info(repository, revision=revision, timeout=_HUB_TIMEOUT_S)
    except network_errors() as error:
        return cached_folder(repository, revision, error).name
    return str(info.sha)


def fetch(repository: str, commit: str | None) -> Path:
    """The folder with the files of a commit, downloaded unless they are in the local cache.

    Raises:
        LocalModelError: they cannot be downloaded.
    """
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(repository, revision=commit, allow_patterns=list(_FILES)))
    except network_errors() as error:
        return cached_folder(repository, commit, error)


def cached_folder(repository: str, revision: str | None, error: Exception) -> Path:
    """The folder of a revision in the local cache, named by its commit.

    Raises:
        LocalModelError: it is not there; ``error`` says why the hub was no help.
    """
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(repository, revision=revision, local_files_only=True))
    except network_errors():
        raise fetch_error(repository, error) from error


def network_errors() -> tuple[type[Exception], ...]:
    """What the hub's client raises when something is not available."""
    import httpx
    from huggingface_hub.errors import HfHubHTTPError

    return HfHubHTTPError, httpx.HTTPError, OSError


def fetch_error(repository: str, error: Exception) -> LocalModelError:
    """Why a repository is not available, for the person at the keyboard."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    # Most specific first: a gated repository is reported as a kind of missing one.
    if isinstance(error, GatedRepoError):
        why = "is gated: accept its terms on huggingface.co and set HF_TOKEN"
    elif isinstance(error, RepositoryNotFoundError):
        why = "is not on the Hugging Face hub, or is private: check the name, or set HF_TOKEN"
    elif isinstance(error, RevisionNotFoundError):
        why = "has no such revision: check what follows the @"
    else:
        why = "cannot be fetched: check the network, or download it and give the folder"
    return LocalModelError(f"Local model {repository!r} {why}.")


def fingerprint(folder: Path) -> str:
    """A name for what a folder holds: settings in full; of each tensor its place and three samples.

    Training moves every value of a tensor, so samples tell two trainings of one model apart without reading gigabytes.

    Raises:
        LocalModelError: a weights file is damaged.
    """
    digest = hashlib.sha256()
    files = sorted(path for pattern in _FILES for path in folder.glob(pattern))
    for path in files:
        for piece in samples(path) if path.suffix == ".safetensors" else (path.read_bytes(),):
            digest.update(hashlib.sha256(piece).digest())
        digest.update(path.name.encode())
    return digest.hexdigest()[:_ID_CHARS]


#: Of a place in a tensor.
_SAMPLE_BYTES = 64


def samples(path: Path) -> Iterator[bytes]:
    """The header of a safetensors file, then 64 bytes from the start, middle and end of each tensor.

    Raises:
        LocalModelError: the file is damaged.
    """
    with path.open("rb") as file:
        n_header = int.from_bytes(file.read(8), "little")
        header = file.read(min(n_header, path.stat().st_size))
        yield header
        try:
            for start, stop in tensor_spans(header):
                for offset in (start, (start + stop) // 2, max(start, stop - _SAMPLE_BYTES)):
                    file.seek(8 + n_header + offset)
                    yield file.read(min(_SAMPLE_BYTES, stop - offset))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LocalModelError(
                f"Local model file {path.name!r} is damaged or not in safetensors format: download it again."
            ) from error


def tensor_spans(header: bytes) -> Iterable[tuple[int, int]]:
    """Where the tensors of a safetensors file lie, in bytes after its header, half-open."""
    entries = parse_json(header)
    return sorted(tuple(entry["data_offsets"]) for name, entry in entries.items() if name != "__metadata__")
