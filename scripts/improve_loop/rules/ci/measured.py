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
        read=53,
        merged=51,
        where=f"24 {BULK} and the 217 chosen ones (seed 911), 29 {REPOSITORIES}, all that 133 of them had",
        doubts="Read anew after its third change. Of the drawing before (seed 811) 22 of 24, which taught it to leave "
        "alone what starts when nothing is cancelled any more, and pipelines of which most would run on. The two "
        "doubts are a job that its own rules never let run, and eleven lines where one under `default` and a few "
        "exceptions would do. Teams that want every commit tested to the end say no on "
        "principle.",
    ),
    "IMG01": Reading(
        read=22,
        merged=20,
        where=f"{BULK} and the 217 chosen ones (seed 814), as if a registry knew a version for each",
        doubts="The third drawing. The first two (13 of 22, seed 611; 20 of 22, seed 711) taught it to leave alone a "
        "Docker client beside a moving daemon, images that have other versions beside them, rolling distributions, "
        "images of the repository's own people, and every tag but `latest`. The two doubts were jobs named `current`; "
        "such names now count.",
    ),
    "IMG02": Reading(
        read=22,
        merged=20,
        where=f"{BULK} and the 217 chosen ones (seed 813), as if a registry knew a version for each",
        doubts="The third drawing; the first two (16 of 22, seed 612; 19 of 22, seed 712) taught it the same as IMG01. "
        "The two doubts are an image of a rolling distribution under another name, now known, and one of the author's "
        "own under another account.",
    ),
    "IMG03": Reading(
        read=20,
        merged=19,
        where=f"{BULK} and the 217 chosen ones (seed 1302), as if it were asked for and a registry answered",
        doubts="The second drawing; the first (13 of 20, seed 1301) taught it to leave alone tags that are words or "
        "commits. The one doubt is a release candidate.",
    ),
    "IMG04": Reading(
        read=22,
        merged=21,
        where=f"{BULK} and the 217 chosen ones (seed 1201), as if it were asked for",
        doubts="In the one doubt a service with two host names stays on the Hub beside others that move.",
    ),
    "RUN01": Reading(
        read=22,
        merged=21,
        where=f"{BULK} and the 217 chosen ones (seed 912), under a map of seven names that a team could have",
        doubts="The map took a deployment away from the one machine that it is for; the description now names the "
        "tags that go. Jobs made from one template now get the line there.",
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
        read=2,
        merged=2,
        where="all that the files have; read anew by somebody who did not write the rule",
        doubts="The first reading was 2 of 3: a project shows its services' logs on purpose. `CI_DEBUG_SERVICES` is "
        "now only reported, and so is what a comment says is wanted.",
    ),
    "CAC05": Reading(read=4, merged=4, where="all that the 4,377 files have"),
    "CAC02": Reading(
        read=25,
        merged=24,
        where=f"20 {BULK}, as if the lock file were there, 5 {REPOSITORIES}",
        doubts="One took yarn.lock as the key of what `npm install` makes; a lock file that the installation does not "
        "follow is now left alone.",
    ),
    "CAC01": Reading(
        read=21,
        merged=20,
        where=f"20 {BULK} and the 217 chosen ones (seed 511), as if the lock file were there, 1 of {REPOSITORIES}; by "
        "somebody who did not write it",
        doubts="The third drawing. The first two (17 of 20, seed 311; 13 of 17, seed 411) taught it to leave alone "
        "what the runner keeps already, a shared variable that a job overrides, and one block in every job. The one "
        "doubt got the same block in two jobs of a short file.",
    ),
    "PKG03": Reading(
        read=20,
        merged=19,
        where=f"18 {BULK} and the 217 chosen ones (seed 512, all that two drawings had left), as if the lock file were "
        f"there and in step, 2 of {REPOSITORIES}, where `npm ci --dry-run` took both; by somebody who did not write it",
        doubts="The third drawing. The first two (18 of 20, seed 312; 17 of 20, seed 412) taught it to leave alone "
        "jobs that touch package.json or the lock file, `npm ci || npm install`, Node.js 10.0 to 10.2, and a matrix "
        "whose other jobs have an older npm. The one doubt has a second job with the same tests on another system.",
    ),
    "DOC02": Reading(
        read=19,
        merged=18,
        where="1 of the 217 chosen files, all that they have; 18 pipelines printed in public documents, found by "
        "their pinned client beside `docker:dind` and read as printed; by somebody who did not write it",
        doubts="The first reading was 1 of 3: two would have pinned a daemon that no longer starts on hosts of today; "
        "clients before 20.10 are now left alone. The one doubt does not use the daemon at all (a remote context).",
    ),
    "RET01": Reading(
        read=3,
        merged=3,
        where="all that the 4,594 files have",
        doubts="Before (12 of 18, seed 913) it also limited jobs that try again because of "
        "emulators, browsers, registries or upload services, and wrote five lines into each of them.",
    ),
    "ART01": Reading(
        read=22,
        merged=21,
        where=f"{BULK} and the 217 chosen ones (seed 1014)",
        doubts="The third drawing; the one before (18 of 21, seed 914) taught it to leave alone artifacts that have a "
        "name, a path from a variable or an environment. The one doubt is a program that somebody may still download.",
    ),
}
