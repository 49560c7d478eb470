"""Stand-ins for models and providers: fakes by name, for tests only."""

from __future__ import annotations

import os

# dspy prices a call from a list that it would otherwise fetch: tests are offline.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
