"""Loading a data set: whatever holds the rows, checked samples come out, named by what is in them."""

from __future__ import annotations

from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.eval.formats import DataSource, format_of
from viddiff.eval.viddiffbench.data.videos import videos_root
from viddiff.eval.viddiffbench.dataset import DataSet


def load_data(source: str, videos: Path | None = None) -> DataSet:
    """Load labelled pairs; no video is opened.

    Args:
        source: a hub id (``owner/name``), a folder saved by ``datasets``, a parquet, JSON or JSON Lines file with rows
            of VidDiffBench's layout (either release), a ``pairs.json``, or a folder that holds one such file.
        videos: the folder that video paths are relative to; see ``videos_root``.

    Raises:
        InputError: there is nothing to read, or a row that cannot be used; the sentence names row and field.
        BackendError: the hub, ``datasets`` or ``pyarrow`` is not available.
    """
    videos_root(source, videos)
    data_source = DataSource(source)
    dataset = format_of(data_source, "viddiffbench").load(data_source)
    if not isinstance(dataset, DataSet):
        raise InputError(
            f"{data_source.name!r} holds rows of StepDiff, and no labelled pairs: evaluate it with "
            "viddiff.steps.evaluate, or viddiff eval."
        )
    return dataset
