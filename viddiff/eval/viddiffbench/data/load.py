"""Loading a data set: whatever holds the rows, checked samples come out, named by what is in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.eval.dataset import DataSet, Sample
from viddiff.eval.viddiffbench.data.fields import check_keys
from viddiff.eval.viddiffbench.data.pairs import samples_of_pairs
from viddiff.eval.viddiffbench.data.rows import samples_of_rows
from viddiff.eval.viddiffbench.data.tables import is_hub_id, read_rows
from viddiff.eval.viddiffbench.data.videos import videos_root


def load_data(source: str, videos: Path | None = None) -> DataSet:
    """Load labelled pairs; no video is opened.

    Args:
        source: a hub id (``owner/name``), a folder saved by ``datasets``, a parquet, JSON or JSON Lines file with rows
            of VidDiffBench's layout (either release), a ``pairs.json``, or a folder that holds one such file.
        videos: the folder that video paths are relative to; see ``videos_root``.

    Raises:
        InputError: there is nothing to read, or a row that cannot be used; the sentence names row and field.
        BackendError: the hub, ``datasets`` or ``pyarrow`` cannot be had.
    """
    videos_root(source, videos)
    name = source if is_hub_id(source) else Path(source).name or Path(source).resolve().name
    rows = read_rows(source)
    if not rows:
        raise InputError(f"{name!r} holds no rows: there is nothing to evaluate.")
    if isinstance(rows[0], Mapping) and "video_a" in rows[0]:
        samples = samples_of_pairs(rows, name)
        check_keys(samples, name)
        return DataSet(name=name, release="pairs", content_hash=content_hash(samples), samples=samples)
    samples, release, notices = samples_of_rows(rows, name)
    check_keys(samples, name)
    return DataSet(name=name, release=release, content_hash=content_hash(samples), samples=samples, notices=notices)


def content_hash(samples: Sequence[Sample]) -> str:
    """Hex SHA-256 over the samples' canonical JSON: the same for the same content, whatever file held it.

    Notices are left out: they are our words about the data, not the data.
    """
    content = [sample.model_dump(mode="json", exclude={"notices"}) for sample in samples]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
