"""Fetching the videos that the hub may give, and telling where the others come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from viddiff.core.errors import BackendError
from viddiff.core.hub import offline_where_unreachable
from viddiff.core.record import Record
from viddiff.core.types import Progress
from viddiff.eval.viddiffbench.data.facts import HUB_ID, SOURCES
from viddiff.eval.viddiffbench.data.unpack import Unpacked, unpack
from viddiff.eval.viddiffbench.data.videos import resolve_video
from viddiff.eval.viddiffbench.dataset import DataSet

#: Gives the local path of a file of a data set's repository on the hub.
Fetch = Callable[[str, str], Path]


class DomainDownload(Record):
    """What became of the videos of one domain."""

    domain: str
    """Its name."""
    n_videos: int
    """Videos that the data name."""
    unpacked: Unpacked | None
    """What was unpacked; None: the hub has no archive for it, or none was needed."""
    missing: tuple[str, ...]
    """Paths that are still missing."""
    problem: str | None = None
    """Why its archive could not be had."""


class DownloadResult(Record):
    """What ``viddiff data get`` did."""

    domains: tuple[DomainDownload, ...]
    """One entry for each domain."""

    @property
    def complete(self) -> bool:
        """Whether every video is there."""
        return not any(domain.missing for domain in self.domains)


def get_videos(
    dataset: DataSet, root: Path, fetch: Fetch | None = None, on_progress: Progress | None = None
) -> DownloadResult:
    """Fetch and unpack the archives of the domains that miss videos.

    Args:
        dataset: whose videos to fetch; only what it names is fetched.
        root: the folder that video paths are relative to; made if need be.
        fetch: how a file of the hub is had; None: ``huggingface_hub``, which keeps it in its cache.
        on_progress: called while files are unpacked.

    An archive that is not available is reported in its domain's ``problem``; the other domains go on.

    Raises:
        InputError: an archive that is refused (see ``unpack``), or a path that leaves the root.
    """
    hub_id = dataset.name if "/" in dataset.name else HUB_ID
    paths: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for sample in dataset.samples:
        for ref in (sample.video_a, sample.video_b):
            paths[sample.domain][ref.path] = resolve_video(root, ref)
    domains = []
    for domain, files in sorted(paths.items()):
        source, unpacked, problem = SOURCES.get(domain), None, None
        if source and source.archive and _missing(files):
            try:
                archive = (fetch or from_hub)(hub_id, source.archive)
            except BackendError as error:
                problem = str(error)
            else:
                unpacked = unpack(archive, root, on_progress=on_progress)
        domains.append(
            DomainDownload(
                domain=domain,
                n_videos=len(files),
                unpacked=unpacked,
                missing=_missing(files),
                problem=problem,
            )
        )
    return DownloadResult(domains=tuple(domains))


def _missing(files: dict[str, Path]) -> tuple[str, ...]:
    return tuple(sorted(path for path, resolved in files.items() if not resolved.exists()))


def from_hub(hub_id: str, filename: str) -> Path:
    """A file of a data set's repository, out of the hub's cache or downloaded into it.

    Raises:
        BackendError: it is not available.
    """
    try:
        from httpx import HTTPError
        from huggingface_hub import constants, hf_hub_download
    except ImportError:
        raise BackendError(f"{hub_id!r} needs huggingface_hub: install it with: pip install 'viddiff[bench]'") from None
    try:
        with offline_where_unreachable(constants):
            return Path(hf_hub_download(hub_id, filename, repo_type="dataset"))
    except (OSError, ValueError, HTTPError) as error:
        raise BackendError(
            f"{filename!r} of {hub_id!r} is not available on the hub ({type(error).__name__}): check the network, "
            "and log in with `hf auth login` if the data set requires it."
        ) from None
