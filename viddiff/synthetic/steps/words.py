"""How a caption says what differs: for each aspect of each action its category and words for more and less of it."""

from __future__ import annotations

from dataclasses import dataclass

TECHNIQUE, ACTIONS, TEMPO, VISUALS = "Technique", "Actions", "Tempo", "Visuals"


@dataclass(frozen=True)
class Contrast:
    """An aspect in words.

    Attributes:
        candidate, reference: what a caption says of either clip, with a place for ``more`` or ``less``.
    """

    category: str
    candidate: str
    more: str
    less: str
    reference: str = "{}"

    def caption(self, candidate_has_more: bool, link: str = "instead of") -> str:
        """The caption of a candidate that has more of it, or less.

        >>> CONTRASTS["squat", "depth"].caption(True)
        'The candidate shows a deeper squat instead of a shallower one'
        """
        words = (self.more, self.less) if candidate_has_more else (self.less, self.more)
        return caption_of(self.candidate.format(words[0]), self.reference.format(words[1]), link)


def caption_of(candidate: str, reference: str, link: str = "instead of") -> str:
    """A caption of two things that are seen."""
    return f"The candidate shows {candidate} {link} {reference}"


_DURATION = Contrast(TEMPO, "a {} movement", "slower", "quicker", "a {} one")
_PAUSE = Contrast(TEMPO, "a {} pause", "longer", "shorter", "a {} one")
_LEAN = Contrast(TECHNIQUE, "the trunk {}", "further forward", "more upright")
_WIDTH = Contrast(TECHNIQUE, "the feet {}", "wider apart", "closer together")
_HIPS = Contrast(TECHNIQUE, "the hands {}", "on the hips", "away from the hips")
_UNEVEN = Contrast(TECHNIQUE, "the arms at {} heights", "more different", "more even", "{} ones")
_LEFT_LEG = Contrast(ACTIONS, "a step with {}", "the left leg", "the right leg")

#: (action, aspect) -> its words.
CONTRASTS = {
    ("squat", "depth"): Contrast(TECHNIQUE, "a {} squat", "deeper", "shallower", "a {} one"),
    ("squat", "stance"): _WIDTH,
    ("squat", "arms"): Contrast(TECHNIQUE, "the arms {}", "stretched out in front", "held at the hips"),
    ("squat", "tempo"): _DURATION,
    ("squat", "pause"): _PAUSE,
    ("squat", "lean"): _LEAN,
    ("squat", "heels"): Contrast(TECHNIQUE, "the heels {}", "lifted off the floor", "kept on the floor"),
    ("lunge", "step"): Contrast(TECHNIQUE, "a {} step", "longer", "shorter", "a {} one"),
    ("lunge", "depth"): Contrast(TECHNIQUE, "a {} lunge", "deeper", "shallower", "a {} one"),
    ("lunge", "lead"): _LEFT_LEG,
    ("lunge", "lean"): _LEAN,
    ("lunge", "arms"): _HIPS,
    ("lunge", "tempo"): _DURATION,
    ("lunge", "pause"): _PAUSE,
    ("arm_raise", "height"): Contrast(TECHNIQUE, "the arms raised {}", "higher", "lower"),
    ("arm_raise", "symmetry"): _UNEVEN,
    ("arm_raise", "elbows"): Contrast(TECHNIQUE, "the elbows {}", "more bent", "straighter"),
    ("arm_raise", "front"): Contrast(TECHNIQUE, "the arms {}", "in front of the body", "at the sides of the body"),
    ("arm_raise", "order"): Contrast(ACTIONS, "the left arm {} than the right one", "earlier", "later"),
    ("arm_raise", "stance"): _WIDTH,
    ("arm_raise", "tempo"): _DURATION,
    ("arm_raise", "pause"): _PAUSE,
    ("jumping_jack", "reps"): Contrast(ACTIONS, "{} jumping jacks", "more", "fewer"),
    ("jumping_jack", "spread"): _WIDTH,
    ("jumping_jack", "arms"): Contrast(TECHNIQUE, "the left arm {}", "higher", "lower"),
    ("jumping_jack", "symmetry"): _UNEVEN,
    ("jumping_jack", "jump"): Contrast(TECHNIQUE, "{} jumps", "higher", "lower", "{} ones"),
    ("jumping_jack", "tempo"): Contrast(TEMPO, "{} jumping jacks", "slower", "quicker", "{} ones"),
    ("forward_bend", "lean"): Contrast(TECHNIQUE, "a {} bend", "deeper", "shallower", "a {} one"),
    ("forward_bend", "knees"): Contrast(TECHNIQUE, "the knees {}", "more bent", "straighter"),
    ("forward_bend", "head"): Contrast(TECHNIQUE, "the head {}", "further up", "more in line with the trunk"),
    ("forward_bend", "arms"): _HIPS,
    ("forward_bend", "stance"): _WIDTH,
    ("forward_bend", "tempo"): _DURATION,
    ("forward_bend", "pause"): _PAUSE,
    ("side_step", "step"): Contrast(TECHNIQUE, "a {} step", "wider", "narrower", "a {} one"),
    ("side_step", "depth"): Contrast(TECHNIQUE, "the hips {}", "lower", "higher"),
    ("side_step", "lean"): _LEAN,
    ("side_step", "lead"): _LEFT_LEG,
    ("side_step", "arms"): Contrast(TECHNIQUE, "the arms {} at the sides", "higher", "lower"),
    ("side_step", "tempo"): _DURATION,
    ("side_step", "pause"): _PAUSE,
}
