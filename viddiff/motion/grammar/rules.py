"""Which quantity a property of a part of the body is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from viddiff.motion.measurement.spec import BodySide

#: In these the trunk leans forward, so that an upright one leans less.
LEANING = frozenset(("squat", "lunge", "deadlift"))
_PRONE = frozenset({"push-up"})
_HANGING = frozenset(("push-up", "pull-up"))


@dataclass(frozen=True)
class Rule:
    """A quantity, and which way a property moves it.

    Attributes:
        parts: the parts of which this holds.
        properties: what must be said of them, all and nothing else.
        sign: +1 where more of the property ``by`` makes the quantity larger.
        goal: (preposition, goal) that must be named too.
        peak: the extreme of which a state speaks ("the knees are higher"); None: the whole, or where a movement leads.
        span: whether the range of the quantity is meant.
        at_max_of: the quantity at whose maximum alone it means something ("raised to uneven heights").
        within: names of the movements in which alone it holds; empty: in all.
    """

    parts: frozenset[str]
    properties: frozenset[str]
    quantity: str
    sign: int
    by: str
    goal: tuple[str, str] | None = None
    peak: Literal["max", "min"] | None = None
    span: bool = False
    within: frozenset[str] = frozenset()
    at_max_of: str | None = None


def _rule(
    parts: str,
    properties: str,
    quantity: str,
    sign: int = 1,
    goal: tuple[str, str] | None = None,
    peak: Literal["max", "min"] | None = None,
    span: bool = False,
    within: frozenset[str] = frozenset(),
    at_max_of: str | None = None,
) -> Rule:
    """A rule from words; the first property gives the direction, "," parts the names of parts."""
    names = properties.split()
    return Rule(
        frozenset(parts.split(", ")), frozenset(names), quantity, sign, names[0], goal, peak, span, within, at_max_of
    )


_DISTANCES = (
    _rule("foot, ankle, leg, stance", "spread", "stance_width"),
    _rule("stance", "time", "stance_length"),
    _rule("stance, foot", "stagger", "stance_length"),
    _rule("knee", "spread", "knee_distance"),
    _rule("hand, arm, grip", "spread", "hand_distance"),
    _rule("elbow", "spread", "elbow_distance"),
    *(
        _rule("hand", "close", f"hand_to_{near}", -1, goal=(preposition, goal))
        for preposition in ("to", "from")
        for near, goals in (("head", ("head", "face")), ("hip", ("hip",)), ("shoulder", ("shoulder",)))
        for goal in goals
    ),
    *(
        _rule("elbow, upper arm", "close", "shoulder_angle", -1, goal=(preposition, goal))
        for preposition in ("to", "from")
        for goal in ("body", "trunk")
    ),
    _rule("elbow", "close", "shoulder_angle", -1),
    _rule("elbow", "close outward", "shoulder_angle", -1),
    _rule("elbow", "outward", "shoulder_angle"),
)

_HEIGHTS = (
    *(_rule("hand, arm, forearm, load", f"height{out}", "hand_height") for out in ("", " outward", " sideways")),
    _rule("elbow", "height", "elbow_height"),
    *(_rule("upper arm", f"height{out}", "upper_arm_angle", peak="max") for out in ("", " sideways")),
    _rule("knee", "height", "thigh_angle", goal=("measured", "thigh angle"), peak="max"),
    _rule("knee", "height", "knee_height", peak="max"),
    _rule("thigh", "height", "thigh_angle", peak="max"),
    *(
        _rule("leg, foot", f"height{out}", "foot_height", peak="max")
        for out in ("", " outward", " sideways", " outward sideways")
    ),
    _rule("foot, body", "height jump", "body_height", peak="max"),
    _rule("heel", "height", "heel_height", peak="max"),
    _rule("hip", "height", "hip_over_knee", goal=("relative", "knee")),
    _rule("hip", "height", "hip_over_knee", goal=("under", "knee")),
    _rule("hip", "height", "hip_sag", -1, within=_PRONE),
    _rule("hip", "height", "hip_height"),
    _rule("hip", "sag", "hip_sag"),
    _rule("head", "height", "head_height"),
    _rule("shoulder, chest, body", "height", "shoulder_over_hand", within=_HANGING),
    _rule("shoulder", "height", "shoulder_height", within=LEANING),
    _rule("trunk, body, shoulder", "height", "shoulder_height", within=frozenset({"sit-up"})),
    _rule("hand, arm", "even", "hand_height_difference", -1),
    _rule("hand, arm", "even height", "hand_height_difference", -1, at_max_of="hand_height"),
)

_ANGLES = (
    _rule("knee, leg", "bend", "knee_angle", -1),
    _rule("knee", "depth bend", "knee_angle", -1),
    _rule("elbow, arm", "bend", "elbow_angle", -1),
    _rule("hip", "bend", "hip_angle", -1),
    _rule("ankle", "bend", "ankle_angle", -1),
    *(
        _rule(joint, "angle", f"{joint}_angle")
        for joint in ("knee", "hip", "elbow", "shoulder", "ankle", "thigh", "shin")
    ),
    _rule("upper arm", "angle", "upper_arm_angle"),
    *(_rule(joint, "range", f"{joint}_angle", span=True) for joint in ("knee", "hip", "elbow", "shoulder", "ankle")),
    _rule("hand, arm", "range", "hand_height", span=True),
    _rule("leg, foot", "range", "foot_height", span=True),
    _rule("upper arm", "sway", "upper_arm_angle", span=True),
)

_LEANS = (
    _rule("trunk, body", "forward lean", "trunk_lean"),
    _rule("trunk, body", "forward bend", "trunk_lean"),
    _rule("trunk", "forward", "trunk_lean"),
    _rule("trunk", "height bend", "trunk_lean", -1),
    _rule("shin", "forward lean", "shin_angle"),
    _rule("trunk, body", "sideways lean", "trunk_tilt"),
    _rule("trunk, chest", "upright", "trunk_lean", -1, within=LEANING),
    _rule("chest", "up", "trunk_lean", -1, within=LEANING),
    _rule("trunk, body", "sway fore", "trunk_lean", span=True),
    _rule("trunk, body", "sway lateral", "trunk_tilt", span=True),
    _rule("head", "sideways lean", "head_tilt"),
    _rule("head", "height lean", "head_pitch", -1),
    _rule("head", "height bend", "head_pitch", -1),
)

_PLACES = (
    _rule("hand, arm", "forward", "hand_forward"),
    _rule("hand, arm", "forward height", "hand_forward"),
    _rule("elbow, upper arm", "forward", "elbow_forward"),
    _rule("elbow, upper arm", "forward height", "elbow_forward"),
    _rule("knee", "forward", "knee_forward", peak="max"),
    _rule("head", "forward", "head_forward"),
    _rule("knee", "outward", "knee_inward", -1),
    _rule("knee", "cave", "knee_inward", peak="max"),
    *(_rule("toe, foot", f"outward {how}", "toe_out") for how in ("point", "turn")),
    _rule("toe", "outward", "toe_out"),
    _rule("toe, foot", "forward point", "toe_out", -1),
    _rule("body, trunk", "turn sideways", "body_turn"),
    *(_rule("body, trunk", "turn", "body_turn", -sign, goal=(to, "camera")) for to, sign in (("to", 1), ("from", -1))),
    _rule("trunk, shoulder", "turn", "shoulder_turn", peak="max"),
)

RULES = (*_DISTANCES, *_HEIGHTS, *_ANGLES, *_LEANS, *_PLACES)

#: Quantities of each limb; the others are of the whole body or of both limbs together.
SIDED = frozenset(
    (
        "knee_angle",
        "hip_angle",
        "elbow_angle",
        "shoulder_angle",
        "ankle_angle",
        "thigh_angle",
        "shin_angle",
        "upper_arm_angle",
        "forearm_angle",
        "hand_to_head",
        "hand_to_hip",
        "hand_to_shoulder",
        "hand_forward",
        "elbow_forward",
        "knee_forward",
        "hand_height",
        "elbow_height",
        "knee_height",
        "foot_height",
        "foot_over_hip",
        "heel_height",
        "hand_speed",
        "foot_speed",
    )
)
#: Heights over the floor, as far as the feet or hands stand on it; the others are heights over a part of the body.
FROM_THE_GROUND = frozenset(("shoulder_over_hand", "hip_height", "shoulder_height", "foot_height", "heel_height"))
#: A posture of the feet, which is read over the whole action however it is put ("are turned out").
KEPT = frozenset({"toe_out"})
#: Limbs by what they do -> the limb that shows more of these quantities, or the other one. Which leg is raised is told
#: by heights, which is bent by angles; which one the body stands on by neither.
LIMBS: dict[str, tuple[BodySide, frozenset[str]]] = {
    "raised": (
        "either",
        frozenset(
            (
                "knee_height",
                "foot_height",
                "foot_over_hip",
                "thigh_angle",
                "foot_speed",
                "hand_height",
                "elbow_height",
                "upper_arm_angle",
                "hand_speed",
            )
        ),
    ),
    "bent": ("either", frozenset(("knee_angle", "knee_forward", "hip_angle", "elbow_angle"))),
    "back": ("trailing", frozenset(("knee_angle", "elbow_angle"))),
    "standing": ("trailing", frozenset()),
}
#: The limb that shows more of these is the one where they are smaller.
SHOWS_AT_MIN = frozenset(("knee_angle", "hip_angle", "elbow_angle", "hand_to_head", "hand_to_hip", "hand_to_shoulder"))
#: Of these one limb at a time shows much: the mean of both would show little.
ONE_AT_A_TIME = frozenset(("knee_height", "foot_height", "foot_over_hip"))


def rule_for(part: str, names: frozenset[str], goals: list[tuple[str, str]], movement: str | None) -> Rule | None:
    """The first rule that fits, if any."""
    if len(goals) > 1:
        return None
    goal = goals[0] if goals else None
    for rule in RULES:
        fits = part in rule.parts and names == rule.properties and goal == rule.goal
        if fits and (not rule.within or movement in rule.within):
            return rule
    return None
