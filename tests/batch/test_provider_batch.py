"""A run whose questions travel as batches of the provider: the same answers for half, killed and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.batch.made import documents, make_table
from tests.batch.test_run import BARE
from tests.eval.runs import serving
from tests.support.batch_server import BatchServer
from viddiff.batch.estimate import plan_batch
from viddiff.batch.pairs import pairs_of_table
from viddiff.batch.run import run
from viddiff.core.settings import Settings
from viddiff.lms import provider_batch
from viddiff.lms.cache import configure

PRICE: Any = "2,10"


@pytest.fixture(autouse=True)
def quick(own_place: Path, own_answers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are sent and looked for at once; answers are kept for this test alone."""
    monkeypatch.setattr(provider_batch, "QUIET_S", 0.2)
    monkeypatch.setattr(provider_batch, "POLL_S", 0.01)
    configure(own_place / "answers")


def settings_of(url: str, **options: Any) -> Settings:
    return Settings(pose="none", lm="openai/x", api_base=url, price=PRICE, threads=32, **options)


def answers_of(out: Path) -> dict[str, Any]:
    return {key: made["differences"] for key, made in documents(out).items()}


def test_batches_give_the_same_answers_for_half_and_a_second_run_asks_nothing(tmp_path: Path) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 4, 4))
    with serving() as server:
        plain = run(pairs, tmp_path / "plain", settings_of(server.url, cache_dir=tmp_path / "one"), BARE)
        n_plain = len(server.requests)
        answer = server.answer
    configure(tmp_path / "others")
    with BatchServer(answer) as batches:
        settings = settings_of(batches.url, cache_dir=tmp_path / "two", provider_batch=True)
        made = run(pairs, tmp_path / "batched", settings, BARE)
        assert len(batches.requests) == n_plain
        assert len(batches.batches) < n_plain
        run(pairs, tmp_path / "again", settings, BARE)
        assert len(batches.requests) == n_plain
        assert not list((tmp_path / "two" / "answers" / "batches").iterdir())
    assert answers_of(tmp_path / "batched") == answers_of(tmp_path / "plain")
    costs = [sum(usage.cost_usd or 0.0 for usage in result.usage.usage) for result in (plain, made)]
    assert costs[0] > 0
    assert costs[1] == pytest.approx(costs[0] / 2)
    with_batches, without = (
        plan_batch(pairs, settings.model_copy(update={"provider_batch": on}))[0].cost_usd for on in (True, False)
    )
    assert without is not None
    assert with_batches == pytest.approx(without / 2)


def test_a_question_that_fails_in_its_batch_is_failed_and_asked_again_by_the_same_command(tmp_path: Path) -> None:
    pairs = pairs_of_table(make_table(tmp_path, 2, 1))
    with serving() as server:
        answer = server.answer
    broken = [True]
    with BatchServer(lambda request: None if broken[0] else answer(request)) as batches:
        settings = settings_of(batches.url, cache_dir=tmp_path / "one", provider_batch=True, retries=0)
        failed = run(pairs, tmp_path / "run", settings, BARE).rows[0]
        assert (failed.status, failed.failed_questions) == ("incomplete", 2)
        assert failed.more_in_a + failed.more_in_b + failed.same == 0
        broken[0] = False
        mended = run(pairs, tmp_path / "run", settings, BARE).rows[0]
        assert (mended.status, mended.failed_questions) == ("done", 0)
