"""What went wrong with a model call, in one clean sentence, and whether asking on makes sense."""

from __future__ import annotations

import re
from dataclasses import dataclass

import dspy
from dspy.utils import exceptions as dspy_errors

from viddiff.core.secrets import redact
from viddiff.core.types import FailureKind, Verdict

#: Most specific first. Fatal: the next question would meet the same wall.
_KINDS: tuple[tuple[type[Exception], FailureKind, bool, str], ...] = (
    (dspy_errors.LMAuthError, "key", True, "the key was refused: set the provider's key in the environment"),
    (dspy_errors.LMNotConfiguredError, "key", True, "no key is set: set the provider's key in the environment"),
    (dspy_errors.LMBillingError, "quota", True, "the account is out of quota: add credit, or use another model"),
    (dspy_errors.LMUnsupportedModelError, "model", True, "the model is unknown to the provider: check its name"),
    (
        dspy_errors.ContextWindowExceededError,
        "context",
        False,
        "the request is too long: lower --max-side",
    ),
    (dspy_errors.LMInvalidRequestError, "request", False, "the provider rejected the request"),
    (dspy_errors.LMRateLimitError, "rate", False, "the rate limit was still hit after all retries: lower --threads"),
    (dspy_errors.LMTimeoutError, "timeout", False, "no answer came in time: raise --timeout-s"),
    (
        dspy_errors.LMTransportError,
        "transport",
        False,
        "the server could not be reached: check --api-base",
    ),
    (dspy_errors.LMServerError, "server", False, "the server failed after all retries: try again later"),
    (dspy_errors.LMConfigurationError, "model", True, "the model cannot be used as configured"),
    (dspy_errors.LMUnsupportedFeatureError, "model", True, "the model cannot take this request"),
)

_REFUSAL = re.compile(
    r"^\W*(i['’]?m (very )?sorry|sorry,|i can(no|['’])t|i(['’]| a)m (unable|not able)|i won['’]?t|unfortunately, i)",
    re.IGNORECASE,
)
#: How providers say that a filter stopped a question or an answer: Gemini ("Candidate blocked: SAFETY"), OpenAI, Azure.
_FILTERED = re.compile(
    r"\b(candidate|prompt) blocked\b|content[ _](filter|policy)|content management policy|flagged as", re.IGNORECASE
)
_MAX_CHARS = 300


@dataclass(frozen=True)
class Failure:
    """One failed call: what kind, a sentence for the user, whether every further call would fail alike."""

    kind: FailureKind
    message: str
    fatal: bool = False
    raw: str | None = None
    """The model's words, where there were any."""

    @property
    def verdict(self) -> Verdict:
        """The verdict of a question that met it."""
        status = "refused" if self.kind == "refused" else "failed"
        return Verdict(status=status, error=self.message, fault=self.kind, raw=self.raw)


def failure_of(error: Exception, model: str = "") -> Failure | None:
    """The failure that an exception of a model call means, or None when the exception is a bug of ours."""
    if isinstance(error, dspy.AdapterParseError):
        return parse_failure(error, model)
    model = model or getattr(error, "model", None) or ""
    named = f"Model {model!r}: " if model else ""
    if isinstance(error, dspy_errors.LMNotConfiguredError) and getattr(error, "env_keys", None):
        return Failure(
            "key", f"{named}no key is set: set {' or '.join(error.env_keys)} in the environment.", fatal=True
        )
    if isinstance(error, dspy_errors.LMTransportError) and "timed out" in str(error):
        # dspy's native client reports a read that timed out as a transport error.
        error = dspy_errors.LMTimeoutError(error.message)
    if isinstance(error, dspy_errors.LMInvalidRequestError) and _FILTERED.search(str(error)):
        return Failure(
            "refused", f"{named}a content filter stopped it ({clean_text(error.message or str(error))}).", raw=""
        )
    for kind_of, kind, fatal, advice in _KINDS:
        if isinstance(error, kind_of):
            details = clean_text(getattr(error, "message", "") or str(error))
            return Failure(kind, f"{named}{advice} ({details})." if details else f"{named}{advice}.", fatal)
    if isinstance(error, dspy_errors.LMError):
        return Failure("other", f"{named}the server's answer could not be read ({clean_text(str(error))}).")
    return None


def parse_failure(error: dspy.AdapterParseError, model: str) -> Failure:
    """A reply that is no answer: a refusal in words, nothing at all, or something else."""
    raw = "" if "empty or null" in str(error) else str(error.lm_response or "")
    named = f"Model {model!r}" if model else "The model"
    if not raw.strip():
        return Failure("refused", f"{named} gave an empty answer, as a content filter or a token limit does.", raw="")
    if _REFUSAL.match(raw):
        return Failure("refused", f"{named} refused to answer.", raw=clean_text(raw, 2000))
    return Failure("garbled", f"{named} gave an answer that could not be parsed.", raw=clean_text(raw, 2000))


def clean_text(text: str, max_chars: int = _MAX_CHARS) -> str:
    """Provider text fit for a report: no secrets, one line, not too long."""
    text = " ".join(redact(text).split())
    return text[:max_chars].rstrip(" .") + ("…" if len(text) > max_chars else "")
