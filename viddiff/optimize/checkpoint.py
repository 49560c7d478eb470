"""What GEPA goes on from: its last state that no call had a part in which was refused, or met a dead server.

GEPA keeps its state after every iteration, counts the calls of failed ones, and takes what was not answered for a score
of 0. A state is therefore copied while every model answers, and a run that was ended leaves that copy behind.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType

from viddiff.core.files import atomic
from viddiff.optimize.monitor import FailureMonitor

#: The name that GEPA gives its state, which it exports nowhere (held by a test), and that of the copy.
STATE, SOUND_STATE = "gepa_state.bin", "sound_state.bin"


class Checkpoint:
    """A listener of GEPA, and a context around its run.

    Args:
        folder: where GEPA keeps its state; None: nowhere.
        monitor: knows whether the models answer.
    """

    def __init__(self, folder: Path | None, monitor: FailureMonitor) -> None:
        self.folder, self.monitor = folder, monitor

    def __enter__(self) -> None:
        # A run that was killed may have left a state of the time when the server was down.
        if self.folder is not None and (self.folder / SOUND_STATE).exists():
            self._put(SOUND_STATE, STATE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.folder is None:
            return
        if self.monitor.is_answering and self.monitor.reason is None:
            self.keep()
        elif (self.folder / SOUND_STATE).exists():
            self._put(SOUND_STATE, STATE)
        else:
            (self.folder / STATE).unlink(missing_ok=True)

    def on_state_saved(self, event: object) -> None:
        """GEPA's callback."""
        if self.monitor.is_answering:
            self.keep()

    def keep(self) -> None:
        """Keep the state as it is now."""
        if self.folder is not None and (self.folder / STATE).exists():
            self._put(STATE, SOUND_STATE)

    def _put(self, source: str, target: str) -> None:
        assert self.folder is not None
        with atomic(self.folder / target) as temporary:
            shutil.copyfile(self.folder / source, temporary)
