"""Model strings to LMs, one for each role, with what they cost; the only place that makes a ``dspy.LM``."""

from __future__ import annotations

from viddiff.lms.adapters import adapter_of
from viddiff.lms.faults import Fault, fault_of
from viddiff.lms.meter import Meter
from viddiff.lms.roles import LMs, make_lm

__all__ = ["Fault", "LMs", "Meter", "adapter_of", "fault_of", "make_lm"]
