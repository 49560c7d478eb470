"""Rows as plain objects out of files, folders and the hub; the only module that knows pyarrow and datasets."""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from viddiff.core.errors import BackendError, InputError
from viddiff.core.files import MAX_TABLE_BYTES, read_bytes
from viddiff.core.hub import offline_where_unreachable
from viddiff.eval.json_lines import load_json

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".parquet")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_INSTALL = "install it with: pip install 'viddiff[bench]'"


def is_hub_id(source: str) -> bool:
    """Whether a source names a data set of the hub: ``owner/name``, and nothing of that name is here."""
    return bool(_HUB_ID.fullmatch(source)) and not source.endswith(_SUFFIXES) and not Path(source).exists()


def read_rows(source: str, columns: Collection[str]) -> list[Any]:
    """The rows of a source, not yet checked; of Parquet and the hub the named columns alone.

    Raises:
        InputError: there is no such file, or it cannot be read.
        BackendError: the hub, ``datasets`` or ``pyarrow`` is not available.
    """
    if is_hub_id(source):
        return _read_hub(source, columns)
    path = Path(source)
    if path.is_dir():
        if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
            return _read_saved(path, columns)
        path = _only_file(path)
    if not path.is_file():
        raise InputError(f"There is no data set {source!r}: give a file, a folder, or a hub id such as owner/name.")
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{path.name!r} is not a readable data set: give one of {', '.join(_SUFFIXES)}.")
    return read_file(path, columns)


def read_file(path: Path, columns: Collection[str]) -> list[Any]:
    """The rows of a table, not yet checked; of Parquet the named columns alone. Cells of CSV are text.

    Raises:
        InputError: there is no such file, or it cannot be read. BackendError: ``pyarrow`` is not available.
    """
    readers: dict[str, Callable[[Path], list[Any]]] = {
        ".csv": _csv,
        ".json": _json,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".parquet": functools.partial(_read_parquet, columns),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path.name!r} is not a readable table: give one of {', '.join(readers)}.")
    return reader(path)


def _only_file(folder: Path) -> Path:
    """``pairs.json``, ``rows.jsonl`` (as ``viddiff synth`` writes), or the one table of a folder."""
    for name in ("pairs.json", "rows.jsonl"):
        if (folder / name).is_file():
            return folder / name
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if len(files) != 1:
        raise InputError(
            f"The folder {str(folder)!r} holds {len(files)} files with rows ({', '.join(_SUFFIXES)}): name the file."
        )
    return files[0]


def _text(path: Path) -> str:
    try:
        return read_bytes(path, MAX_TABLE_BYTES).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise InputError(f"{path.name!r} cannot be read ({error.strerror}): check it.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name!r} is not text in UTF-8: save it as UTF-8.") from None


def _csv(path: Path) -> list[Any]:
    try:
        return list(csv.DictReader(io.StringIO(_text(path)), restkey="", strict=True))
    except csv.Error as error:
        raise InputError(f"{path.name!r} is invalid CSV ({error}): correct it.") from None


def _json(path: Path) -> list[Any]:
    try:
        rows = load_json(_text(path))
    except ValueError as error:
        raise InputError(f"{path.name!r} is invalid JSON ({error}): correct it.") from None
    if not isinstance(rows, list):
        raise InputError(f"{path.name!r} holds no list of rows: compare it with docs/data.md.")
    return rows


def _json_lines(path: Path) -> list[Any]:
    rows = []
    # Not splitlines(): it also splits at characters that JSON text may hold.
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            try:
                rows.append(load_json(line))
            except ValueError as error:
                raise InputError(f"{path.name!r}, line {number}: invalid JSON ({error}): correct it.") from None
    return rows


def _read_parquet(names: Collection[str], path: Path) -> list[Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BackendError(f"{path.name!r} needs pyarrow: {_INSTALL}") from None
    try:
        file = pyarrow.parquet.ParquetFile(path)
        columns = [name for name in names if name in file.schema_arrow.names]
        rows: list[Any] = file.read(columns=columns).to_pylist()
    except (OSError, pyarrow.ArrowException):
        raise InputError(f"{path.name!r} cannot be read as Parquet: download or write it again.") from None
    return rows


def _read_saved(path: Path, columns: Collection[str]) -> list[Any]:
    datasets = _datasets(str(path))
    try:
        return _plain(datasets.load_from_disk(str(path)), str(path), columns)
    except (OSError, ValueError, KeyError):
        raise InputError(f"{str(path)!r} cannot be read as a saved data set: save it again.") from None


def _read_hub(source: str, columns: Collection[str]) -> list[Any]:
    datasets = _datasets(source)
    from httpx import HTTPError
    from huggingface_hub import constants

    try:
        with offline_where_unreachable(constants, datasets.config):
            return _plain(datasets.load_dataset(source), source, columns)
    except (OSError, ValueError, HTTPError, datasets.exceptions.DatasetsError) as error:
        raise BackendError(
            f"{source!r} is neither a local file nor an available data set of the hub "
            f"({type(error).__name__}): check the name and the network, or give a downloaded file."
        ) from None


def _datasets(source: str) -> Any:
    try:
        import datasets
        import datasets.exceptions
    except ImportError:
        raise BackendError(f"{source!r} needs the library datasets: {_INSTALL}") from None
    return datasets


def _plain(loaded: Any, name: str, columns: Collection[str]) -> list[Any]:
    """The rows of the test split, or of the only one."""
    if hasattr(loaded, "keys"):
        names = list(loaded.keys())
        if "test" not in names and len(names) != 1:
            raise InputError(f"{name!r} has the splits {', '.join(map(repr, names))} and no 'test': save one of them.")
        loaded = loaded["test" if "test" in names else names[0]]
    rows: list[Any] = loaded.select_columns([column for column in columns if column in loaded.column_names]).to_list()
    return rows
