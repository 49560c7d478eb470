"""What is published about VidDiffBench: its actions and splits, its counts, and where its videos come from.

Source: "Video Action Differencing" (ICLR 2025, arXiv 2503.07860, both versions) and the data set's card on the hub.
"""

from __future__ import annotations

from viddiff.core.record import Record

HUB_ID = "jmhb/VidDiffBench"
SPLITS = ("easy", "medium", "hard")
DOMAINS = ("fitness", "ballsports", "surgery", "music", "diving")
#: N_diff is this many times the labelled differences of a pair, rounded up.
OPEN_SHARE = 1.5
#: At most this many easy pairs of the 549 release have videos and labels swapped, but not their key moments.
MAX_SWAPPED = 7
#: Moments annotated in the 549 release.
N_KEY_MOMENTS = 2075

_ACTIONS = {
    "easy": "fitness_0 fitness_3 fitness_4 fitness_6",
    "medium": "ballsports_0 ballsports_1 ballsports_2 ballsports_3 diving_0 fitness_1 fitness_2 fitness_5 fitness_7",
    "hard": "music_0 music_1 surgery_0 surgery_1 surgery_2",
}
#: The 557-row release names no split; the action tells it.
SPLIT_OF_ACTION = {action: split for split, actions in _ACTIONS.items() for action in actions.split()}


class SplitCounts(Record):
    """Counts of a split as published for the 557-row release."""

    n_samples: int
    mean_s: float
    """Mean length of a video in seconds."""
    labels: dict[str, int]


SPLIT_COUNTS = {
    "easy": SplitCounts(n_samples=95, mean_s=2.1, labels={"a": 167, "b": 190, "c": 221}),
    "medium": SplitCounts(n_samples=265, mean_s=3.9, labels={"a": 622, "b": 605, "c": 1143}),
    "hard": SplitCounts(n_samples=197, mean_s=18.7, labels={"a": 435, "b": 452, "c": 884}),
}
#: Release -> pairs, labelled differences.
RELEASE_COUNTS = {"557": (557, 4719), "549": (549, 4469)}


class VideoSource(Record):
    """Where the videos of a domain come from and on what terms."""

    name: str
    url: str
    licence: str
    archive: str | None = None
    """The zip in the hub repository, where there is one."""
    how: str = ""
    """What a person has to do, where there is none."""


_EGO_EXO = VideoSource(
    name="Ego-Exo4D",
    url="https://docs.ego-exo4d-data.org/getting-started/",
    licence="the Ego-Exo4D licence, to be signed (about two days)",
    how="sign the licence, install its command egoexo, take the list of takes from data/egoexo4d_uids.json on the hub, "
    "and run: egoexo -o ROOT/data/src_EgoExo4D --parts downscaled_takes/448 --uids ...",
)
SOURCES = {
    "fitness": VideoSource(
        name="HuMMan",
        url="https://caizhongang.github.io/projects/HuMMan/",
        licence="the S-Lab licence",
        archive="data/videos_fitness.zip",
    ),
    "surgery": VideoSource(
        name="JIGSAWS",
        url="https://cirl.lcsr.jhu.edu/research/hmm/datasets/jigsaws_release/",
        licence="the terms of JIGSAWS",
        archive="data/videos_surgery.zip",
    ),
    "ballsports": _EGO_EXO,
    "music": _EGO_EXO,
    "diving": VideoSource(
        name="FineDiving",
        url="https://github.com/xujinglin/FineDiving",
        licence="the terms of FineDiving's authors",
        how="ask its authors for the frames as its page says, and put the folders of images below "
        "ROOT/data/src_FineDiving",
    ),
}
