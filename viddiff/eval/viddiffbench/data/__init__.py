"""VidDiffBench and data sets like it: rows in, checked samples out, with splits and the state of the videos.

The benchmark is that of "Video Action Differencing" (ICLR 2025, arXiv 2503.07860); one's own labelled pairs load the
same way from a ``pairs.json`` (docs/data.md).
"""

from __future__ import annotations

from viddiff.eval.viddiffbench.data.check import DatasetReport, check_data
from viddiff.eval.viddiffbench.data.get import DownloadResult, get_videos
from viddiff.eval.viddiffbench.data.load import load_data
from viddiff.eval.viddiffbench.data.unpack import Unpacked, unpack
from viddiff.eval.viddiffbench.data.videos import clip_span, resolve_video, videos_root
from viddiff.eval.viddiffbench.splits import Splits, split_data

__all__ = [
    "DatasetReport",
    "DownloadResult",
    "Splits",
    "Unpacked",
    "check_data",
    "clip_span",
    "get_videos",
    "load_data",
    "resolve_video",
    "split_data",
    "unpack",
    "videos_root",
]
