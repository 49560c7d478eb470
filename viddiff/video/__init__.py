"""Video in: probe (facts, limits), sample (decode only what is needed), store (frames by content hash)."""

from viddiff.video.loaded import FrameSequence, GreyTrack, LoadedVideo
from viddiff.video.probe import probe
from viddiff.video.sample import Sampling, load
from viddiff.video.source import Limits, Probe
from viddiff.video.store import FrameStore

__all__ = ["FrameSequence", "FrameStore", "GreyTrack", "Limits", "LoadedVideo", "Probe", "Sampling", "load", "probe"]
