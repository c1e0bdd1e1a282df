"""Foreign clients, made by others against the real GitLab, judge the simulator. `make acceptance` installs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.forge.conftest import FILES, Scene
from tests.support.fake_gitlab import FakeGitLab, JobPlan
from tests.support.imports import ROOT

TOOLS = ROOT / ".tools"
WANTED = os.environ.get("IL_ACCEPTANCE") == "1"


def tool(*parts: str) -> Path:
    """A tool below .tools/; the test is skipped without it."""
    path = TOOLS.joinpath(*parts)
    if not WANTED or not path.exists():
        pytest.skip("run by `make acceptance`, which installs it")
    return path


def run(command: list[str], cwd: Path, env: Mapping[str, str], expect: int | None = 0) -> str:
    """What the command printed; the test fails when it ends otherwise than expected."""
    whole = {"PATH": os.environ["PATH"], "HOME": str(cwd), "LC_ALL": "C.UTF-8", **env}
    done = subprocess.run(command, cwd=cwd, env=whole, capture_output=True, text=True, timeout=300, check=False)
    assert expect is None or done.returncode == expect, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Scene]:
    """A project with a merge request, comments, labels, issues and a pipeline that has ended."""
    with FakeGitLab(tmp_path / "gitlab", tick=0.5) as gitlab:
        project = gitlab.project("grp/proj", FILES)
        project.settings["ci_pipeline_variables_minimum_override_role"] = "developer"
        project.plan("*", JobPlan(name="test"), JobPlan(name="lint", stage="check", outcome="failed"))
        token = gitlab.token(project, "bot", level=40)
        scene = Scene(gitlab, project, token, token)
        writer = scene.writer()
        scene.published(writer)
        mr = writer.open_merge_request(scene.draft(labels=("improve-loop", "b")))
        writer.comment(mr, "red", "The lint job failed.")
        writer.write_control_issue("- [x] one\n")
        gitlab.clock.advance(120)
        yield scene
