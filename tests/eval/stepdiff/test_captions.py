"""BLEU, CIDEr and ROUGE-L: frozen values, and a twin on random rows."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import plain_captions as plain
from viddiff.eval.stepdiff.columns import caption_columns
from viddiff.eval.stepdiff.ngrams import Texts, bleu, bleu_sums, cider
from viddiff.eval.stepdiff.rouge import rouge_l

ANSWERS = [
    "the person folds the towel in half, instead of rolling it.",
    "The person squats much deeper instead of stopping halfway",
    "the arms stay straight instead of bent",
    "The person pauses at the bottom rather than coming up at once",
    "The feet point forward",
]
REFERENCES = [
    ["The person folds the towel in half instead of rolling it", "The person uses both hands rather than one hand"],
    ["The person squats deeper instead of stopping halfway"],
    [
        "the arms stay straight as opposed to bent",
        "The arms are kept straight instead of bent at the elbow",
        "the arms do not bend",
    ],
    ["The person pauses at the bottom rather than coming up at once"],
    ["The feet point outward instead of straight ahead"],
]


def scores(answers: list[str], references: list[list[str]]) -> list[float]:
    """BLEU-1 to 4, CIDEr and ROUGE-L."""
    texts = Texts(answers, references)
    total = bleu_sums(texts).sum(axis=0)[None, None]
    rouge = [rouge_l(*pair) for pair in zip(answers, references, strict=True)]
    return [*(float(bleu(n)(total)[0]) for n in range(1, 5)), float(cider(texts).mean()), float(np.mean(rouge))]


def test_values_of_pycocoevalcap() -> None:
    """Computed with pycocoevalcap 1.2 (the code of the released evaluator) on the sentences above."""
    assert scores(ANSWERS, REFERENCES) == pytest.approx(
        [0.805222, 0.773655, 0.724385, 0.656312, 4.864236, 0.761787], abs=1e-6
    )
    assert cider(Texts(ANSWERS, REFERENCES)) == pytest.approx([2.450120, 6.449363, 2.794950, 10, 2.626748], abs=1e-6)
    assert [rouge_l(*pair) for pair in zip(ANSWERS, REFERENCES, strict=True)] == pytest.approx(
        [0.727273, 0.951267, 0.658747, 1, 0.471649], abs=1e-6
    )


def test_values_with_an_empty_answer_and_of_a_part() -> None:
    empty = scores([*ANSWERS[:4], ""], REFERENCES)
    assert empty[0] == pytest.approx(0.731000, abs=1e-6)
    assert cider(Texts([*ANSWERS[:4], ""], REFERENCES))[4] == rouge_l("", REFERENCES[4]) == 0
    part = scores(ANSWERS[:4], REFERENCES[:4])
    assert [part[0], part[4], part[5]] == pytest.approx([0.897436, 5.430331, 0.834322], abs=1e-6)
    assert cider(Texts(ANSWERS[:4], REFERENCES[:4]))[2] == pytest.approx(2.826283, abs=1e-6)
    assert cider(Texts(ANSWERS[:1], REFERENCES[:1])).tolist() == [0]


def random_rows(seed: int, n: int) -> tuple[list[str], list[list[str]]]:
    """Sentences of few words, so that n-grams are shared and words repeated; some answers are empty."""
    rng = np.random.default_rng(seed)
    words = ["the", "The", "pan", "pan,", "onion", "onion.", "instead", "of", "rather", "than"]

    def sentence(least: int) -> str:
        return " ".join(rng.choice(words, rng.integers(least, 12)))

    return [sentence(0) for _ in range(n)], [[sentence(1) for _ in range(rng.integers(1, 4))] for _ in range(n)]


@pytest.mark.parametrize(("seed", "n"), [(0, 300), (1, 300), (2, 2), (3, 1)])
def test_all_three_equal_their_twin(seed: int, n: int) -> None:
    answers, references = random_rows(seed, n)
    found = scores(answers, references)
    assert found[:4] == pytest.approx([plain.bleu(answers, references, k) for k in range(1, 5)], abs=1e-12)
    assert cider(Texts(answers, references)) == pytest.approx(plain.cider(answers, references), abs=1e-9)
    assert [rouge_l(*pair) for pair in zip(answers, references, strict=True)] == pytest.approx(
        [plain.rouge_l(*pair) for pair in zip(answers, references, strict=True)], abs=1e-12
    )


def test_all_three_equal_pycocoevalcap_where_it_is_installed() -> None:
    package, rare, longest = (
        pytest.importorskip(f"pycocoevalcap.{name}.{name}", reason="pycocoevalcap is not installed")
        for name in ("bleu", "cider", "rouge")
    )
    answers, references = random_rows(4, 300)
    theirs, ours = dict(enumerate(references)), {row: [answer] for row, answer in enumerate(answers)}
    said = [*package.Bleu(4).compute_score(theirs, ours, verbose=0)[0]]
    said += [float(one.compute_score(theirs, ours)[0]) for one in (rare.Cider(), longest.Rouge())]
    assert scores(answers, references) == pytest.approx(said, abs=1e-9)


def test_bleu_equals_sacrebleu_where_it_is_installed() -> None:
    sacrebleu = pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    answers, references = random_rows(5, 300)
    most = max(map(len, references))
    streams = [[texts[k] if k < len(texts) else None for texts in references] for k in range(most)]
    for n, found in ((1, scores(answers, references)[0]), (4, scores(answers, references)[3])):
        metric = sacrebleu.metrics.BLEU(tokenize="none", smooth_method="none", max_ngram_order=n)
        assert found == pytest.approx(metric.corpus_score(answers, streams).score / 100, abs=1e-5)


def test_no_answer_at_all_is_no_error() -> None:
    bleu_1, bleu_4, cider_, rouge = caption_columns(Texts(["", ""], [["a b"], ["c"]]))
    rows = np.arange(2)
    assert [column.of(rows) for column in (bleu_1, bleu_4, cider_, rouge)] == pytest.approx([0] * 4, abs=1e-6)
