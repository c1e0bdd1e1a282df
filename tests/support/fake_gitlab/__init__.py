"""A GitLab to test against: the REST v4 calls that the loop and its judges use, over a real bare repository.

`FakeGitLab` is the handle; `JobPlan` says how a job will go; `faults` on the handle switches what goes wrong. It is
held against recorded replies (`tests/forge/test_shapes.py`) and foreign clients (`make acceptance`).
"""

from tests.support.fake_gitlab.pipelines import JobPlan
from tests.support.fake_gitlab.server import FakeGitLab, Logged
from tests.support.fake_gitlab.world import DEVELOPER, GUEST, MAINTAINER, OWNER, REPORTER, MergeRequest, Project

__all__ = [
    "DEVELOPER",
    "GUEST",
    "MAINTAINER",
    "OWNER",
    "REPORTER",
    "FakeGitLab",
    "JobPlan",
    "Logged",
    "MergeRequest",
    "Project",
]
