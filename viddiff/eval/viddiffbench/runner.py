"""The pairs of a run on labelled pairs: what the journal holds of each, and how one is answered."""

from __future__ import annotations

import datetime
import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from viddiff.build import asking_context, frame_store
from viddiff.core.errors import InputError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.core.types import Outcome, Proposal, Side, Verdict
from viddiff.eval.cluster import Cluster
from viddiff.eval.journal import Journal
from viddiff.eval.once import RunOnce
from viddiff.eval.viddiffbench.control_pairs import apply_control
from viddiff.eval.viddiffbench.data.videos import Locate, read_video
from viddiff.eval.viddiffbench.dataset import Sample
from viddiff.eval.viddiffbench.manifest import Manifest
from viddiff.eval.viddiffbench.methods.registry import AnswerPair
from viddiff.lms import LMs
from viddiff.motion.pose.reader import PoseReader
from viddiff.programs.questions import check_all_asked


class RunState:
    """What the journal holds that a run that goes on needs; all writing goes through it.

    The last record of a question or sample counts: what failed for a reason that passes is asked again.

    Args:
        journal: of the run.
        records: what it holds.
        keep_failed: nothing that failed is asked again.

    Attributes:
        done: keys of the samples that need no more work.
        verdicts: sample key -> question key -> verdict, for samples that are not done.
        proposals: by name.
    """

    def __init__(self, journal: Journal, records: Iterable[dict[str, Any]], keep_failed: bool = False) -> None:
        self.journal = journal
        self.keep_failed = keep_failed
        self.done: set[str] = set()
        self.verdicts: dict[str, dict[str, Verdict]] = {}
        self.proposals: dict[str, Proposal] = {}
        self._lock = threading.Lock()
        self._makers: dict[str, threading.Lock] = {}
        for record in records:
            self._take(record)

    def _take(self, record: dict[str, Any]) -> None:
        if record["type"] == "verdict":
            verdict = Verdict.model_validate(record["verdict"])
            self.verdicts.setdefault(record["sample"], {})[record["key"]] = verdict
        elif record["type"] == "proposal":
            self.proposals[record["name"]] = Proposal.model_validate(record["proposal"])
        elif record["type"] == "missing" or (record["type"] == "sample" and self._is_settled(record["outcome"])):
            self.done.add(record["sample"])
            self.verdicts.pop(record["sample"], None)

    def _is_settled(self, outcome: dict[str, Any]) -> bool:
        return not Outcome.model_validate(outcome).retryable or self.keep_failed

    def known_verdict(self, sample: str, question: str) -> Verdict | None:
        """The verdict of a question that need not be asked again."""
        verdict = self.verdicts.get(sample, {}).get(question)
        return None if verdict is None or (verdict.retryable and not self.keep_failed) else verdict

    def write(self, record: dict[str, Any]) -> None:
        """Keep a record, on disk first."""
        self.journal.append(record)
        with self._lock:
            self._take(record)

    def get(self, name: str, make: Callable[[], Proposal]) -> Proposal:
        """A proposal, made once; threads that need it meanwhile wait."""
        with self._lock:
            making = self._makers.setdefault(name, threading.Lock())
        with making:
            if name not in self.proposals:
                self.write({"type": "proposal", "name": name, "proposal": make().model_dump(mode="json")})
            return self.proposals[name]


@dataclass(frozen=True)
class JournalVerdicts:
    """The journal as one sample's program sees it."""

    state: RunState
    sample_key: str

    def get(self, key: str) -> Verdict | None:
        """The verdict of a question that was asked before."""
        return self.state.known_verdict(self.sample_key, key)

    def keep(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict."""
        record = {"type": "verdict", "sample": self.sample_key, "key": key, "verdict": verdict.model_dump(mode="json")}
        self.state.write(record)


@dataclass
class Runner:
    """Answers the samples of a run; for several threads.

    Attributes:
        manifest: what the run is.
        state: its journal, read.
        method: answers one pair.
        rates: frames a second by domain, which hold unless the user set one.
        locate: finds the videos.
        settings: how videos are read.
        lms: the models, for their budget; None for the measured program.
        poses: estimates pose while the videos are decoded; None: nobody asks for pose.
        cluster: where clips are read ahead; None: here.
    """

    manifest: Manifest
    state: RunState
    method: AnswerPair
    rates: Mapping[str, float]
    locate: Locate
    settings: Settings
    lms: LMs | None
    poses: PoseReader | None
    cluster: Cluster | None = None

    def answer(self, sample: Sample) -> None:
        """One sample, from its videos to its record in the journal.

        Raises:
            BudgetError: the budget ended the run; the same command with more of it goes on.
            BackendError: a model or weights are not available.
            InputError: a video cannot be read (see --allow-missing).
        """
        try:
            if self.cluster is not None:
                in_parallel([functools.partial(self._prepare, self.cluster, sample, side) for side in ("a", "b")], 2)
            store = frame_store(self.settings)
            loaded = [
                read_video(sample, side, self.locate, self.settings, self.rates, store, self.poses)
                for side in ("a", "b")
            ]
        except InputError as error:
            if not self.manifest.allow_missing:
                raise
            self.state.write({"type": "missing", "sample": sample.key, "why": str(error)})
            return
        relabelled, a, b = apply_control(sample, loaded[0], loaded[1], self.manifest.control)
        with asking_context(self.settings):
            outcome = self.method(relabelled, a, b, JournalVerdicts(self.state, sample.key))
        check_all_asked(outcome, self.lms)
        clips_s = [[video.info.start_s, video.info.stop_s] for video in (a, b)]
        record: dict[str, Any] = {
            "type": "sample",
            "sample": sample.key,
            "clips_s": clips_s,
            "action": relabelled.action,
        }
        videos = [video.info.model_dump(mode="json") for video in (a, b)]
        created = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        record |= {"created": created, "videos": videos, "outcome": outcome.model_dump(mode="json")}
        self.state.write(record)

    def _prepare(self, cluster: Cluster, sample: Sample, side: Side) -> None:
        path, start_s, stop_s = self.locate(sample, side)
        read = functools.partial(read_video, sample, side, self.locate, cluster.settings, self.rates)
        self._prepare_once((path, start_s, stop_s, sample.domain), functools.partial(cluster.prepare, read))

    @functools.cached_property
    def _prepare_once(self) -> RunOnce:
        return RunOnce(self.cluster.n_clips if self.cluster else 1)
