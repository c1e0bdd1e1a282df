"""What fresh eyes said of each recipe's merge requests: read, would be merged unchanged, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Findings read as a maintainer would."""

    read: int
    merged: int
    where: str
    doubts: str = ""


BULK = "drawn with a fixed seed from 4,377 GitLab CI files of 2019 and 2020"
REPOSITORIES = "whole public repositories of 2015 to 2026"

READINGS: dict[str, Reading] = {
    "PIP04": Reading(
        read=52,
        merged=51,
        where=f"28 {BULK} and the 217 chosen ones, 24 {REPOSITORIES}",
        doubts="The one would have carried `image` 900 lines down to an anchor; blocks that would move further than "
        "60 lines are now left alone.",
    ),
    "PIP01": Reading(
        read=74,
        merged=72,
        where=f"56 {BULK} and the 217 chosen ones, 18 {REPOSITORIES}",
        doubts="Two had a job that pushes by a command of its own name (`registry_push`, an image with a deploy tool); "
        "both are now left alone. Teams that want every commit tested to the end say no on principle.",
    ),
    "PIP07": Reading(
        read=23,
        merged=21,
        where=f"20 {BULK}, 3 {REPOSITORIES}",
        doubts="In one the jobs named their stage by the removed keyword `type`, in one the job of the stage was "
        "commented out; both are now seen.",
    ),
    "PIP08": Reading(read=12, merged=12, where="all that the 4,377 files have"),
    "PIP09": Reading(read=25, merged=25, where=f"22 {BULK}, 3 of the 217 chosen ones"),
    "SEC04": Reading(
        read=3,
        merged=2,
        where=f"all that the files have, 1 of {REPOSITORIES}",
        doubts="The third is a project that shows its services' logs on purpose (`CI_DEBUG_SERVICES`), where a comment "
        "`improve-loop: ignore` is the answer.",
    ),
    "CAC05": Reading(read=4, merged=4, where="all that the 4,377 files have"),
    "CAC02": Reading(
        read=23,
        merged=23,
        where=f"20 {BULK}, as if the lock file were there, 3 {REPOSITORIES}",
    ),
    "CAC01": Reading(
        read=22,
        merged=19,
        where=f"20 {BULK}, as if the lock file were there, 2 {REPOSITORIES}",
        doubts="One packed the whole folder and two named no image, so that nobody knows whether there is a container; "
        "such jobs are now left alone.",
    ),
    "PKG03": Reading(
        read=20,
        merged=18,
        where=f"20 {BULK}, as if the lock file were there and in step",
        doubts="Two ran an npm of unknown age; the recipe now wants a Node.js image whose npm takes the lock file.",
    ),
    "DOC02": Reading(
        read=3,
        merged=1,
        where="all that the 217 chosen files have",
        doubts="Two would have pinned a daemon that no longer starts on hosts of today; clients before 20.10 are now "
        "left alone.",
    ),
    "RET01": Reading(
        read=15,
        merged=14,
        where=BULK,
        doubts="One had a comment that says why it retries; such jobs are now left alone.",
    ),
    "ART01": Reading(
        read=20,
        merged=18,
        where=BULK,
        doubts="Drawn after a first reading (15 of 20), which taught the rule to leave results alone: files that no "
        "later job takes, packages, reports. The two doubts are outputs that somebody may still download.",
    ),
}
