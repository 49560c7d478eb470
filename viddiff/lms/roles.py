"""LMs by role. Programs hold no LM: they ask for a role and get the model that the user's string names.

A deep copy is the same object: optimizers copy programs for every candidate, and models, keys and meters are shared.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import dspy

from viddiff.core.errors import BudgetError, UsageError
from viddiff.core.parallel import check_interrupted
from viddiff.core.settings import ModelLimits, Price
from viddiff.core.usage import Usage
from viddiff.lms.constrained import ConstrainedLM, must_constrain
from viddiff.lms.limits import limits_of
from viddiff.lms.meter import ForwardingTracker, Meter, count_calls
from viddiff.lms.pricing import check_limit

# The price list is the one bundled with dspy: no surprise request, and the same price tomorrow.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

Role = Literal["text", "vision", "judge", "reflection"]

#: Meter of a role -> the one that counts apart in this context.
_COUNTED: contextvars.ContextVar[Mapping[Meter, Meter] | None] = contextvars.ContextVar("viddiff_counted", default=None)

#: The key for a server named by --api-base. The keys of public providers are never sent there.
API_BASE_KEY = "VIDDIFF_API_KEY"
#: Providers whose requests may go to a server of the user's.
API_BASE_PROVIDERS = ("openai", "hosted_vllm", "ollama", "ollama_chat", "lm_studio", "llamafile", "litellm_proxy")


class LMs:
    """One LM for each role, and a meter on each.

    >>> from viddiff import LMs
    >>> lms = LMs(text="openai/gpt-4o-mini", vision="gemini/gemini-2.5-pro", budget_usd=5)
    >>> lms.spent_usd
    0.0

    Args:
        text: proposes; a model string or a ``dspy.LM``.
        vision: looks at frames; default: the same as ``text``.
        judge, reflection: for evaluation and compiling; default: the same as ``text``.
        budget_usd: once this much is spent, asking raises BudgetError; only models with a known price count.
        max_calls: after so many calls that no cache answers, asking raises BudgetError.
        price: what tokens cost, instead of the list of prices.
        table: what the user says that models take, by pattern, see ``viddiff.lms.limits``.
        options: passed to ``make_lm`` for model strings.

    Attributes:
        limits: what the model of each role takes.

    Raises:
        UsageError: a budget in dollars that could not be kept, or a model string that cannot be.
    """

    def __init__(
        self,
        text: str | dspy.LM,
        vision: str | dspy.LM | None = None,
        judge: str | dspy.LM | None = None,
        reflection: str | dspy.LM | None = None,
        *,
        budget_usd: float | None = None,
        max_calls: int | None = None,
        price: Price | None = None,
        table: Mapping[str, ModelLimits] | None = None,
        **options: Any,
    ) -> None:
        hosted = options.get("api_base") is None
        by_role: dict[Role, str | dspy.LM] = {
            "text": text,
            "vision": vision or text,
            "judge": judge or text,
            "reflection": reflection or text,
        }
        lms: dict[str, dspy.LM] = {}
        self.lms: dict[Role, dspy.LM] = {}
        for role, model in by_role.items():
            if isinstance(model, str):
                if model not in lms:
                    lms[model] = make_lm(model, limits=limits_of(model, table, hosted), **options)
                model = lms[model]
            count_calls(model)
            self.lms[role] = model
        self.limits = {role: limits_of(lm.model, table, hosted) for role, lm in self.lms.items()}
        check_limit((lm.model for lm in self.lms.values()), budget_usd, max_calls, price, hosted)
        batched = options.get("batches") is not None
        self.meters = {role: Meter(role, lm.model, price, hosted, batched) for role, lm in self.lms.items()}
        self.budget_usd, self.max_calls = budget_usd, max_calls
        self._in_flight = 0
        self._changed = threading.Condition()

    def __deepcopy__(self, memo: dict[int, Any]) -> LMs:
        return self

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        # Models, keys and addresses are never part of a saved program, so of LMs nothing is saved.
        return _no_models, ()

    @contextmanager
    def role(self, role: Role) -> Iterator[None]:
        """Within this context dspy asks the model of ``role``, and its meter counts.

        Raises:
            BudgetError: the budget is spent.
        """
        check_interrupted()
        self.check_budget()
        meter = self.meters[role]
        meter = (_COUNTED.get() or {}).get(meter, meter)
        outer = dspy.settings.usage_tracker
        if isinstance(outer, ForwardingTracker):
            # A role within a role (a judge within reflection): a call belongs to the inner one alone.
            outer = outer.outer
        with dspy.context(lm=self.lms[role], usage_tracker=meter.usage_tracker(outer, self.call_slot)):
            yield

    @contextmanager
    def call_slot(self) -> Iterator[None]:
        """Within this context one call may be made. Near the limit each waits for the others: a cache may answer them.

        Raises:
            BudgetError: the budget is spent.
        """
        with self._changed:
            most = self.max_calls
            if most is not None:
                self._changed.wait_for(lambda: not self._in_flight or self.n_asked + self._in_flight < most)
            self.check_budget()
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    @contextmanager
    def count_usage(self) -> Iterator[Callable[[], tuple[Usage, ...]]]:
        """Yields what tells the usage of this context alone, with the threads begun in it."""
        before = _COUNTED.get() or {}
        apart = {
            meter: Meter(meter.role, meter.model, outer=before.get(meter, meter)) for meter in self.meters.values()
        }
        token = _COUNTED.set({**before, **apart})
        try:
            yield lambda: usage_of(apart.values())
        finally:
            _COUNTED.reset(token)

    @property
    def n_asked(self) -> int:
        """Calls so far that no cache answered."""
        return sum(meter.n_asked for meter in self.meters.values())

    @property
    def spent_usd(self) -> float:
        """Dollars so far, as far as prices are known."""
        return sum(meter.cost_usd or 0.0 for meter in self.meters.values())

    @property
    def budget_reached(self) -> bool:
        """Whether no more may be asked."""
        spent = self.budget_usd is not None and self.spent_usd >= self.budget_usd
        return spent or self.calls_reached

    @property
    def calls_reached(self) -> bool:
        """Whether the calls are used up."""
        return self.max_calls is not None and self.n_asked >= self.max_calls

    def check_budget(self) -> None:
        """Raise BudgetError when the budget is spent."""
        if self.calls_reached:
            raise BudgetError(
                f"The limit of {self.max_calls} calls is reached. "
                "Raise --max-calls and run the same command again: answers are kept."
            )
        if self.budget_reached:
            raise BudgetError(
                f"The budget of ${self.budget_usd:g} is reached (${self.spent_usd:.4f} spent). "
                "Raise --max-cost and run the same command again: answers are kept."
            )

    @property
    def usage(self) -> tuple[Usage, ...]:
        """What each role asked, for roles that asked anything."""
        return usage_of(self.meters.values())


def limits_in_force(lms: LMs | None) -> ModelLimits:
    """What the model takes that looks at frames: that of ``lms``, else ``dspy.settings.lm``."""
    if lms is not None:
        return lms.limits["vision"]
    model = getattr(dspy.settings.lm, "model", None)
    return limits_of(model) if isinstance(model, str) else ModelLimits()


def usage_of(meters: Iterable[Meter]) -> tuple[Usage, ...]:
    """What meters counted, of those that counted anything."""
    usages = (meter.usage for meter in meters)
    return tuple(usage for usage in usages if usage.calls or usage.failed_calls)


def _no_models() -> None:
    """What a saved program has for its models."""


def make_lm(
    model: str,
    *,
    api_base: str | None = None,
    timeout_s: float = 120.0,
    retries: int = 3,
    cache: bool = True,
    limits: ModelLimits | None = None,
    batches: Path | None = None,
    **options: Any,
) -> dspy.LM:
    """The LM that a model string names: ``provider/model``, or ``local/<hub repository or folder>``.

    It keeps to ``limits``, as far as dspy would not by itself. With ``batches`` it is asked through the provider's
    batches, which are written down in that folder.

    Raises:
        UsageError: the string names no provider, or one that has no server of the user's.
        BackendError: a local model is not available.
    """
    provider, _, name = model.partition("/")
    if not name:
        raise UsageError(f"Model {model!r} has no provider prefix: write e.g. 'openai/{model or 'gpt-4o'}'.")
    if batches is not None:
        from viddiff.lms.provider_batch import engine_of

        if api_base is not None:
            server_options(provider, model, api_base)
        key = None if api_base is None else os.environ.get(API_BASE_KEY) or "none"
        options["engine"] = engine_of(model, batches, api_base, key)
    elif provider == "local":
        from viddiff.lms.local import local_lm

        return local_lm(model, cache=cache, **options)
    elif api_base is not None:
        options |= server_options(provider, model, api_base)
    options |= {"cache": cache, "num_retries": retries}
    if batches is None:
        # A batch takes the time that it takes.
        options["timeout"] = timeout_s
    if limits is not None and must_constrain(limits):
        return ConstrainedLM(model, limits=limits, **options)
    return dspy.LM(model, **options)


def server_options(provider: str, model: str, api_base: str) -> dict[str, str]:
    """What sends a model's requests to a server of the user's."""
    if "@" in api_base:
        # Some clients take it for a part of the host, and a shell would keep it in its history.
        raise UsageError(f"--api-base holds a user name: give the address alone, and a key in {API_BASE_KEY}.")
    if provider not in API_BASE_PROVIDERS:
        prefixes = ", ".join(f"{name}/" for name in API_BASE_PROVIDERS)
        raise UsageError(
            f"Model {model!r} cannot be asked at --api-base {api_base!r}: use one of {prefixes} before its name."
        )
    if not api_base.startswith(("http://", "https://")):
        raise UsageError(f"--api-base {api_base!r} is not a URL: write e.g. http://localhost:8000/v1.")
    if provider.startswith("ollama") and not api_base.rstrip("/").endswith("/v1"):
        # dspy asks Ollama through its OpenAI-compatible interface, which is under /v1.
        api_base = api_base.rstrip("/") + "/v1"
    return {"api_base": api_base, "api_key": os.environ.get(API_BASE_KEY) or "none"}
