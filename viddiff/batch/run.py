"""Compares many pairs, several at a time, resumable at any moment.

Each pair ends as a folder with its comparison and a row of the journal, or as a row that says why there is none. What
every further pair would meet (no money left, no model, a full disk) ends the run; the same command resumes it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Literal

from viddiff import build
from viddiff.api import Comparer
from viddiff.batch.compare import Pages
from viddiff.batch.engines import Engine, engine_of
from viddiff.batch.manifest import FILE, manifest_of
from viddiff.batch.pairs import Pair
from viddiff.batch.rows import Row, failed_row, row_with_people, write_index
from viddiff.core.errors import InputError, UsageError, VidDiffError
from viddiff.core.parallel import in_parallel
from viddiff.core.settings import Settings
from viddiff.core.types import Progress, silent
from viddiff.eval.journal import open_journal
from viddiff.eval.manifest import claim
from viddiff.eval.once import RunOnce
from viddiff.eval.session import RunUsage, Session, usage_of

EngineName = Literal["local", "ray"]


@dataclass(frozen=True)
class BatchResult:
    """What came of a run: a row for each pair in their order, what all sessions asked, the files of the index."""

    rows: list[Row]
    usage: RunUsage
    files: list[Path]


def run(
    pairs: Sequence[Pair],
    out: Path,
    settings: Settings,
    pages: Pages | None = None,
    progress: Progress = silent,
    *,
    engine: EngineName = "local",
    ray_address: str | None = None,
) -> BatchResult:
    """Compare the pairs into ``out``, or resume the run that was begun there.

    Args:
        pairs: what to compare, each key once; a later call may bring more.
        out: the run folder: a folder a pair, the journal, the index.
        settings: as of one comparison. A budget holds for all sessions of the run together.
        pages: which pages are written.
        progress: called with how many pairs are done.
        engine, ray_address: where the work is done; see ``viddiff.batch.engines``.

    Raises:
        UsageError: no cache, other settings than the run was begun with, another process on it, or no Ray.
        BackendError: a model, or no cluster. BudgetError: the budget ended the run for now.
    """
    if not settings.cache:
        raise UsageError("A batch keeps each clip in the cache: leave --no-cache out.")
    with open_journal(out) as journal, build.answer_cache(settings, settings.has_lm):
        session = Session(journal, progress)
        comparer = Comparer(session.settings_within_budget(settings), threads=1)
        session.lms = comparer.lms
        if comparer.store.notices:
            raise UsageError(comparer.store.notices[0])
        claim(out, manifest_of(comparer), FILE)
        worker = engine_of(engine, comparer, out, pages or Pages(), ray_address)
        batch = BatchSession(comparer, worker, out, session)
        try:
            batch.run(pairs)
        finally:
            worker.close()
            files = write_index(out, batch.rows_of(pairs))
        return BatchResult(batch.rows_of(pairs), usage_of(journal.read()), files)


@dataclass
class BatchSession:
    """A session of a run.

    Attributes:
        comparer: holds the models and what they were asked.
        engine: does the work.
        out: the run folder.
        session: with the journal of the run.
        rows: key -> the last row of a pair.
    """

    comparer: Comparer
    engine: Engine
    out: Path
    session: Session
    rows: dict[str, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for record in self.session.records:
            if record["type"] == "pair":
                row = Row.model_validate(record["row"])
                self.rows[row.key] = row
        self.reading = RunOnce(self.engine.n_clips)

    def run(self, pairs: Sequence[Pair]) -> None:
        """Compare what is not done yet; raises as ``run``."""
        for pair in pairs:
            row = self.rows.get(pair.key)
            if row is not None and (renewed := row_with_people(row, pair)) != row:
                self.keep(renewed)
        done = {pair.key for pair in pairs if self.is_done(pair)}
        # Models are waited for, the processor is not.
        n_threads = max(self.engine.n_cpus, self.comparer.settings.threads if self.comparer.lms else 1)
        self.session.answer_items("pairs", pairs, attrgetter("key"), done, self.compare, n_threads)

    def is_done(self, pair: Pair) -> bool:
        """Whether nothing is left to do: its row says so and its document is there."""
        row = self.rows.get(pair.key)
        return row is not None and row.status == "done" and (self.out / pair.key / "comparison.json").is_file()

    def compare(self, pair: Pair) -> None:
        """One pair, from its clips to its row in the journal."""
        try:
            in_parallel([functools.partial(self.read, path) for path in pair.paths], 2)
            row = self.engine.compare(pair)
        except InputError as error:
            row = failed_row(pair, str(error))
        except VidDiffError:
            raise
        except Exception as error:
            # A bug of ours fails this pair alone: the others are still compared.
            row = failed_row(pair, f"internal error, {type(error).__name__}: {error}")
        self.keep(row)

    def keep(self, row: Row) -> None:
        """Keep a row in the journal; the last one of a pair counts."""
        self.session.journal.append({"type": "pair", "row": row.model_dump(mode="json")})
        self.rows[row.key] = row

    def read(self, path: Path) -> None:
        """Have a clip in the cache, read once however many pairs use it."""
        self.reading(path.absolute(), functools.partial(self.engine.read, path))

    def rows_of(self, pairs: Sequence[Pair]) -> list[Row]:
        """The rows there are, in the order of the pairs."""
        return [self.rows[pair.key] for pair in pairs if pair.key in self.rows]
