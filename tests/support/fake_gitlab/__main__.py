"""`python -m tests.support.fake_gitlab`: a GitLab on 127.0.0.1 with one project, to drive the loop by hand.

Time there runs ten times as fast, so that pipelines end while one looks.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.fake_gitlab import REPORTER, FakeGitLab, JobPlan, Project

SPEED = 10


def main() -> None:
    """Serves until Ctrl-C."""
    options = _options()
    root = options.root or Path(tempfile.mkdtemp(prefix="fake-gitlab-"))
    with FakeGitLab(root, port=options.port) as gitlab:
        project = gitlab.project("acme/app", _files(options.repository))
        project.plan("*", JobPlan(name="test"))
        _tell(gitlab, project)
        try:
            while not options.once:
                time.sleep(0.2)
                gitlab.clock.advance(0.2 * SPEED)
        except KeyboardInterrupt:
            gitlab.world.unknown.clear()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.fake_gitlab", description=__doc__)
    parser.add_argument("repository", type=Path, nargs="?", help="a git repository whose files the project starts with")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--root", type=Path, help="where the bare repositories go (default: a new temporary folder)")
    parser.add_argument("--once", action="store_true", help="say how to use it and stop")
    return parser.parse_args()


def _files(repository: Path | None) -> dict[str, bytes]:
    if repository is None:
        return {"README.md": b"# App\n", ".gitlab-ci.yml": b"test:\n  image: python:3.9\n  script: [pytest]\n"}
    listing = subprocess.run(["git", "-C", repository, "ls-files", "-z"], capture_output=True, check=True).stdout
    names = [name.decode() for name in listing.split(b"\0") if name]
    return {name: (repository / name).read_bytes() for name in names if (repository / name).is_file()}


def _tell(gitlab: FakeGitLab, project: Project) -> None:
    read = gitlab.token(project, "loop-reader", level=REPORTER, scopes=("read_api", "read_repository"))
    write = gitlab.token(project, "loop-writer", scopes=("api", "write_repository"))
    owner = gitlab.token(project, "owner", level=50, bot=False)
    lines = [
        f"# {gitlab.url}/{project.path} (time runs {SPEED} times as fast; Ctrl-C ends it)",
        f"export CI_SERVER_URL={gitlab.url}",
        f"export IL_READ_TOKEN={read}",
        f"export IL_WRITE_TOKEN={write}",
        f"# a person: curl -H 'PRIVATE-TOKEN: {owner}' {gitlab.url}/api/v4/projects/acme%2Fapp/merge_requests",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
