"""Forms of labelled pairs: rows of VidDiffBench's layout, and one's own pairs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from viddiff.eval.formats import DataSource, data_format
from viddiff.eval.viddiffbench.data.fields import check_keys
from viddiff.eval.viddiffbench.data.pairs import samples_of_pairs
from viddiff.eval.viddiffbench.data.rows import COLUMNS, samples_of_rows
from viddiff.eval.viddiffbench.dataset import DataSet, ReleaseName, Sample


@data_format("pairs", lambda source: "video_a" in source.first, "viddiffbench")
def load_pairs(source: DataSource) -> DataSet:
    """One's own pairs, as in a ``pairs.json`` (docs/data.md)."""
    samples = samples_of_pairs(source.rows, source.name)
    return dataset_of(source, "pairs", samples)


@data_format("viddiffbench", lambda source: "sample_key" in source.first, "viddiffbench", columns=COLUMNS)
def load_rows(source: DataSource) -> DataSet:
    """Rows of VidDiffBench's layout, in either release."""
    samples, release, notices = samples_of_rows(source.rows, source.name)
    return dataset_of(source, release, samples, notices)


def dataset_of(
    source: DataSource, release: ReleaseName, samples: tuple[Sample, ...], notices: tuple[str, ...] = ()
) -> DataSet:
    """The data set of checked samples.

    Raises:
        InputError: two samples have one key.
    """
    check_keys(samples, source.name)
    return DataSet(
        name=source.name, release=release, content_hash=content_hash(samples), samples=samples, notices=notices
    )


def content_hash(samples: Sequence[Sample]) -> str:
    """Hex SHA-256 over the samples' canonical JSON: the same for the same content, whatever file held it.

    Notices are left out: they are our words about the data, not the data.
    """
    content = [sample.model_dump(mode="json", exclude={"notices"}) for sample in samples]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
