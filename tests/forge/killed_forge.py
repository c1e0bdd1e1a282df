"""What a run asks of the local forge, killed at its Nth write: `python -m tests.forge.killed_forge FOLDER N`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from improve_loop.model.make import CheckedCommand
from tests.forge.local_repository import BRANCH, CHANGE, ID, Target, draft


def main() -> None:
    folder, killed_at, seen = Path(sys.argv[1]), int(sys.argv[2]), 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        ours = event == "subprocess.Popen" and {"update-ref", "commit-tree"} & set(arguments[1])
        writes = event == "os.rename" or bool(ours)
        seen += writes
        if writes and seen == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    target = Target(folder=folder, work=folder)
    base, patch, wanted = target.base, target.patch(CHANGE), draft(target)
    forge = target.forge()
    sys.addaudithook(count)
    head = forge.publish_branch(BRANCH, base, patch, "Change", forge.branch_head(BRANCH))
    forge.open_merge_request(wanted)
    forge.record_checks(ID, head, (CheckedCommand(name="unit", status="passed"),))
    state = forge.read_state()
    forge.write_state("version: 1\n", state.revision, "State")


if __name__ == "__main__":
    main()
