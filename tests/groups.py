"""Which tests run in one process: those of a file, which share fixtures, and files that share what is slow to start.

The mark ``xdist_group`` would say so beside the tests, but has no effect with pytest 9.2 (pytest-xdist issue 1386).
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

#: The longest first, for they begin first.
_FILES = {
    "Ray cluster": ("batch/test_ray",),
    "browser": (
        "report/test_hostile",
        "report/test_html",
        "report/test_player",
        "report/test_skeleton",
        "report/test_skill_page",
        "report/test_step_page",
        "view/test_page_in_browser",
    ),
    "open_clip and transformers": (
        "eval/stepdiff/test_methods",
        "eval/test_run",
        "eval/test_tiny_clip",
        "lms/test_local",
        "lms/test_local_weights",
        "localizer/test_clip",
        "localizer/test_prefetch",
        "optimize/test_cues",
        "programs/stepdiff/test_projector",
        "test_docs_skilldiff",
        "test_docs_stepdiff",
        "test_steps_train",
    ),
}
#: The group of each file that is in one, by its path.
GROUPS = {f"tests/{file}.py": group for group, files in _FILES.items() for file in files}


def group_of(nodeid: str) -> str:
    """The name of a test's group: that of its file, if the file is in no larger one."""
    file = nodeid.partition("::")[0]
    return GROUPS.get(file, file)


def rank(nodeid: str) -> int:
    """Place of a test's group in the order in which groups begin."""
    group = group_of(nodeid)
    return list(_FILES).index(group) if group in _FILES else len(_FILES)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """A group is the unit of work that a process of pytest-xdist takes."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
