"""Model strings to LMs, one for each role, with what they cost; the only place that makes a ``dspy.LM``."""

from __future__ import annotations

from viddiff.lms.adapters import adapter_of
from viddiff.lms.failures import Failure, failure_of
from viddiff.lms.meter import Meter
from viddiff.lms.roles import LMs, make_lm

__all__ = ["Failure", "LMs", "Meter", "adapter_of", "failure_of", "make_lm"]
