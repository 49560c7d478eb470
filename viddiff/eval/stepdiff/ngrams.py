"""BLEU and CIDEr over whole files at once, as the released evaluator of StepDiff computes them.

Tokens are what stands between blanks: letters keep their case and words their punctuation. An n-gram is a number, and
a sentence its n-grams with their counts, so that all sentences of a file are counted by a few sorts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from viddiff.eval.statistics import Statistic, Sums

Ints = NDArray[np.int64]

#: Longest n-gram that is counted.
MAX_N = 4
#: Width of CIDEr's penalty for another length than the reference's, in bigrams.
_SIGMA = 6.0
_TINY, _SMALL = 1e-15, 1e-9


@dataclass(frozen=True)
class Counts:
    """The n-grams of one length: entry e says that sentence ``sentence[e]`` has ``gram[e]`` ``count[e]`` times.

    Attributes:
        key: (E,) sentence x n_grams + gram, in ascending order; sentences 0 to N-1 are the answers of the N rows.
        n_grams: how many different ones there are.
    """

    key: Ints
    count: Ints
    n_grams: int

    @property
    def sentence(self) -> Ints:
        """(E,) number of the sentence."""
        return self.key // self.n_grams

    @property
    def gram(self) -> Ints:
        """(E,) number of the n-gram."""
        return self.key % self.n_grams


@dataclass(frozen=True)
class Texts:
    """Answers, and what each is compared with.

    Attributes:
        answers: N sentences, "" for none.
        references: N lists of at least one sentence.
    """

    answers: Sequence[str]
    references: Sequence[Sequence[str]]

    @cached_property
    def row(self) -> Ints:
        """(R,) the row of each reference sentence, all rows' sentences one after the other."""
        return np.repeat(np.arange(len(self.answers)), [len(texts) for texts in self.references])

    @cached_property
    def _tokens(self) -> list[list[str]]:
        return [text.split() for text in self.answers] + [text.split() for texts in self.references for text in texts]

    @cached_property
    def lengths(self) -> Ints:
        """(N + R,) tokens of each sentence, answers first."""
        return np.fromiter(map(len, self._tokens), np.int64, len(self._tokens))

    @cached_property
    def counts(self) -> tuple[Counts, ...]:
        """Of n-grams of one to four tokens."""
        vocabulary: dict[str, int] = {}
        flat = [vocabulary.setdefault(token, len(vocabulary)) for tokens in self._tokens for token in tokens]
        words, sentence = np.array(flat, dtype=np.int64), np.repeat(np.arange(len(self.lengths)), self.lengths)
        grams, n_words, counts_of = words, max(1, len(vocabulary)), []
        for n in range(1, MAX_N + 1):
            if n > 1:
                grams = np.unique(grams[:-1] * n_words + words[n - 1 :], return_inverse=True)[1].astype(np.int64)
            # The last n - 1 tokens of a sentence begin no n-gram.
            begins = sentence[: len(grams)]
            inside = begins == sentence[n - 1 :]
            n_grams = int(grams.max(initial=0)) + 1
            key, count = np.unique(begins[inside] * n_grams + grams[inside], return_counts=True)
            counts_of.append(Counts(key, count.astype(np.int64), n_grams))
        return tuple(counts_of)


def cider(texts: Texts, rows: Ints | None = None) -> Sums:
    """CIDEr of each row, (N,), 0 to 10 (Vedantam et al., 2015, the variant D without its cut-offs, times 10).

    Args:
        rows: only these, in ascending order; None: all.

    How rare an n-gram is is counted over these rows: a row alone has 0, and a part of a file other numbers than
    the same rows in the whole file.

    >>> cider(Texts(["a b c d", "e f"], [["a b c d"], ["e g"]])).round(3).tolist()
    [10.0, 1.25]
    """
    n_rows, row = len(texts.answers), texts.row
    counted = np.ones(n_rows, bool) if rows is None else np.isin(np.arange(n_rows), rows)
    in_chosen = np.concatenate([counted, counted[row]])
    total = np.zeros(len(row))
    bigrams = np.maximum(texts.lengths - 1, 0)
    penalty = np.exp(-np.square(bigrams[row] - bigrams[n_rows:]) / (2 * _SIGMA**2))
    for counts in texts.counts:
        inside = in_chosen[counts.sentence]
        key, sentence, gram = counts.key[inside], counts.sentence[inside], counts.gram[inside]
        of_reference = sentence >= n_rows
        in_row = row[sentence[of_reference] - n_rows] * counts.n_grams + gram[of_reference]
        rows_with = np.bincount(_distinct(in_row) % counts.n_grams, minlength=counts.n_grams)
        value = counts.count[inside] * (np.log(counted.sum()) - np.log(np.maximum(rows_with, 1)))[gram]
        norm = np.sqrt(np.bincount(sentence, np.square(value), minlength=len(texts.lengths)))
        of_answer = _look_up(in_row, key[~of_reference], value[~of_reference])
        product = np.minimum(of_answer, value[of_reference]) * value[of_reference]
        dot = np.bincount(sentence[of_reference] - n_rows, product, minlength=len(row))
        norms = norm[row] * norm[n_rows:]
        total += np.divide(dot, norms, out=np.zeros(len(row)), where=norms > 0)
    each: Sums = np.bincount(row, total * penalty / MAX_N, minlength=n_rows) / np.bincount(row, minlength=n_rows)
    return 10 * each[counted]


def bleu_sums(texts: Texts) -> Sums:
    """What BLEU adds up, (N, 10): matches of 1 to 4 tokens, n-grams of the answer, its length, the reference's.

    The reference length is the one closest to the answer's, the shorter of two as close.
    """
    n_rows, row = len(texts.answers), texts.row
    answer, reference = texts.lengths[:n_rows], texts.lengths[n_rows:]
    matches = []
    for counts in texts.counts:
        of_reference = counts.sentence >= n_rows
        in_row = row[counts.sentence[of_reference] - n_rows] * counts.n_grams + counts.gram[of_reference]
        allowed, place = np.unique(in_row, return_inverse=True)
        most = np.zeros(len(allowed), np.int64)
        np.maximum.at(most, place, counts.count[of_reference])
        clipped = np.minimum(counts.count[~of_reference], _look_up(counts.key[~of_reference], allowed, most))
        matches.append(np.bincount(counts.sentence[~of_reference], clipped, minlength=n_rows))
    order = np.lexsort((reference, np.abs(reference - answer[row]), row))
    closest = reference[order[np.searchsorted(row[order], np.arange(n_rows))]]
    grams = [np.maximum(answer - n, 0) for n in range(MAX_N)]
    return np.column_stack([*matches, *grams, answer, closest]).astype(np.float64)


def bleu(n: int) -> Statistic:
    """BLEU-n of sums of ``bleu_sums``, (R, S, 10) -> (R,) (Papineni et al., 2002), over the rows of all strata.

    What the paper calls BLEU is ``bleu(1)``.
    """

    def statistic(sums: Sums) -> Sums:
        total = sums.sum(axis=1)
        precision = (total[:, :n] + _TINY) / (total[:, MAX_N : MAX_N + n] + _SMALL)
        ratio = (total[:, -2] + _TINY) / (total[:, -1] + _SMALL)
        brevity = np.exp(np.minimum(0.0, 1 - 1 / ratio))
        score: Sums = np.prod(precision, axis=1) ** (1 / n) * brevity
        return score

    return statistic


def _distinct(keys: Ints) -> Ints:
    """Each key once, ascending; several times as fast as ``np.unique``, which hashes them first."""
    ordered = np.sort(keys)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _look_up(queries: Ints, keys: Ints, values: NDArray[np.generic]) -> NDArray[np.float64]:
    """The value of each wanted key, 0 where it is not among the ascending ``keys``."""
    if not len(keys):
        return np.zeros(len(queries))
    place = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[place] == queries, values[place], 0).astype(np.float64)
