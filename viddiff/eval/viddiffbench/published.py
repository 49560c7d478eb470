"""Published figures on VidDiffBench, to stand beside ours: Video Action Differencing, ICLR 2025 (arXiv 2503.07860).

Camera-ready version (549 pairs). Percent; closed accuracy and open recall@N_diff, easy, medium, hard and their mean.
"""

from __future__ import annotations

from viddiff.core.record import Record


class PublishedScores(Record):
    """One row of the paper's tables."""

    name: str
    closed: tuple[float, float, float, float]
    """easy, medium, hard, mean."""
    open: tuple[float, float, float, float]


PUBLISHED = (
    PublishedScores(name="GPT-4o", closed=(58.3, 53.2, 48.9, 53.5), open=(45.7, 41.5, 38.0, 41.7)),
    PublishedScores(name="Gemini-1.5-Pro", closed=(67.8, 53.6, 51.7, 57.7), open=(30.3, 30.5, 24.1, 28.3)),
    PublishedScores(name="Claude-3.5-Sonnet", closed=(57.1, 50.5, 52.5, 53.4), open=(37.8, 34.6, 34.3, 35.6)),
    PublishedScores(name="LLaVA-Video-7B", closed=(56.6, 52.0, 48.3, 52.3), open=(7.8, 9.0, 8.5, 8.4)),
    PublishedScores(name="Qwen2-VL-7B", closed=(49.0, 52.6, 49.6, 50.4), open=(11.2, 8.8, 1.6, 7.2)),
    PublishedScores(name="VidDiff (GPT-4o)", closed=(62.7, 56.2, 50.0, 56.3), open=(49.9, 37.9, 38.5, 42.1)),
)
