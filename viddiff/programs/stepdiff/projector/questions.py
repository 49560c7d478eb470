"""The questions of the three tasks, asked of a trained projector by likelihood (paper, section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence

from viddiff.lms.likelihood import share_of
from viddiff.programs.stepdiff.projector.chat import paired_chat
from viddiff.programs.stepdiff.projector.training import PairedModel
from viddiff.signatures.stepdiff.paired_qa import main_difference, same_in

#: Names of a reference and a candidate.
Names = tuple[str, str]
YES, NO = "YES", "NO"
#: Of an answer, at the most: one sentence.
MAX_TOKENS = 64


def caption(model: PairedModel, pair: Names, category: str) -> str:
    """DiffCap: the main difference in a category, word by word the likeliest."""
    return model.answer(paired_chat(*pair, main_difference(category)), MAX_TOKENS)


def caption_likelihoods(model: PairedModel, pairs: Sequence[Names], category: str, difference: str) -> list[float]:
    """DiffMCQ: the log-likelihood of a caption as the answer for each pair, summed over its tokens."""
    chats = [paired_chat(*pair, main_difference(category)) for pair in pairs]
    return model.log_likelihoods(chats, [difference] * len(chats))


def p_same(model: PairedModel, pair: Names, category: str) -> float:
    """DiffRank: p(YES) / (p(YES) + p(NO)) that both show the same in a category."""
    yes, no = model.log_likelihoods([paired_chat(*pair, same_in(category))] * 2, [YES, NO])
    return share_of(yes, no)
