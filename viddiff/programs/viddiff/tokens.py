"""Rough sizes for plans of what would be asked."""

from __future__ import annotations

#: Rough sizes of our own prompts and answers in tokens, from the text of the signatures.
PROPOSER_TOKENS, PROPOSER_ANSWER = 900, 900
QUESTION_TOKENS, QUESTION_ANSWER = 700, 150
#: Of the planner: its quantities and language, and the answer about a statement.
PLANNER_TOKENS, PLANNER_ANSWER = 3000, 80
#: The most images of both videos in the baseline's one call (paper).
MAX_IMAGES = 150
#: A statement with its key, where several share a call.
STATEMENT_TOKENS = 20
