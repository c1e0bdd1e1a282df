"""Whether the gates of another checkout find exactly the same: `python -m bench.compare_gates OTHER REPOSITORY…`.

Judged: the labelled set, the last commits of each repository, and each repository's whole tree as one added patch.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from improve_loop.edges.delta import PatchRefused, delta_between
from improve_loop.errors import LoopError
from improve_loop.gates import GATES
from improve_loop.model.delta import TreeDelta
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta

COMMITS = int(os.environ.get("COMMITS", "150"))  # of each repository
EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's tree without files
OPEN = Policy(patch_lines=10**9, patch_files=10**9)


def main() -> None:
    """Prints every change that the two judge differently; exit 1 when there is one."""
    here = Path(__file__).parent.parent
    other, *repositories = sys.argv[1:]
    ours, theirs = (_told(here, source, repositories) for source in (here, Path(other)))
    different = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    for name in different:
        print(name)
        for sign, mine, yours in (("-", theirs, ours), ("+", ours, theirs)):
            for line in [found for found in mine.get(name, []) if found not in yours.get(name, [])][:8]:
                print(f"  {sign} {line}")
    print(f"{len(ours)} changes, {sum(map(len, ours.values()))} findings, {len(different)} judged differently")
    sys.exit(bool(different))


def _told(here: Path, source: Path, repositories: list[str]) -> dict[str, list[str]]:
    """Each change and its findings, as the gates of `source` tell them."""
    environment = {**os.environ, "PYTHONPATH": f"{source.resolve() / 'scripts'}:{here}"}
    argv = (sys.executable, __file__, "--tell", *repositories)
    out = subprocess.run(argv, env=environment, cwd=here, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {told["change"]: told["findings"] for told in map(json.loads, out.splitlines())}


def _tell(repositories: list[str]) -> None:
    for name, delta, scope in _changes(repositories):
        found = [str(item) for gate in GATES.values() for item in gate.findings(delta, scope, OPEN)]
        print(json.dumps({"change": name, "findings": found}))


def _changes(repositories: list[str]) -> Iterator[tuple[str, TreeDelta, Scope | None]]:
    from tests.gates.labelled import credentials, destructive, steering, weakened

    for module in (credentials, destructive, steering, weakened):
        for patch in module.PATCHES:
            before, after = (
                {path: text.encode("utf-8", "surrogateescape") for path, text in side.items()}
                for side in (patch.before, patch.after)
            )
            delta = scratch_delta(before, after, patch.modes)
            yield patch.name, delta, Scope(target_paths=patch.target_paths or ("**",), class_=patch.class_)
    for name in repositories:
        repo = Path(name)
        log = ("git", "log", f"-{COMMITS}", "--no-merges", "--format=%H %P")
        for line in subprocess.run(log, cwd=repo, check=True, capture_output=True, text=True).stdout.splitlines():
            commit, *parents = line.split()
            for old, new in [(parents[0], commit)] if parents else []:
                yield from _between(name, repo, old, new)
        yield from _between(name, repo, EMPTY, "HEAD")


def _between(name: str, repo: Path, old: str, new: str) -> Iterator[tuple[str, TreeDelta, None]]:
    """One change; none where the copy lacks objects, which is said."""
    try:
        yield f"{name} {old}..{new}", delta_between(repo, old, new), None
    except (LoopError, PatchRefused) as error:
        print(f"{name} {old}..{new}: not judged: {error}", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--tell"]:
        _tell(sys.argv[2:])
    else:
        main()
