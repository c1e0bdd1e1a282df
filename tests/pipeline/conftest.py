"""The template, run for real by gitlab-ci-local with the shell executor, against the simulated GitLab.

The engine is installed by `.ci/run` below .tools/engine; without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from improve_loop.edges.git import git, text
from tests.support.fake_gitlab import DEVELOPER, MAINTAINER, REPORTER, FakeGitLab, JobPlan, Project
from tests.support.fake_gitlab.actions import create_pipeline
from tests.support.imports import ROOT
from tests.support.warm import CLIENT, warm_socket

ENGINE = ROOT / ".tools" / "engine" / "node_modules" / ".bin" / "gitlab-ci-local"
SAMPLE = ROOT / "examples" / "sample-repo"
LINE = re.compile(r"^\s*(PASS|FAIL|WARN)\s+(improve-loop:\S+(?: \[.*?\]| \d+/\d+)?|\S+)", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Written by each job before its phase runs: which credentials it was given, without their values.
WRAPPER = """#!/bin/sh
env | sed -n 's/^\\(IL_[A-Z]*_TOKEN\\|IL_MODEL_KEY\\|IL_NOTIFY_URL\\)=.*/\\1/p' | sort | tr '\\n' ' ' \\
    > "{seen}/$1.$$"
exec "{python}" -S -E "{client}" "{socket}" improve_loop "$@"
"""


@dataclass
class Hub:
    """A hub project on this machine, its target on the simulator, and who does what."""

    gitlab: FakeGitLab
    target: Project
    hub: Project
    folder: Path
    seen: Path
    jobs: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        *arguments: str,
        pressed_by: str = "ada",
        expect: int = 0,
        rewrite: Path | None = None,
        **variables: str,
    ) -> dict[str, str]:
        """Plays the pipeline; job -> PASS, WARN or FAIL. A new pipeline unless `variables` name one."""
        number = variables.pop("CI_PIPELINE_ID", None) or str(self.pipeline(pressed_by))
        token = self.gitlab.token(
            self.hub, pressed_by, level=MAINTAINER, bot=False, job=self.job_of(number, pressed_by)
        )
        given = {
            "CI_PIPELINE_SOURCE": "schedule",
            "CI_PIPELINE_ID": number,
            "CI_JOB_TOKEN": token,
            "CI_SERVER_URL": self.gitlab.url,
            "CI_PROJECT_URL": f"{self.gitlab.url}/{self.hub.path}",
            "CI_PIPELINE_URL": f"{self.gitlab.url}/{self.hub.path}/-/pipelines/{number}",
            **variables,
        }
        flags = [flag for key, value in given.items() for flag in ("--variable", f"{key}={value}")]
        fixed = (
            *("--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source"),
            "--no-json-schema-validation",  # tests/contract does that, without compiling it for each run
        )
        ignore = (
            "--ignore-predefined-vars",
            "CI_PIPELINE_SOURCE,CI_PIPELINE_ID,CI_SERVER_URL,CI_PIPELINE_URL,CI_PROJECT_URL",
        )
        self.gitlab.clock.now = time.time()
        done = subprocess.run(
            [str(ENGINE), *fixed, *ignore, *flags, *arguments],
            cwd=self.folder,
            env={**self.environment, **(_instead(rewrite, self.gitlab.url) if rewrite else {})},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        self.printed = COLOUR.sub("", done.stdout + done.stderr)
        assert done.returncode == expect, self.printed[-6000:]
        self.jobs = {name.strip(): word for word, name in LINE.findall(self.printed)}
        return self.jobs

    @property
    def environment(self) -> dict[str, str]:
        bin = self.folder.parent / "bin"
        return {
            "PATH": f"{bin}:{os.environ['PATH']}",
            "HOME": str(self.folder.parent / "home"),
            "PYTHONPATH": str(ROOT / "scripts"),
            "GCL_MAX_JOB_NAME_PADDING": "0",
            "NO_COLOR": "1",
        }

    def embed(self) -> None:
        """From now on the loop runs in the target's own pipelines."""
        self.target.plans = [*self.target.plans, ("main", self.hub.plans[0][1])]
        self.hub = self.target
        git(self.folder, "remote", "set-url", "origin", f"{self.gitlab.url}/{self.hub.path}.git")

    def withdraw(self, variable: str) -> None:
        """As a protected variable where the branch is not: no job gets it."""
        path = self.folder / ".gitlab-ci-local-variables.yml"
        path.write_text(yaml.safe_dump({k: v for k, v in yaml.safe_load(path.read_text()).items() if k != variable}))

    def finish(self) -> None:
        """Every pipeline of the hub has ended."""
        for record in self.hub.pipelines:
            record.forced = "success"

    def break_once(self, *phases: str) -> None:
        """These command lines fail, each time."""
        wrapper = self.folder.parent / "bin" / "improve-loop"
        cases = "".join(f'case "$*" in "{phase}"*) exit 1;; esac\n' for phase in phases)
        wrapper.write_text(wrapper.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n{cases}", 1))

    def commit(self, folder: Path) -> str:
        """All that is in a folder, as a commit; the engine copies tracked files only."""
        if not (folder / ".git").exists():
            git(folder, "init", "-q", "-b", "main")
        git(folder, "add", "-A")
        git(folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-qm", "Files")
        return text(folder, "rev-parse", "HEAD")

    def jobs_listed(self) -> list[str]:
        """The names of the loop's jobs that `--list` printed."""
        return re.findall(r"^(improve-loop\S*)", self.printed, re.MULTILINE)

    def pipeline(self, by: str, source: str = "schedule") -> int:
        """A new pipeline of the hub, at work, started by this person."""
        sha = self.hub.repository.head("main") or ""
        record = create_pipeline(self.gitlab.world, self.hub, "main", sha, source, self.gitlab.user(by))
        assert record is not None
        return record.id

    def job_of(self, pipeline: str, pressed_by: str) -> int:
        """The pipeline's job, which this person started."""
        job = next(record.jobs[0] for record in self.hub.pipelines if str(record.id) == pipeline)
        job.user = self.gitlab.user(pressed_by)
        return job.id

    def credentials(self) -> dict[str, set[str]]:
        """Phase -> the credentials that its job's environment held."""
        found: dict[str, set[str]] = {}
        for path in self.seen.iterdir():
            found.setdefault(path.name.split(".")[0], set()).update(path.read_text().split())
        return found

    def out(self, job: str, pattern: str) -> list[Path]:
        """Artifacts that a job has uploaded."""
        root = self.folder / ".gitlab-ci-local" / "artifacts"
        return sorted(path for path in root.glob(f"*/**/{pattern}") if path.is_file() and f"/{job}/" in str(path))

    def artifact(self, job: str, name: str) -> dict[str, object]:
        found = self.out(job, name)
        loaded: dict[str, object] = json.loads(found[-1].read_text())
        return loaded

    def branches(self) -> list[str]:
        return [mr.source_branch for mr in self.target.merge_requests if mr.state == "opened"]


def _instead(library: Path, url: str) -> dict[str, str]:
    """Git takes another project of the instance from a folder here."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{library}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"{url}/acme/improve-loop.git",
    }


def config(hub: Path, *, project: str | None = None, **inputs: object) -> None:
    """The hub's own .gitlab-ci.yml: the ten lines."""
    acts = ("find", "ask", "make", "tend")
    given = {
        "hub": True,
        **{f"stage_{act}": act for act in acts},
        "domains": ["ci"],
        "image": "alpine",
        "model_image": "alpine",
    }
    given |= {"tags": ["any"], "model_tags": ["model"], **inputs}  # the engine takes no empty list
    file = "/ci-templates/improve-loop.yml"
    where = {"project": project, "ref": "main", "file": file} if project else {"local": file}
    include = {**where, "inputs": given}
    (hub / ".gitlab-ci.yml").write_text(yaml.safe_dump({"stages": [*acts], "include": [include]}, sort_keys=False))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    if not ENGINE.exists() or shutil.which("rsync") is None:
        pytest.skip("needs gitlab-ci-local below .tools/engine and rsync; `.ci/run` installs both")
    folder, seen = tmp_path / "hub", tmp_path / "seen"
    for path in (folder / "ci-templates", seen, tmp_path / "bin", tmp_path / "home"):
        path.mkdir(parents=True)
    with FakeGitLab(tmp_path / "gitlab", tick=0.2, start=time.time()) as gitlab:
        files = {str(p.relative_to(SAMPLE)): p.read_bytes() for p in SAMPLE.rglob("*") if p.is_file()}
        target = gitlab.project("acme/app", files)
        target.plan("*", JobPlan(name="test", seconds=1))
        hub = gitlab.project("acme/hub", {".gitlab-ci.yml": "x: {script: [x]}\n"})
        hub.plan(
            "*",
            JobPlan(name="improve-loop:preflight", outcome="running"),
            JobPlan(name="improve-loop:approve", outcome="manual"),
        )
        read = gitlab.token(target, "reader", level=REPORTER, scopes=("read_api", "read_repository"))
        write = gitlab.token(target, "writer", level=DEVELOPER, scopes=("api", "write_repository"))
        tokens = {
            "IL_READ_TOKEN": ("read", read),
            "IL_WRITE_TOKEN": ("write", write),
            "IL_MODEL_KEY": ("model", "sk-none"),
            "IL_NOTIFY_URL": ("write", "http://127.0.0.1:9/nobody-listens"),
        }
        scoped = {name: {"values": {f"improve-loop/{scope}": value}} for name, (scope, value) in tokens.items()}
        (folder / ".gitlab-ci-local-variables.yml").write_text(yaml.safe_dump(scoped))
        shutil.copy(ROOT / "ci-templates" / "improve-loop.yml", folder / "ci-templates")
        config(folder, target=f"{gitlab.url}/acme/app")
        wrapper = tmp_path / "bin" / "improve-loop"
        wrapper.write_text(WRAPPER.format(seen=seen, python=sys.executable, client=CLIENT, socket=warm_socket()))
        wrapper.chmod(0o755)
        made = Hub(gitlab, target, hub, folder, seen)
        made.commit(folder)
        git(folder, "remote", "add", "origin", f"{gitlab.url}/acme/hub.git")
        yield made
