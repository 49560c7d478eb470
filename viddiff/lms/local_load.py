"""From a folder to a Hugging Face processor and model on a device. The only module that imports transformers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from viddiff.core.errors import UsageError
from viddiff.lms.local_weights import LocalModelError

DTYPES = ("float32", "bfloat16", "float16")


class ReaderAndModel(NamedTuple):
    """Of transformers: what makes tokens of the input, a processor or a tokenizer, and the model."""

    reader: Any
    model: Any


def load(folder: Path, dtype: Any) -> ReaderAndModel:
    """Processor and image-text model of a folder: nothing is fetched, unpickled, or run from it."""
    return _load(folder, dtype, "AutoProcessor", "AutoModelForImageTextToText")


def load_text_model(folder: Path, dtype: Any) -> ReaderAndModel:
    """Tokenizer and causal language model of a folder, as ``load``."""
    return _load(folder, dtype, "AutoTokenizer", "AutoModelForCausalLM")


def _load(folder: Path, dtype: Any, reader: str, kind: str) -> ReaderAndModel:
    import transformers

    library: Any = transformers  # its types are partial
    logging = library.utils.logging
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        safe = {"local_files_only": True, "trust_remote_code": False}
        processor = getattr(library, reader).from_pretrained(folder, **safe)
        model, info = getattr(library, kind).from_pretrained(
            folder, dtype=dtype, use_safetensors=True, output_loading_info=True, **safe
        )
    finally:
        if bars:
            logging.enable_progress_bar()
    if info["missing_keys"] or info["mismatched_keys"]:
        # transformers would fill them with random numbers and continue.
        raise ValueError(f"weights are missing: {sorted(map(str, info['missing_keys']))[:3]}")
    return ReaderAndModel(processor, model)


@contextmanager
def translate_load_errors(name: str, kind: str = "an image-text model") -> Iterator[None]:
    """Turn what a broken checkpoint raises into one sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except ImportError as error:
        package = error.name or "a package"
        raise LocalModelError(
            f"Local model {name!r} needs {package} that is not installed: pip install 'viddiff[local]', "
            "or what its model card asks for."
        ) from error
    except SafetensorError as error:
        raise LocalModelError(f"The weights of local model {name!r} are damaged: download them again.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            raise LocalModelError(
                f"Local model {name!r} does not fit into memory: use a smaller model, or dtype bfloat16."
            ) from error
        raise LocalModelError(
            f"Local model {name!r} cannot be loaded as {kind}: its files are incomplete, or of a kind that "
            "transformers does not know without running code from the repository."
        ) from error


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is not enough memory; the CPU allocator has no class of its own."""
    import torch

    return isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)) or "allocate memory" in str(error)


def device_of(device: str | None) -> Any:
    """The torch device that a name stands for, or the best there is.

    Raises:
        UsageError: there is no such device.
    """
    import torch

    if device is None:
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError):
        raise UsageError(f"Device {device!r} is not available here: use 'cpu', or leave it out.") from None


def dtype_of(dtype: str | None, device: Any) -> Any:
    """The torch dtype that a name stands for, or the one that suits the device.

    Raises:
        UsageError: it is none of ``DTYPES``.
    """
    import torch

    if dtype is None:
        bf16 = device.type == "cuda" and torch.cuda.is_bf16_supported()
        dtype = "bfloat16" if bf16 else "float32" if device.type == "cpu" else "float16"
    if dtype not in DTYPES:
        raise UsageError(f"dtype {dtype!r} is not known: use one of {', '.join(DTYPES)}.")
    return getattr(torch, dtype)
