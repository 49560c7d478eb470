"""The hub is asked only where it answers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from viddiff.core import hub


def test_an_unreachable_server_is_found_out_at_once() -> None:
    assert hub.is_reachable("http://127.0.0.1:9/", timeout_s=1) is False
    assert hub.is_reachable("no url at all") is False


@pytest.mark.parametrize(("answers", "inside"), [(True, False), (False, True)])
def test_libraries_look_into_their_caches_only_where_the_hub_is_out_of_reach(
    answers: bool, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "is_reachable", lambda url: answers)
    modules = SimpleNamespace(HF_HUB_OFFLINE=False), SimpleNamespace(HF_HUB_OFFLINE=False)
    with hub.offline_where_unreachable(*modules):
        assert [module.HF_HUB_OFFLINE for module in modules] == [inside, inside]
    assert [module.HF_HUB_OFFLINE for module in modules] == [False, False]


def test_who_is_offline_on_purpose_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "is_reachable", lambda url: pytest.fail("the network was asked"))
    with hub.offline_where_unreachable(SimpleNamespace(HF_HUB_OFFLINE=True)):
        pass
