"""A project on the simulator, with the loop's two tokens, a reader and a writer whose waits move the virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from improve_loop.edges.forge import gitlab_read, gitlab_write
from improve_loop.edges.forge.contract import ForgeReader, ForgeWriter
from improve_loop.edges.forge.gitlab_read import GitLabReader
from improve_loop.edges.forge.gitlab_write import GitLabWriter
from improve_loop.model.forge import Marker, MergeRequestDraft
from tests.support.fake_gitlab import REPORTER, FakeGitLab, JobPlan, Project

FILES = {"README.md": "# App\n", ".gitlab-ci.yml": "test:\n  script: [make test]\n", "app.py": "print(1)\n"}
BRANCH = "improve-loop/ci-cache"
PATCH = b"""diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -1 +1,2 @@
 # App
+Better.
"""
OTHER_PATCH = PATCH.replace(b"+Better.", b"+Best.")


@dataclass
class Scene:
    """Everything a test of the forge holds."""

    gitlab: FakeGitLab
    project: Project
    read_token: str
    write_token: str
    theirs: set[str] = field(default_factory=set)  # what others wrote while the loop was at work

    @property
    def url(self) -> str:
        return f"{self.gitlab.url}/{self.project.path}"

    @property
    def base(self) -> str:
        return self.project.repository.head("main") or ""

    def reader(self, **environ: str) -> GitLabReader:
        given = {"CI_SERVER_URL": self.gitlab.url, "IL_READ_TOKEN": self.read_token, **environ}
        clock = self.gitlab.clock
        reader = gitlab_read.connect(self.url, given, sleep=clock.advance, now=lambda: clock.now)
        _: ForgeReader = reader
        return reader

    def writer(self, **environ: str) -> GitLabWriter:
        given = {"CI_SERVER_URL": self.gitlab.url, "IL_WRITE_TOKEN": self.write_token, **environ}
        clock = self.gitlab.clock
        writer = gitlab_write.connect(self.url, given, sleep=clock.advance, now=lambda: clock.now)
        _: ForgeWriter = writer
        return writer

    def draft(self, **changes: object) -> MergeRequestDraft:
        given = {
            "branch": BRANCH,
            "target_branch": "main",
            "title": "Cache what CI downloads",
            "description": "Saves two minutes.",
            "labels": ("improve-loop",),
            "marker": marker(),
            **changes,
        }
        return MergeRequestDraft(**given)  # type: ignore[arg-type]

    def published(self, writer: GitLabWriter, patch: bytes = PATCH) -> str:
        head = self.project.repository.head(BRANCH)
        return writer.publish_branch(BRANCH, self.base, patch, "Cache what CI downloads", head)


def marker(**changes: object) -> Marker:
    given = {
        "run_id": "2026-03-02-1",
        "candidate": "ci-cache",
        "fingerprint": "f" * 64,
        "patch_sha256": "a" * 64,
        **changes,
    }
    return Marker(**given)  # type: ignore[arg-type]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with FakeGitLab(tmp_path / "gitlab") as gitlab:
        project = gitlab.project("acme/app", FILES)
        project.plan("*", JobPlan(name="test"))
        read = gitlab.token(project, "loop-reader", level=REPORTER, scopes=("read_api", "read_repository"))
        write = gitlab.token(project, "loop-writer", scopes=("api", "write_repository"))
        yield Scene(gitlab, project, read, write)
