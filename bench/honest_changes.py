"""What the gates refuse of honest changes, each judged as a candidate for all that it touches.

`python -m bench.honest_changes REPOSITORY…` takes commits of bots that bump dependencies, and of people to a GitLab
pipeline. Reading the refusals is the measurement.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from improve_loop.edges.delta import PatchRefused, delta_between
from improve_loop.errors import LoopError
from improve_loop.gates import judge
from improve_loop.model.delta import TreeDelta
from improve_loop.rules.gating.ci.paths import power_of
from improve_loop.rules.gating.policy import Policy, Scope

COMMITS = int(os.environ.get("COMMITS", "60"))  # of each kind and repository
BOTS = ("--author=dependabot\\|renovate",)
PIPELINES = ("--", ".gitlab-ci.yml", "*gitlab-ci*.yml", ".gitlab/*.yml")


def main() -> None:
    """Prints each refused commit and why, then how many there were."""
    for kind, chosen in (("bots", BOTS), ("pipelines of GitLab", PIPELINES)):
        judged, refused = 0, Counter[str]()
        for repo in map(Path, sys.argv[1:]):
            for commit, delta in _commits(repo, chosen, only_ci=chosen is PIPELINES):
                judged += 1
                if reasons := _refusals(delta):
                    refused[" ".join(sorted({reason.partition(":")[0] for reason in reasons}))] += 1
                    print(f"{repo} {commit[:12]} {'; '.join(reasons[:4])}")
        print(f"{kind}: {refused.total()} of {judged} refused")
        for rules, count in refused.most_common():
            print(f"  {count:4} {rules}")


def _commits(repo: Path, chosen: tuple[str, ...], *, only_ci: bool) -> Iterator[tuple[str, TreeDelta]]:
    log = ("git", "log", f"-{COMMITS}", "--no-merges", "--format=%H", *chosen)
    for commit in subprocess.run(log, cwd=repo, check=True, capture_output=True, text=True).stdout.split():
        try:
            delta = delta_between(repo, f"{commit}~1", commit)
        except (PatchRefused, LoopError):  # a first commit, or one whose objects the copy lacks
            continue
        if delta.files and not (only_ci and not all(power_of(file.path) for file in delta.files)):
            yield commit, delta


def _refusals(delta: TreeDelta) -> list[str]:
    paths = tuple(path for file in delta.files for path in (file.path, file.old_path) if path)
    of_ci = any(power_of(path) for path in paths)
    scope = Scope(target_paths=paths, class_="ci" if of_ci else "dependency", safety_story="a person looks")
    told = judge(delta, scope, Policy())
    return [f"{found.rule}: {found.path}: {found.reason[-100:]}" for found in told if found.severity == "refuse"]


if __name__ == "__main__":
    main()
