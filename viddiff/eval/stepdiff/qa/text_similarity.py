"""How alike two texts are by their words, and which clips are paired by it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words in lower case, without punctuation.

    >>> words("The pan, hot.")
    ['the', 'pan', 'hot']
    """
    return _WORD.findall(text.casefold())


def cosines(texts: Sequence[str]) -> NDArray[np.float64]:
    """(N, N) cosines of texts as vectors of word counts weighted by rarity (tf-idf), from 0 to 1.

    >>> cosines(["a red pan", "a red pan", "two eggs"]).round(2).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    counts = [Counter(words(text)) for text in texts]
    places = {word: place for place, word in enumerate(sorted({word for one in counts for word in one}))}
    vectors = np.zeros((len(texts), len(places)))
    for row, one in enumerate(counts):
        for word, count in one.items():
            vectors[row, places[word]] = count
    vectors *= 1 + np.log((1 + len(texts)) / (1 + (vectors > 0).sum(0)))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1)
    return np.asarray(vectors @ vectors.T, dtype=np.float64)


def pairs_of(
    descriptions: Mapping[str, str],
    videos: Mapping[str, str],
    between: tuple[float, float],
    per_clip: int,
    seed: int,
) -> list[tuple[str, str]]:
    """(reference, candidate) from distinct videos, with descriptions that are alike and not the same.

    Args:
        descriptions: of the clips of one keystep, by clip.
        videos: clip -> its video.
        between: least and greatest cosine of two descriptions.
        per_clip: pairs that a clip is in, at the most.
        seed: of the order in which pairs are taken, and of which clip is the reference.
    """
    names = sorted(descriptions)
    alike = cosines([descriptions[name] for name in names])
    fit = [
        (i, j)
        for i in range(len(names))
        for j in range(i)
        if videos[names[i]] != videos[names[j]] and between[0] <= alike[i, j] <= between[1]
    ]
    rng = np.random.default_rng(seed)
    n_pairs_of: Counter[int] = Counter()
    pairs = []
    for place in rng.permutation(len(fit)).tolist():
        i, j = fit[place]
        swapped = bool(rng.integers(2))
        if max(n_pairs_of[i], n_pairs_of[j]) < per_clip:
            n_pairs_of.update((i, j))
            pairs.append((names[j], names[i]) if swapped else (names[i], names[j]))
    return pairs
