"""A performance against those of experts: how far it is from theirs, what a trained model scores it with, and why.

>>> from viddiff import skill
>>> found = skill.distance("query.mp4", ["expert.mp4"])  # doctest: +SKIP
>>> skill.train("squats/", "model/")  # doctest: +SKIP
>>> skill.score("query.mp4", "model/").parts  # doctest: +SKIP
>>> skill.explain("query.mp4", "expert.mp4").findings  # doctest: +SKIP
"""

from viddiff.skill.experts import distance
from viddiff.skill.explain import SkillExplanation, explain
from viddiff.skill.model import score, train

__all__ = ["SkillExplanation", "distance", "explain", "score", "train"]
