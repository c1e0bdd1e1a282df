"""One planted patch per family, made at run time. A gate that lets one through must not judge anything.

Every run tries them all, so each is one that its family catches with few patterns: compiling them is most of the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from improve_loop.gates import GATES
from improve_loop.model.delta import SYMLINK
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta

_RUN = "q7Zr2Kx9Lm4Tn8Vw3Bp6Yd1Hs5"  # looks random


class Canary(NamedTuple):
    """A change that its family must refuse."""

    family: str
    before: Mapping[str, str] = {}
    after: Mapping[str, str] = {}
    modes: Mapping[str, str] = {}
    targets: tuple[str, ...] = ("**",)


def planted() -> tuple[Canary, ...]:
    """The canaries of this version."""
    return (
        Canary(family="scope", after={"b.py": "x = 1\n"}, targets=("a.py",)),
        Canary(family="protected", after={".improve-loop.yml": "auto: true\n"}),
        Canary(family="kinds", after={"link": "/etc/passwd"}, modes={"link": SYMLINK}),
        Canary(family="size", after={"a.py": "x = 1\n" * 2000}),
        Canary(family="secrets", after={"a.py": "x = '" + "ghp" + "_" + _RUN + _RUN[:10] + "'\n"}),
        Canary(family="hidden", after={"a.py": "x = 1  # " + chr(0x202E) + "\n"}),
        Canary(family="destructive", after={"run.sh": "mkfs." + "ext4 /dev/sda\n"}),
        Canary(family="ci", after={".github/workflows/a.yml": "- run: echo $KUBECONFIG\n"}),
        Canary(family="supply", after={"requirements.txt": "reqeusts==2.0\n"}),
        Canary(family="tests", before={"tests/test_a.py": "def test_a():\n    f()\n"}),
    )


COUNT = len(planted())  # for `Verdict.canaries`


def canaries_that_passed() -> tuple[str, ...]:
    """The families whose canary was not refused by that family: empty when every gate works."""
    return tuple(canary.family for canary in planted() if not _caught(canary))


def _caught(canary: Canary) -> bool:
    before = {path: text.encode() for path, text in canary.before.items()}
    after = {path: text.encode() for path, text in canary.after.items()}
    delta = scratch_delta(before, after, canary.modes)
    scope = Scope(target_paths=canary.targets, class_="ci")
    return any(item.severity == "refuse" for item in GATES[canary.family].findings(delta, scope, Policy()))
