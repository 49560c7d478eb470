"""What the grammar knows: words and phrases by what they stand for, separated by commas."""

from __future__ import annotations

from viddiff.motion.grammar.tokens import Form, Token, TokenKind

_PLAIN: dict[TokenKind, dict[str, str]] = {
    "filler": {
        "": (
            "the, a, an, is, are, was, were, be, been, being, has, have, had, it, its, his, her, their, there, "
            "this, that, own, very, slightly, somewhat, clearly, noticeably, visibly, overall, generally, a bit, "
            "a little, just, position, positions, total, in total, in the clip, in the video, all, for, also, of "
            "the body, too, both times, phase, point, entire, whole, complete, completely, fully"
        ),
    },
    "agent": {
        "": (
            "they, he, she, person, man, woman, boy, girl, athlete, player, performer, subject, lifter, runner, "
            "jumper, kicker, thrower, dancer, gymnast, shooter, diver, trainee, patient, swimmer, one"
        ),
    },
    "each": {
        "": "each, every, per",
    },
    "not": {
        "": "not, no, without, never, doesn't, don't, isn't, aren't, hardly",
    },
    "bar": {
        "than": "than",
        "and": "and, or, but, nor, instead of, rather than, instead, rather, except, unless, ;",
        "ordinal": "first, second, third, fourth, last, 1st, 2nd, 3rd, 4th, next, previous, once, twice",
        "angle": (
            "parallel, perpendicular, square, level with, in line, aligned, vertical line, 90, degrees, right angle"
        ),
        "spine": "rounded, rounder, round, arched, arch, arches, curved, neutral, hunched",
    },
    "side": {
        "left": "left",
        "right": "right",
        "both": "both",
        "near": "near side, camera side",
        "raised": "kicking, swinging, free, raised, lifted, moving, working, leading, lead, raising, active",
        "bent": "front, bent",
        "standing": ("non kicking, standing, supporting, support, planted, stance, trailing, other, opposite, resting"),
        "back": "rear, straight, back",
    },
    "verb": {
        "go": (
            "go, goes, going, kicked, pressed, get, gets, getting, come, comes, coming, move, moves, moving, "
            "moved, bring, brings, brought, reach, reaches, reaching, reached, travel, travels, push, pushed, "
            "pushes, drive, drives, swing, swings, swung, drawn, pulled, pull, pulls, sit, sits, sent, shift, "
            "shifts, become, becomes"
        ),
        "keep": (
            "keep, keeps, kept, stay, stays, stayed, remain, remains, remained, placed, set, positioned, stand, "
            "stands, rest, rests"
        ),
        "land": "land, lands, landing",
        "hold": "hold, holds, held, holding, spent, spends",
        "do": (
            "do, does, doing, done, perform, performs, performed, performing, complete, completes, completed, "
            "execute, executes, executed, carried out, make, makes, made, show, shows, shown"
        ),
        "take": "take, takes, took, taking, taken, last, lasts, lasting, lasted",
        "start": "starting, beginning, setting up",
        "end": "finishing, ending",
    },
    "preposition": {
        "at": "at, on, in, near, within, upon",
        "of": "of, between, between two, between the two",
        "during": "during, throughout, through, over the course of, across, on the way through",
        "to": "to, toward, towards, up to, onto",
        "from": "from, away from, off",
        "over": "above, over, past, beyond",
        "under": "below, under, beneath, underneath",
        "front": "in front of, ahead of",
        "behind": "behind",
        "relative": "relative to, in relation to, compared to, compared with",
        "with": "with",
    },
    "link": {
        "while": "while, when, as, whilst",
        "before": "before, prior to",
        "after": "after, following, until",
    },
    "place": {
        "top": "top, peak, highest point, uppermost point, highest position, top position",
        "bottom": "bottom, lowest point, deepest point, lowest position, bottom position",
        "start": "start, beginning, outset, starting position, start position, setup, set up",
        "end": "end, finish, end position, finish position, final position",
    },
    "phase": {
        "descent": (
            "descent, way down, lowering phase, eccentric phase, downward phase, eccentric, going down, coming "
            "down, down phase, downward movement"
        ),
        "return": "stepping back, coming back, going back, way back",
        "ascent": (
            "ascent, way up, lifting phase, concentric phase, upward phase, concentric, going up, coming up, up "
            "phase, upward movement, way back up, standing up"
        ),
    },
    "goal": {
        "ground": "ground, floor, mat",
        "camera": "camera, viewer",
        "others": "each other, one another",
        "picture right": (
            "right of the picture, right side of the picture, right of the frame, right side of the frame, right "
            "of the image, right of the screen"
        ),
        "picture left": (
            "left of the picture, left side of the picture, left of the frame, left side of the frame, left of "
            "the image, left of the screen"
        ),
        "thigh angle": (
            "measured by angle of the thigh, measured by the angle of the thigh, measured by angle of the thigh "
            "to the ground, measured by the angle of the thigh to the ground"
        ),
    },
}

#: Singular and plural of each part.
_PARTS: dict[str, tuple[str, str]] = {
    "stance": ("stance, foot stance, feet stance, foot position, feet position", "stances"),
    "foot": ("foot, ankle joint", "feet"),
    "ankle": ("ankle", "ankles"),
    "heel": ("heel", "heels"),
    "toe": ("toe", "toes"),
    "knee": ("knee", "knees"),
    "leg": ("leg", "legs"),
    "thigh": ("thigh, upper leg", "thighs, upper legs"),
    "shin": ("shin, lower leg, calf", "shins, lower legs, calves"),
    "hip": ("hip, pelvis, waist, buttocks", "hips"),
    "trunk": ("trunk, torso, upper body", "torsos"),
    "back": ("lower back, upper back, spine", ""),
    "chest": ("chest", "chests"),
    "shoulder": ("shoulder", "shoulders"),
    "upper arm": ("upper arm", "upper arms"),
    "forearm": ("forearm, lower arm", "forearms, lower arms"),
    "arm": ("arm", "arms, arm position, two arms"),
    "elbow": ("elbow", "elbows"),
    "hand": ("hand, wrist, fist, palm", "hands, wrists, fists, palms, hand position, hand positions, two hands"),
    "grip": ("grip", "grips"),
    "head": ("head", "heads"),
    "face": ("face, chin", "faces"),
    "body": ("body, whole body", "bodies"),
    "lower body": ("lower body", ""),
    "load": ("weight, dumbbell, kettlebell", "weights, dumbbells, kettlebells"),
}

#: (property, sign, form) -> words.
_PROPERTIES: dict[tuple[str, int, Form], str] = {
    ("height", 1, "comparative"): "higher, further up, farther up",
    ("height", 1, "state"): "high, height, elevation, overhead",
    ("height", 1, "motion"): (
        "raised, raise, raises, raising, lifted, lift, lifts, elevated, elevate, elevates, rise, rises, "
        "rising, rose, upward, upwards"
    ),
    ("up", 1, "state"): "up",
    ("height", -1, "comparative"): "lower, further down, farther down",
    ("height", -1, "state"): "low, down",
    ("height", -1, "motion"): (
        "lowered, lowers, lowering, drop, drops, dropped, dropping, sink, sinks, descend, descends, "
        "descending, sank, sunk, sinking, fall, falls, hang, hangs, hanging, downward, downwards"
    ),
    ("jump", 1, "motion"): "leave the floor, leaves the floor, leave the ground, leaves the ground",
    ("dip", 1, "motion"): "dip, dips, dipped, dipping",
    ("depth", 1, "comparative"): "deeper",
    ("depth", 1, "state"): "deep, deeply",
    ("depth", 1, "amount"): "depth",
    ("depth", -1, "comparative"): "shallower",
    ("depth", -1, "state"): "shallow",
    ("spread", 1, "comparative"): "wider, broader",
    ("spread", 1, "state"): "apart, wide, widely, spread, spread apart, broad",
    ("spread", 1, "amount"): "width, distance, gap, spacing",
    ("spread", -1, "comparative"): "narrower",
    ("spread", -1, "state"): "narrow, together",
    ("close", 1, "comparative"): "closer, nearer",
    ("close", 1, "state"): "close, tucked in, tucked",
    ("close", -1, "state"): "away, flared, flared out",
    ("close", -1, "motion"): "flare, flares, flare out, flares out",
    ("bend", 1, "state"): "bent, flexed",
    ("bend", 1, "motion"): "bend, bends, bending, flex, flexes, flexion, fold, folds",
    ("bend", -1, "comparative"): "straighter",
    ("bend", -1, "state"): "straight, extended, locked out, locked, stretched, stretched out, outstretched",
    ("bend", -1, "motion"): "straighten, straightens, straightened, extend, extends, extension, lockout, lock out",
    ("angle", 1, "amount"): "angle, joint angle",
    ("lean", 1, "motion"): (
        "lean, leans, leaning, leaned, leant, tilt, tilts, tilted, tilting, incline, inclined, inclination"
    ),
    ("upright", 1, "state"): "upright, vertical, erect",
    ("forward", 1, "state"): "forward, forwards, ahead, in front",
    ("forward", -1, "state"): "backward, backwards, back",
    ("sideways", 1, "state"): (
        "sideways, to the side, to one side, to the sides, side on, out to the side, out to the sides, laterally"
    ),
    ("outward", 1, "state"): "outward, outwards, out",
    ("outward", -1, "state"): "inward, inwards, in together",
    ("cave", 1, "motion"): (
        "cave, caves, caving, cave in, caves in, caving in, collapse, collapses, collapse inward, collapse "
        "inwards, cave inward, cave inwards, caves inward, caves inwards"
    ),
    ("point", 1, "state"): "point, points, pointed, pointing",
    ("turn", 1, "motion"): "turn, turns, turned, turning, rotate, rotates, rotated, rotation, twist, twists, twisted",
    ("facing", 1, "state"): "face, faces, facing, faced",
    ("speed", 1, "comparative"): "faster, quicker, speedier",
    ("speed", 1, "state"): "fast, quick, quickly, rapid, rapidly",
    ("speed", 1, "amount"): "speed, pace, tempo",
    ("speed", -1, "comparative"): "slower",
    ("speed", -1, "state"): "slow, slowly",
    ("time", 1, "comparative"): "longer",
    ("time", 1, "state"): "long",
    ("time", 1, "amount"): "time, duration, length",
    ("time", -1, "comparative"): "shorter, briefer",
    ("time", -1, "state"): "short, brief, briefly",
    ("number", 1, "amount"): "number, count",
    ("often", 1, "state"): "often, frequently, frequent",
    ("pause", 1, "state"): "pause, pauses, paused, pausing",
    ("range", 1, "amount"): "range of motion, range of movement, range, rom, amplitude",
    ("range", 1, "state"): "full range of motion, fuller range of motion, full range of movement",
    ("smooth", 1, "comparative"): "smoother",
    ("smooth", 1, "state"): "smooth, smoothly, fluid, fluidly, fluent",
    ("smooth", -1, "comparative"): "jerkier, choppier",
    ("smooth", -1, "state"): "jerky, choppy",
    ("sway", -1, "comparative"): "steadier, stiller",
    ("sway", -1, "state"): "stable, steady, still, stationary",
    ("sway", 1, "motion"): "sway, sways, rock, rocks, rocking, wobble, wobbles",
    ("fore", 1, "state"): (
        "forward backward, forward and backward, forwards and backwards, back and forth, in a forward "
        "backward way, forward and back"
    ),
    ("lateral", 1, "state"): "side to side, from side to side",
    ("even", 1, "state"): "even, evenly",
    (
        "even",
        -1,
        "state",
    ): "uneven, unevenly, in an uneven way, different heights, to different heights",
    ("symmetric", 1, "state"): "symmetrical, symmetric, symmetrically",
    ("symmetric", -1, "state"): "asymmetrical, asymmetric",
    ("sag", 1, "motion"): "sag, sags, sagged, sagging",
    ("stagger", 1, "state"): "staggered",
}

_DEGREES = {
    1: "more, further, farther, greater, larger, bigger, increased, much more",
    -1: "less, fewer, smaller, reduced, decreased, not as, not so",
}


def _entries() -> dict[tuple[str, ...], Token]:
    listed = [(words, Token("property", *key)) for key, words in _PROPERTIES.items()]
    listed += [(words, Token("degree", sign=sign)) for sign, words in _DEGREES.items()]
    for part, (singular, plural) in _PARTS.items():
        listed += [(singular, Token("part", part)), (plural, Token("part", part, plural=True))]
    listed += [(words, Token(kind, value)) for kind, values in _PLAIN.items() for value, words in values.items()]
    entries: dict[tuple[str, ...], Token] = {}
    for words, token in listed:
        for phrase in filter(None, words.split(", ")):
            entries.setdefault(tuple(phrase.split()), token)
    return entries


#: Words of a phrase -> its token. A word of several readings has here the one that it has away from others.
ENTRIES = _entries()
#: Words that name a limb by what it does, where the name of a limb follows ("the raised leg").
SIDES = {word: Token("side", value) for value, words in _PLAIN["side"].items() for word in words.split(", ")}
LONGEST = max(map(len, ENTRIES))
