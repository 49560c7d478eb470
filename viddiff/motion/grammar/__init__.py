"""The statement grammar: from common wordings to measurements, without a model.

Every word of a statement must be understood, and together they must say one thing that is measured; all else is refused
with the reason. A refusal costs an answer, a wrong reading a wrong one.
"""

from viddiff.motion.grammar.reader import measurement_of

__all__ = ["measurement_of"]
